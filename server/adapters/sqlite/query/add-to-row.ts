/** Adds to the sums of a row, which is made where it is missing. */
export const addToRow = (table: string, key: readonly string[], sums: readonly string[]): string => `
INSERT INTO ${table} (${[...key, ...sums].join(', ')}) VALUES (${[...key, ...sums].map(() => '?').join(', ')})
ON CONFLICT DO UPDATE SET ${sums.map((sum) => `${sum} = ${sum} + excluded.${sum}`).join(', ')}`

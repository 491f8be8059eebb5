import type { Cell } from './cell.ts'

/** Writes a record as an object on a line of its own; what it does not have is left out. */
export const jsonRowWriter = (fields: readonly string[]): ((cells: readonly Cell[]) => string) => {
  const keys = fields.map((field) => `${JSON.stringify(field)}:`)
  return (cells) => {
    let row = ''
    for (let i = 0; i < cells.length; i += 1) {
      const cell = cells[i] as Cell
      if (cell !== null) row += `${row === '' ? '' : ','}${keys[i]}${JSON.stringify(cell)}`
    }
    return `{${row}}\n`
  }
}

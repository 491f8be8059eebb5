export type CsvDelimiter = ',' | ';'

/** Tables as text. */
export interface CsvText {
  /** The cells of one line, as they were before `write` made them safe; or what is wrong with it. */
  readLine(line: string, delimiter: CsvDelimiter): readonly string[] | string
  /** Comma-separated with a header; no cell is taken for a formula by a spreadsheet. */
  write(columns: readonly string[], rows: readonly (readonly string[])[]): string
}

import { CsvError, parse } from 'csv-parse/sync'
import { stringify } from 'csv-stringify/sync'
import type { CsvText } from '../../ports/csv.ts'

/** What csv-stringify puts an apostrophe before. */
const escapedFormula = /^'(?=[=+\-@\t\r\uFF1D\uFF0B\uFF0D\uFF20])/

export const csvText: CsvText = {
  readLine(line, delimiter) {
    try {
      const [cells] = parse(line, { delimiter, trim: true, relax_column_count: true, skip_empty_lines: true })
      return (cells ?? []).map((cell) => cell.replace(escapedFormula, ''))
    } catch (error) {
      if (error instanceof CsvError) return error.message.replace(/ at line 1\b/, '')
      throw error
    }
  },
  write: (columns, rows) => stringify([[...columns], ...rows.map((row) => [...row])], { escape_formulas: true }),
}

import { exportFieldLabels, type ExportField, type ExportFormat } from '../../../shared/vocabulary.ts'
import type { Cell } from './cell.ts'
import { csvRow } from './csv.ts'
import { jsonRowWriter } from './json-lines.ts'
import { sheetBegin, sheetEnd, sheetRow } from './sheet.ts'

/** How records become the text of a file; of a workbook, its one worksheet. */
export interface ExportText {
  readonly begin: string
  readonly row: (cells: readonly Cell[]) => string
  readonly end: string
}

const texts: Readonly<Record<ExportFormat, (fields: readonly ExportField[]) => ExportText>> = {
  csv: (fields) => ({ begin: csvRow(fields), row: csvRow, end: '' }),
  json: (fields) => ({ begin: '', row: jsonRowWriter(fields), end: '' }),
  xlsx: (fields) => ({
    begin: sheetBegin + sheetRow(fields.map((field) => exportFieldLabels[field])),
    row: sheetRow,
    end: sheetEnd,
  }),
}

export const exportText = (format: ExportFormat, fields: readonly ExportField[]): ExportText => texts[format](fields)

import { exportFieldLabels, type ExportField, type ExportFormat } from '../../../shared/vocabulary.ts'
import type { Cell } from './cell.ts'
import { writeCsvRow } from './csv.ts'
import { jsonRowWriter } from './json-lines.ts'
import { sheetBegin, sheetEnd, writeSheetRow } from './sheet.ts'
import type { TextBytes } from './text-bytes.ts'

/** How records become the text of a file; of a workbook, its one worksheet. */
export interface ExportText {
  begin(out: TextBytes): void
  row(out: TextBytes, cells: readonly Cell[]): void
  end(out: TextBytes): void
}

const nothing = (): void => undefined

const texts: Readonly<Record<ExportFormat, (fields: readonly ExportField[]) => ExportText>> = {
  csv: (fields) => ({ begin: (out) => writeCsvRow(out, fields), row: writeCsvRow, end: nothing }),
  json: (fields) => ({ begin: nothing, row: jsonRowWriter(fields), end: nothing }),
  xlsx: (fields) => ({
    begin: (out) => {
      out.text(sheetBegin)
      writeSheetRow(
        out,
        fields.map((field) => exportFieldLabels[field]),
      )
    },
    row: writeSheetRow,
    end: (out) => out.text(sheetEnd),
  }),
}

export const exportText = (format: ExportFormat, fields: readonly ExportField[]): ExportText => texts[format](fields)

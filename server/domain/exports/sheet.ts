import type { Cell } from './cell.ts'

/** What a worksheet holds at most, its head included. */
export const mostSheetRows = 1_048_576
const longestText = 32_767

const escapes: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;' }
/** What XML cannot hold, and what reads like the way Office writes it. */
const unwritable = /[\u0000-\u0008\u000B-\u001F\uFFFE\uFFFF]|_(?=x[0-9A-Fa-f]{4}_)/g
const isPlain = /^[\w+.:@-]*$/

const escapeCharacter = (character: string): string =>
  `_x${character.charCodeAt(0).toString(16).toUpperCase().padStart(4, '0')}_`

const sheetText = (text: string): string =>
  isPlain.test(text) && !text.includes('_x')
    ? text
    : text
        .slice(0, longestText)
        .replace(unwritable, escapeCharacter)
        .replace(/[&<>]/g, (character) => escapes[character] as string)

/** One row of a worksheet. Texts lie in their cells as texts, which no spreadsheet takes for formulas. */
export const sheetRow = (cells: readonly Cell[]): string => {
  let row = '<row>'
  for (const cell of cells)
    row +=
      cell === null
        ? '<c/>'
        : typeof cell === 'number'
          ? `<c><v>${cell}</v></c>`
          : `<c t="inlineStr"><is><t xml:space="preserve">${sheetText(cell)}</t></is></c>`
  return `${row}</row>`
}

export const sheetBegin =
  '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n' +
  '<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main">' +
  '<sheetViews><sheetView workbookViewId="0"><pane ySplit="1" topLeftCell="A2" activePane="bottomLeft" state="frozen"/>' +
  '</sheetView></sheetViews><sheetData>'
export const sheetEnd = '</sheetData></worksheet>'

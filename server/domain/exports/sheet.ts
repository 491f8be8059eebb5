import type { Cell } from './cell.ts'
import { specialLetters, type TextBytes } from './text-bytes.ts'

/** What a worksheet holds at most, its head included. */
export const mostSheetRows = 1_048_576
const longestText = 32_767

const escapes: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;' }
/** What XML cannot hold, and what reads like the way Office writes it. */
const unwritable = /[\u0000-\u0008\u000B-\u001F\uFFFE\uFFFF]|_(?=x[0-9A-Fa-f]{4}_)/g
const none = specialLetters('')
/** Spaces at the ends of a text have to be kept. */
const special = specialLetters('&<>_ ')

const escapeCharacter = (character: string): string =>
  `_x${character.charCodeAt(0).toString(16).toUpperCase().padStart(4, '0')}_`

/** Cut texts say so, and end with a whole letter. */
const fitting = (text: string): string =>
  text.length <= longestText ? text : `${text.slice(0, longestText - 1).replace(/[\uD800-\uDBFF]$/, '')}…`

const sheetText = (text: string): string =>
  fitting(text)
    .replace(unwritable, escapeCharacter)
    .replace(/[&<>]/g, (character) => escapes[character] as string)

const writeText = (out: TextBytes, text: string): void => {
  const begin = out.length
  out.plain('<c t="inlineStr"><is><t', none)
  if (text.length > longestText || !(out.plain('>', none) && out.plain(text, special))) {
    out.cut(begin)
    out.text(`<c t="inlineStr"><is><t xml:space="preserve">${sheetText(text)}`)
  }
  out.plain('</t></is></c>', none)
}

/** Writes a row of a worksheet. Texts lie in their cells as texts, which no spreadsheet takes for formulas. */
export const writeSheetRow = (out: TextBytes, cells: readonly Cell[]): void => {
  out.plain('<row>', none)
  for (const cell of cells)
    if (cell === null) out.plain('<c/>', none)
    else if (typeof cell === 'number') out.plain(`<c><v>${cell}</v></c>`, none)
    else writeText(out, cell)
  out.plain('</row>', none)
}

export const sheetBegin =
  '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n' +
  '<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main">' +
  '<sheetViews><sheetView workbookViewId="0"><pane ySplit="1" topLeftCell="A2" activePane="bottomLeft" state="frozen"/>' +
  '</sheetView></sheetViews><sheetData>'
export const sheetEnd = '</sheetData></worksheet>'

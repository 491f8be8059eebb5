import type { Cell } from './cell.ts'
import { specialLetters, type TextBytes } from './text-bytes.ts'

const none = specialLetters('')
const special = specialLetters('"\\')

/** Writes a record as an object on a line of its own; what it does not have is left out. */
export const jsonRowWriter = (fields: readonly string[]) => {
  const keys = fields.map((field) => `${JSON.stringify(field)}:`)
  return (out: TextBytes, cells: readonly Cell[]): void => {
    let before = '{'
    for (let i = 0; i < cells.length; i += 1) {
      const cell = cells[i] as Cell
      if (cell === null) continue
      out.plain(before, none)
      before = ','
      out.plain(keys[i] as string, none)
      if (typeof cell === 'number') out.plain(JSON.stringify(cell), none)
      else {
        const begin = out.length
        if (out.plain('"', none) && out.plain(cell, special)) out.plain('"', none)
        else {
          out.cut(begin)
          out.text(JSON.stringify(cell))
        }
      }
    }
    out.text(before === '{' ? '{}\n' : '}\n')
  }
}

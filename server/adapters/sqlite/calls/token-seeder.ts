import { setImmediate } from 'node:timers/promises'
import type { Database } from 'better-sqlite3'
import { addToken, type TokenFilter } from '../store/seen-tokens.ts'

const sliceRows = 2000

/** Enters all stored tokens into the filter, a slice at a time with other reads in between. */
export const createTokenSeeder = (db: Database) => {
  // The unique index holds both columns: the wide rows are not read.
  const slice = db.prepare<[number, string, number], { tenant_no: number; token: string }>(
    'SELECT tenant_no, token FROM call_records WHERE (tenant_no, token) > (?, ?) ORDER BY tenant_no, token LIMIT ?',
  )
  const newest = db.prepare<[], { no: number | null }>('SELECT max(no) AS no FROM call_records')
  return {
    /** About how many there are; an upper bound. */
    estimate: (): number => newest.get()?.no ?? 0,
    fill: async (filter: TokenFilter): Promise<void> => {
      let last = { tenant_no: 0, token: '' }
      for (;;) {
        if (!db.open) return
        const rows = slice.all(last.tenant_no, last.token, sliceRows)
        for (const { token } of rows) addToken(filter, token)
        const next = rows.at(-1)
        if (!next || rows.length < sliceRows) return
        last = next
        await setImmediate()
      }
    },
  }
}

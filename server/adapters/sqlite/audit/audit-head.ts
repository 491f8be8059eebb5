import type { Database } from 'better-sqlite3'
import type { AuditHead } from '../../../ports/audit.ts'

export const headKey = 'audit_head'

/** The newest row as it was noted beside the table. Read anew each time: other processes add rows too. */
export const createNotedHead = (db: Database) => {
  const noted = db.prepare<[string], string>('SELECT value FROM meta WHERE key = ?').pluck()
  return (): AuditHead | undefined => {
    const [, seq, hash] = /^(\d+):([0-9a-f]{64})$/.exec(noted.get(headKey) ?? '') ?? []
    return seq === undefined || hash === undefined ? undefined : { seq: Number(seq), hash }
  }
}

/** What the next row follows: what was noted, so that a chain whose end was cut off goes on behind a gap, which then shows. */
export const createHeadReader = (db: Database) => {
  const readNoted = createNotedHead(db)
  const last = db.prepare<[], { seq: number; hash: Buffer }>(
    'SELECT seq, hash FROM audit_log ORDER BY seq DESC LIMIT 1',
  )
  return (): AuditHead | undefined => {
    const noted = readNoted()
    const row = last.get()
    if (noted && noted.seq >= (row?.seq ?? 0)) return noted
    return row && { seq: row.seq, hash: row.hash.toString('hex') }
  }
}

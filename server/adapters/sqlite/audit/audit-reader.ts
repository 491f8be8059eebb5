import type { Database } from 'better-sqlite3'
import { type RawBuilder, sql } from 'kysely'
import type { AuditEntry, AuditProblem } from '../../../../shared/contract/audit-log.ts'
import type { AuditFilter, AuditHead, AuditPlace, AuditSlice } from '../../../ports/audit.ts'
import type { Page } from '../../../ports/configuration.ts'
import { readCursor, writeCursor } from '../query/cursor.ts'
import type { Queries } from '../query/query-builder.ts'
import { given, parseGiven } from '../query/rows.ts'
import { inSnapshot } from '../file/transaction.ts'
import { createHeadReader, createNotedHead } from './audit-head.ts'
import { auditColumns, hashOf, noHash, type StoredAuditRow } from './audit-row.ts'

/** Some milliseconds of the reading thread. */
const sliceRows = 2000

const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex')

const toEntry = (row: StoredAuditRow): AuditEntry => ({
  seq: row.seq,
  atMs: row.at_ms,
  tenantId: given(row.tenant_id),
  actor: {
    kind: row.actor_kind as AuditEntry['actor']['kind'],
    id: given(row.actor_id),
    name: row.actor_name,
    role: given(row.actor_role) as AuditEntry['actor']['role'],
  },
  origin: { transport: row.transport as AuditEntry['origin']['transport'], address: given(row.address) },
  noun: row.noun,
  action: row.action,
  id: given(row.subject_id),
  before: parseGiven(row.before),
  after: parseGiven(row.after),
  hash: hex(row.hash),
})

/** What is wrong with a row, seen from the one before it. */
const problemOf = (row: StoredAuditRow, before: AuditPlace, hashes: readonly string[]): AuditProblem | undefined => {
  const { seq } = row
  const isSound = hashes.length === 1
  const follows = before.hashes.includes(hex(row.previous_hash))
  if (isSound && follows) return undefined
  if (isSound) {
    const message = `Row ${seq} follows another row than the one that is there: row ${before.seq} was written anew`
    return { seq: before.seq, kind: 'rewritten', message }
  }
  const fitsHere = before.hashes.some((previous) => {
    const asItWas = hashOf({ ...row, previous_hash: Buffer.from(previous, 'hex') })
    return asItWas.equals(row.hash)
  })
  if (follows || fitsHere) return { seq, kind: 'changed', message: `Row ${seq} was changed: its hash is another one` }
  return { seq, kind: 'moved', message: `Row ${seq} was changed, or stood at another place: it follows another row` }
}

const removed = (from: number, until: number): AuditProblem => ({
  seq: from,
  kind: 'removed',
  message: from === until ? `Row ${from} is missing` : `Rows ${from} to ${until} are missing`,
})

/** What is wrong with the end, seen from what was noted of it. */
const problemAtEnd = ({ seq, hashes }: AuditPlace, noted: AuditHead | undefined): AuditProblem | undefined => {
  if (!noted) {
    const message = `What was noted of the end is gone, so rows behind row ${seq} may be missing`
    return seq === 0 ? undefined : { seq, kind: 'cut_off', message }
  }
  if (noted.seq > seq) {
    const rows = noted.seq === seq + 1 ? `Row ${noted.seq} is` : `Rows ${seq + 1} to ${noted.seq} are`
    return { seq: seq + 1, kind: 'cut_off', message: `${rows} missing at the end` }
  }
  if (noted.seq === seq && hashes.includes(noted.hash)) return undefined
  const message = `The end is not the one that was noted, row ${noted.seq}: it was written anew`
  return { seq, kind: 'rewritten', message }
}

const start: AuditPlace = { seq: 0, hashes: [hex(noHash)] }

export const createAuditReader = (db: Database, queries: Queries) => {
  const after = db.prepare<[number], StoredAuditRow>(
    `SELECT ${auditColumns.join(', ')}, hash FROM audit_log WHERE seq > ? ORDER BY seq LIMIT ${sliceRows}`,
  )
  const readNoted = createNotedHead(db)
  const conditionsOf = ({ tenantId, actor, action, noun, id, startMs, endMs }: AuditFilter): RawBuilder<unknown>[] => [
    ...(tenantId === undefined ? [] : [sql`tenant_id = ${tenantId}`]),
    ...(actor === undefined ? [] : [sql`actor_name = ${actor}`]),
    ...(action === undefined ? [] : [sql`action = ${action}`]),
    ...(noun === undefined ? [] : [sql`noun = ${noun}`]),
    ...(id === undefined ? [] : [sql`subject_id = ${id}`]),
    ...(startMs === undefined ? [] : [sql`at_ms >= ${startMs}`]),
    ...(endMs === undefined ? [] : [sql`at_ms < ${endMs}`]),
  ]

  return {
    head: createHeadReader(db),
    list: (
      filter: AuditFilter,
      { limit, cursor }: { limit: number; cursor?: string | undefined },
    ): Page<AuditEntry> => {
      const conditions = conditionsOf(filter)
      // What stands before the first row was not written by us, and no chain holds it.
      conditions.push(sql`seq > 0`)
      if (cursor !== undefined) conditions.push(sql`seq < ${readCursor(cursor, 1)[0]}`)
      const where = sql` WHERE ${sql.join(conditions, sql` AND `)}`
      const rows = queries.all(
        sql<StoredAuditRow>`SELECT * FROM audit_log${where} ORDER BY seq DESC LIMIT ${limit + 1}`,
      )
      const items = rows.slice(0, limit)
      const last = items.at(-1)
      const page: Page<AuditEntry> = { items: items.map(toEntry) }
      if (rows.length > limit && last) page.nextCursor = writeCursor([last.seq])
      return page
    },
    /** Looks at some rows behind a place. Of a row that was changed both hashes count, so that the next one is not blamed for it. */
    verifySlice: inSnapshot(db, (from: AuditPlace = start): AuditSlice => {
      const problems: AuditProblem[] = []
      const rows = after.all(from.seq)
      let before = from
      for (const row of rows) {
        const stored = hex(row.hash)
        const real = hex(hashOf(row))
        const hashes = stored === real ? [stored] : [stored, real]
        if (row.seq > before.seq + 1) problems.push(removed(before.seq + 1, row.seq - 1))
        const problem = problemOf(row, before, hashes)
        // Behind a gap it cannot follow what is there, and a row that was changed has been named already.
        const isExplained = row.seq > before.seq + 1 || before.hashes.length > 1
        if (problem && !(problem.kind === 'rewritten' && isExplained)) problems.push(problem)
        before = { seq: row.seq, hashes }
      }
      const isDone = rows.length < sliceRows
      const atEnd = isDone ? problemAtEnd(before, readNoted()) : undefined
      return { rows: rows.length, problems: atEnd ? [...problems, atEnd] : problems, place: before, isDone }
    }),
  }
}

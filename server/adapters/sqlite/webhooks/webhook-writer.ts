import type { Database } from 'better-sqlite3'
import type { Values } from '../calls/packed-unit.ts'
import { type BodyColumns, packBodies, readBodies } from './webhook-bodies.ts'

/** In one batch. A large batch tells of many who wait: what is left of it is compressed later. */
const packedPerBatch = 4
/** A slice holds up the batch that comes meanwhile for as long as it takes. */
const sliceRows = 20

interface PlainRow extends BodyColumns {
  readonly no: number
}

export interface WebhookWriter {
  beginBatch(): void
  /** `transitionsBefore`: how many transitions its call had when it came; given where it brought some. */
  add(tenantNo: number, event: Values, transitionsBefore: number | undefined): void
}

/** Writes webhook events. */
export const createWebhookWriter = (db: Database): WebhookWriter => {
  const insert = db.prepare(`
INSERT INTO webhook_audit (tenant_no, transitions_before, id, kind, at_ms, token, outcome, reason, status, latency_micros,
  headers, payload, answer, bodies)
VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`)
  let packed = 0
  return {
    beginBatch: () => {
      packed = 0
    },
    add: (tenantNo, event, transitionsBefore) => {
      const summary = event.slice(0, -3)
      const [headers, payload, answer] = event.slice(-3) as [string, string, string | undefined]
      packed += 1
      const bodies =
        packed > packedPerBatch
          ? [headers, payload, answer, null]
          : ['', '', null, packBodies({ headers, payload, answer })]
      insert.run(tenantNo, transitionsBefore, ...summary, ...bodies)
    },
  }
}

/**
 * Compresses bodies that lie in their rows as text, the oldest first; answers how many are done, and whether that was all. Rows
 * are taken out and put back: those that only shrink leave their pages as empty as they are, and nothing else is ever put there.
 */
export const createBodyPacker = (db: Database, begin: () => void) => {
  const next = db.prepare<[number], PlainRow>(
    `SELECT * FROM webhook_audit INDEXED BY webhook_audit_plain WHERE bodies IS NULL ORDER BY no LIMIT ?`,
  )
  // Another node may have been there first, or has erased a number in it.
  const take = db.prepare<[PlainRow]>(`
DELETE FROM webhook_audit WHERE no = $no AND bodies IS NULL
  AND (reason, headers, payload, answer) IS ($reason, $headers, $payload, $answer)`)
  const put = db.prepare<[PlainRow]>(`
INSERT INTO webhook_audit (no, tenant_no, transitions_before, id, kind, at_ms, token, outcome, reason, status, latency_micros,
  headers, payload, answer, bodies)
VALUES ($no, $tenant_no, $transitions_before, $id, $kind, $at_ms, $token, $outcome, $reason, $status, $latency_micros,
  '', '', NULL, $bodies)`)
  const replace = (rows: readonly (PlainRow & { readonly packed: Buffer })[]): void => {
    begin()
    try {
      const taken = rows.filter((row) => take.run(row).changes === 1)
      for (const { packed, ...row } of taken) put.run({ ...row, bodies: packed })
      db.exec('COMMIT')
    } catch (error) {
      if (db.inTransaction) db.exec('ROLLBACK')
      throw error
    }
  }
  return {
    packSlice: (): { rows: number; isDone: boolean } => {
      const rows = next.all(sliceRows).map((row) => ({ ...row, packed: packBodies(readBodies(row)) }))
      if (rows.length > 0) replace(rows)
      return { rows: rows.length, isDone: rows.length < sliceRows }
    },
  }
}

import type { Database } from 'better-sqlite3'
import type { Values } from './packed-unit.ts'
import { type BodyColumns, bodyColumns, packBodies, readBodies } from './webhook-bodies.ts'

/** In one batch. A large batch tells of many who wait: what is left of it is compressed later. */
const packedPerBatch = 8
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

/** Compresses bodies that lie in their rows as text, the oldest first; answers how many are done, and whether that was all. */
export const createBodyPacker = (db: Database) => {
  const next = db.prepare<[number], PlainRow>(
    `SELECT no, ${bodyColumns} FROM webhook_audit INDEXED BY webhook_audit_plain WHERE bodies IS NULL ORDER BY no LIMIT ?`,
  )
  const put = db.prepare("UPDATE webhook_audit SET headers = '', payload = '', answer = NULL, bodies = ? WHERE no = ?")
  const packSlice = db.transaction((): { rows: number; isDone: boolean } => {
    const rows = next.all(sliceRows)
    for (const row of rows) put.run(packBodies(readBodies(row)), row.no)
    return { rows: rows.length, isDone: rows.length < sliceRows }
  })
  return { packSlice: () => packSlice.immediate() }
}

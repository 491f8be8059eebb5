import { hash } from 'node:crypto'
import type { Database } from 'better-sqlite3'
import type { AnswerRow } from '../../../ports/call-store.ts'
import type { Keyring, TenantKeys } from '../keys/keyring.ts'
import { seal, unsealText } from '../../../sealing/sealing.ts'

const place = (tenantNo: number, key: string) => `webhook_answers.body.${tenantNo}.${key}`
const keyHash = (key: string): Buffer => hash('sha256', key, 'buffer').subarray(0, 16)
const sliceRows = 500

export const createAnswerWriter = (db: Database) => {
  const put = db.prepare(`
INSERT INTO webhook_answers (tenant_no, key_hash, at_ms, status, body) VALUES (?, ?, ?, ?, ?)
ON CONFLICT (tenant_no, key_hash) DO UPDATE SET at_ms = excluded.at_ms, status = excluded.status, body = excluded.body`)
  // Rows are in the order they came, so the old ones are at the front.
  const dropOldest = db.prepare(`
DELETE FROM webhook_answers WHERE no IN (SELECT no FROM webhook_answers ORDER BY no LIMIT ?) AND at_ms < ?`)
  const dropOf = db.prepare(`DELETE FROM webhook_answers WHERE tenant_no = ? LIMIT ${sliceRows}`)
  return {
    put: (tenant: TenantKeys, { key, atMs, status, body }: AnswerRow): void => {
      put.run(tenant.no, keyHash(key), atMs, status, seal(tenant.answersKey(atMs), body, place(tenant.no, key)))
    },
    /** Deletes a few; false when there may be more. */
    dropSliceBefore: (ms: number): { rows: number; isDone: boolean } => {
      const { changes } = dropOldest.run(sliceRows, ms)
      return { rows: changes, isDone: changes < sliceRows }
    },
    dropSliceOf: (tenantNo: number): { rows: number; isDone: boolean } => {
      const { changes } = dropOf.run(tenantNo)
      return { rows: changes, isDone: changes < sliceRows }
    },
  }
}

export const createAnswerReader = (db: Database, keyring: Keyring) => {
  const find = db.prepare<[number, Buffer, number], { at_ms: number; status: number; body: Buffer }>(
    'SELECT at_ms, status, body FROM webhook_answers WHERE tenant_no = ? AND key_hash = ? AND at_ms >= ?',
  )
  return (tenantId: string, key: string, notBeforeMs: number): AnswerRow | undefined => {
    const tenant = keyring.find(tenantId)
    const row = tenant && find.get(tenant.no, keyHash(key), notBeforeMs)
    if (!row) return undefined
    const body = unsealText(tenant.answersKey(row.at_ms), row.body, place(tenant.no, key))
    return { key, atMs: row.at_ms, status: row.status, body }
  }
}

export const createAnswerCount = (db: Database, keyring: Keyring) => {
  const count = db.prepare<[number], { count: number; oldest: number | null }>(
    'SELECT count(*) AS count, min(at_ms) AS oldest FROM webhook_answers WHERE tenant_no = ?',
  )
  return (tenantId: string): { count: number; oldestAtMs?: number } => {
    const tenant = keyring.find(tenantId)
    const row = tenant && count.get(tenant.no)
    return { count: row?.count ?? 0, ...(typeof row?.oldest === 'number' && { oldestAtMs: row.oldest }) }
  }
}

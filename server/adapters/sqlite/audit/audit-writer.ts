import type { Database } from 'better-sqlite3'
import { canonicalJson } from '../../../domain/audit/canonical-json.ts'
import { askedBy } from './asked-by.ts'
import { createHeadReader, headKey } from './audit-head.ts'
import { auditColumns, type AuditRow, hashOf, noHash } from './audit-row.ts'

/** A row to be. What it holds may be read by everybody. */
export interface NewAuditRow {
  readonly noun: string
  readonly action: string
  readonly tenantId?: string | undefined
  readonly subjectId?: string | undefined
  readonly before?: unknown
  readonly after?: unknown
}

/** What SQLite and JSON give back as it went in; a zero byte would end a text for some readers. */
const plain = (text: string): string => text.toWellFormed().replaceAll('\0', '\ufffd')
const json = (value: unknown): string | null => (value === undefined ? null : plain(canonicalJson(value)))
const longestName = 200

/** Adds rows to the chain. Within the transaction of the change that they tell of. */
export const createAuditWriter = (db: Database, nowMs: () => number = Date.now) => {
  const readHead = createHeadReader(db)
  const insert = db.prepare(
    `INSERT INTO audit_log (${auditColumns.join(', ')}, hash) VALUES (${auditColumns.map((column) => `:${column}`).join(', ')}, :hash)`,
  )
  const keepHead = db.prepare(
    'INSERT INTO meta (key, value) VALUES (?, ?) ON CONFLICT (key) DO UPDATE SET value = excluded.value',
  )
  return ({ noun, action, tenantId, subjectId, before, after }: NewAuditRow): void => {
    if (!db.inTransaction) throw new Error(`${noun} ${action} is not audited in a transaction`)
    const head = readHead()
    const by = askedBy.getStore()
    const row: AuditRow = {
      seq: (head?.seq ?? 0) + 1,
      at_ms: nowMs(),
      tenant_id: tenantId ?? null,
      actor_kind: by?.actor.kind ?? 'system',
      actor_id: by?.actor.userId ?? by?.actor.tokenId ?? null,
      actor_name: plain((by?.actor.name ?? 'Switchyard').slice(0, longestName)),
      actor_role: by?.actor.role ?? null,
      transport: by?.origin.transport ?? 'system',
      address: by?.origin.address ?? null,
      noun,
      action,
      subject_id: subjectId === undefined ? null : plain(subjectId),
      before: json(before),
      after: json(after),
      previous_hash: head ? Buffer.from(head.hash, 'hex') : noHash,
    }
    const hash = hashOf(row)
    insert.run({ ...row, hash })
    keepHead.run(headKey, `${row.seq}:${hash.toString('hex')}`)
  }
}

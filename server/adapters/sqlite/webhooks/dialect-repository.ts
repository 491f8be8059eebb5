import type { Database } from 'better-sqlite3'
import { otherName } from '../../../domain/webhooks/dialect.ts'
import type { DialectCount } from '../../../ports/dialect-store.ts'
import type { Keyring } from '../keys/keyring.ts'

const mostKept = 500

/** The dialect of webhooks, counted. Tenants differ in what they send, not in how much of it is kept. */
export const createSqliteDialectRepository = (db: Database, keyring: Keyring) => {
  const list = db.prepare<[number], DialectCount>(`
SELECT kind, field, value, count, first_seen_ms AS firstSeenMs, last_seen_ms AS lastSeenMs, webhook_event_id AS webhookEventId
FROM webhook_dialect WHERE tenant_no = ? ORDER BY last_seen_ms DESC, kind, field, value`)
  const kept = db.prepare<[number], { kept: number }>(
    'SELECT count(*) AS kept FROM webhook_dialect WHERE tenant_no = ?',
  )
  const find = db.prepare<[number, string, string, string]>(
    'SELECT 1 FROM webhook_dialect WHERE tenant_no = ? AND kind = ? AND field = ? AND value = ?',
  )
  const put = db.prepare(`
INSERT INTO webhook_dialect (tenant_no, kind, field, value, count, first_seen_ms, last_seen_ms, webhook_event_id)
VALUES (?, ?, ?, ?, ?, ?, ?, ?)
ON CONFLICT (tenant_no, kind, field, value) DO UPDATE SET count = count + excluded.count,
  first_seen_ms = min(first_seen_ms, excluded.first_seen_ms), last_seen_ms = max(last_seen_ms, excluded.last_seen_ms),
  webhook_event_id = excluded.webhook_event_id`)
  const clear = db.prepare('DELETE FROM webhook_dialect WHERE tenant_no = ?')

  const add = db.transaction((tenantNo: number, counts: readonly DialectCount[]): void => {
    let room = mostKept - (kept.get(tenantNo)?.kept ?? 0)
    for (const { kind, field, value, count, firstSeenMs, lastSeenMs, webhookEventId } of counts) {
      const isNew = find.get(tenantNo, kind, field, value) === undefined
      const name = isNew && room <= 0 ? [otherName, ''] : [field, value]
      put.run(tenantNo, kind, ...name, count, firstSeenMs, lastSeenMs, webhookEventId)
      if (isNew) room -= 1
    }
  })

  return {
    add: (tenantId: string, counts: readonly DialectCount[]): void => {
      const tenant = keyring.find(tenantId)
      if (tenant) add.immediate(tenant.no, counts)
    },
    list: (tenantId: string): DialectCount[] => {
      const tenant = keyring.find(tenantId)
      return tenant ? list.all(tenant.no) : []
    },
    clear: (tenantId: string): number => {
      const tenant = keyring.find(tenantId)
      return tenant ? clear.run(tenant.no).changes : 0
    },
  }
}

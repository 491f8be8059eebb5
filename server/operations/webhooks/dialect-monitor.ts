import type { WebhookKind } from '../../../shared/vocabulary.ts'
import { findDialect, otherName } from '../../domain/webhooks/dialect.ts'
import type { DialectCount, DialectStore } from '../../ports/dialect-store.ts'
import type { Health } from '../health.ts'
import { holdsOwnSecret } from '../mask.ts'
import type { TenantInForce } from '../tenant-directory.ts'

/** Different ones of one tenant that wait for the store. */
const mostWaiting = 200

/** Counts fields and values of webhooks that nobody documented (see `findDialect`). */
export interface DialectMonitor {
  /** Of one event that was read; costs a look at each of its names. */
  note(inForce: TenantInForce, kind: WebhookKind, fields: unknown, event: { id: string; atMs: number }): void
  /** Stores what was counted since the last time. What cannot be stored waits for the next time. */
  flush(): Promise<void>
  /** Forgets what waits of a tenant. */
  drop(tenantId: string): void
}

export const createDialectMonitor = (
  store: Pick<DialectStore, 'add'>,
  health: Pick<Health, 'count'>,
): DialectMonitor => {
  let waiting = new Map<string, Map<string, DialectCount>>()

  const add = (tenantId: string, more: DialectCount): void => {
    let counts = waiting.get(tenantId)
    if (!counts) waiting.set(tenantId, (counts = new Map<string, DialectCount>()))
    const keyOf = ({ kind, field, value }: DialectCount): string => `${kind}\n${field}\n${value}`
    const hasRoom = counts.size < mostWaiting || counts.has(keyOf(more))
    const named = hasRoom ? more : { ...more, field: otherName, value: '' }
    const before = counts.get(keyOf(named))
    counts.set(keyOf(named), {
      ...named,
      count: named.count + (before?.count ?? 0),
      firstSeenMs: Math.min(named.firstSeenMs, before?.firstSeenMs ?? Infinity),
      lastSeenMs: Math.max(named.lastSeenMs, before?.lastSeenMs ?? 0),
    })
  }

  return {
    note(inForce, kind, fields, { id, atMs }) {
      for (const { field, value } of findDialect(kind, fields)) {
        health.count('dialectFindings')
        const hide = (text: string): string => (holdsOwnSecret(text, inForce) ? otherName : text)
        const seen = { count: 1, firstSeenMs: atMs, lastSeenMs: atMs, webhookEventId: id }
        add(inForce.tenant.id, { kind, field: hide(field), value: hide(value), ...seen })
      }
    },
    async flush() {
      const taken = waiting
      waiting = new Map()
      for (const [tenantId, counts] of taken) {
        try {
          await store.add(tenantId, [...counts.values()])
          taken.delete(tenantId)
        } catch (error) {
          for (const [id, unsaved] of taken) for (const one of unsaved.values()) add(id, one)
          throw error
        }
      }
    },
    drop: (tenantId) => void waiting.delete(tenantId),
  }
}

import type { TenantEndpoints } from '../../../shared/contract/tenants.ts'
import type { Clock, Log } from '../../ports/system.ts'
import { createSeldom } from '../seldom.ts'

export type RefusalCount = TenantEndpoints['refused'][number]
type RefusalKind = RefusalCount['kind']
type Noted = RefusalCount & { readonly seldom: ReturnType<typeof createSeldom> }

/** What came with a tenant's key and yet was not believed: a wrong key at Cloudonix, or somebody who forges. */
export interface Refusals {
  note(tenantId: string, kind: RefusalKind, reason: string): void
  of(tenantId: string): readonly RefusalCount[]
  all(): readonly (RefusalCount & { readonly tenantId: string })[]
  /** Of a tenant that is gone. */
  drop(tenantId: string): void
}

/** Whoever has the address can bring it about as often as they like; the log is not theirs to fill. */
const saidEveryMs = 60_000

export const countRefusals = (clock: Pick<Clock, 'nowMs'>, log: Pick<Log, 'warn'>): Refusals => {
  const tenants = new Map<string, Map<RefusalKind, Noted>>()
  const of = (tenantId: string): RefusalCount[] =>
    [...(tenants.get(tenantId)?.values() ?? [])].map(({ seldom: _seldom, ...shown }) => shown)
  return {
    note(tenantId, kind, reason) {
      const kinds = tenants.get(tenantId) ?? new Map<RefusalKind, Noted>()
      tenants.set(tenantId, kinds)
      const before = kinds.get(kind)
      const seldom = before?.seldom ?? createSeldom(clock, saidEveryMs)
      kinds.set(kind, { kind, count: (before?.count ?? 0) + 1, lastAtMs: clock.nowMs(), reason, seldom })
      seldom((times) => log.warn({ tenantId, kind, times, reason }, 'Webhooks of a tenant were not believed'))
    },
    of,
    all: () => [...tenants.keys()].flatMap((tenantId) => of(tenantId).map((count) => ({ ...count, tenantId }))),
    drop: (tenantId) => void tenants.delete(tenantId),
  }
}

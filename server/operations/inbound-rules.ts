import type { Handlers } from '../../shared/contract/index.ts'
import type { StoredRule } from '../ports/configuration.ts'
import { assertSchedule, assertTarget, assertTenant, type ConfigDeps } from './config-context.ts'
import { tidyPattern } from './patterns.ts'
import { getRow, given, updateRow } from './rows.ts'

type InboundRuleHandlers = Pick<Handlers, Extract<keyof Handlers, `inboundRules.${string}`>>

const defaultPriority = 100

export const createInboundRuleHandlers = (deps: ConfigDeps): InboundRuleHandlers => {
  const { store, directory, events, clock, newId } = deps
  const countryOf = async (tenantId: string): Promise<string> =>
    (await getRow(store.tenants, 'tenant', undefined, tenantId)).defaultCountry
  const changed = async (
    tenantId: string,
    ids: readonly string[],
    change: 'created' | 'updated' | 'deleted',
  ): Promise<void> => {
    await directory.reload(tenantId)
    for (const id of ids) events.publish('rule.changed', { tenantId, id, change })
  }

  return {
    async 'inboundRules.list'(_actor, { tenantId, limit = 50, cursor, search, enabled }) {
      await assertTenant(deps, tenantId)
      return store.inboundRules.list(tenantId, { limit, cursor, search, where: { enabled } })
    },
    async 'inboundRules.create'(_actor, { tenantId, pattern, callerPattern, target, ...rest }) {
      const country = await countryOf(tenantId)
      const nowMs = clock.nowMs()
      const tidy = tidyPattern('/pattern', pattern, country)
      const rule: StoredRule = {
        id: newId(),
        version: 1,
        createdAtMs: nowMs,
        updatedAtMs: nowMs,
        name: tidy === '*' ? 'Any number' : tidy,
        priority: defaultPriority,
        enabled: true,
        ...given(rest),
        tenantId,
        pattern: tidy,
        ...(callerPattern !== undefined && { callerPattern: tidyPattern('/callerPattern', callerPattern, country) }),
        target,
      }
      await assertTarget(deps, tenantId, 'target', `Rule ${rule.name}`, target)
      await assertSchedule(deps, tenantId, `Rule ${rule.name}`, rule.scheduleId)
      await store.inboundRules.create(rule)
      await changed(tenantId, [rule.id], 'created')
      return rule
    },
    'inboundRules.get': (_actor, { tenantId, id }) => getRow(store.inboundRules, 'inbound rule', tenantId, id),
    async 'inboundRules.update'(_actor, { tenantId, id, version, pattern, callerPattern, ...rest }) {
      const before = await getRow(store.inboundRules, 'inbound rule', tenantId, id)
      const country = await countryOf(tenantId)
      const next: StoredRule = {
        ...before,
        ...given(rest),
        ...(pattern !== undefined && { pattern: tidyPattern('/pattern', pattern, country) }),
        ...(callerPattern !== undefined && {
          callerPattern: callerPattern === null ? undefined : tidyPattern('/callerPattern', callerPattern, country),
        }),
      }
      await assertTarget(deps, tenantId, 'target', `Rule ${next.name}`, next.target)
      // One that was deleted since is no reason to refuse another change.
      await assertSchedule(deps, tenantId, `Rule ${next.name}`, rest.scheduleId)
      const row = await updateRow(store.inboundRules, 'inbound rule', version, next, clock.nowMs())
      await changed(tenantId, [id], 'updated')
      return row
    },
    async 'inboundRules.delete'(_actor, { tenantId, id }) {
      await getRow(store.inboundRules, 'inbound rule', tenantId, id)
      await store.inboundRules.delete(tenantId, id)
      await changed(tenantId, [id], 'deleted')
      return undefined
    },
    async 'inboundRules.reorder'(_actor, { tenantId, ids }) {
      await assertTenant(deps, tenantId)
      for (const id of ids) await getRow(store.inboundRules, 'inbound rule', tenantId, id)
      const count = await store.reorderRules('inboundRules', tenantId, ids, clock.nowMs())
      await changed(tenantId, ids, 'updated')
      return { changed: count }
    },
    async 'inboundRules.bulk'(_actor, { tenantId, action, ids }) {
      await assertTenant(deps, tenantId)
      const count = await store.bulk('inboundRules', tenantId, ids, action, clock.nowMs())
      await changed(tenantId, ids, action === 'delete' ? 'deleted' : 'updated')
      return { changed: count }
    },
  }
}

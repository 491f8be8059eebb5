import type { Handlers } from '../../shared/contract/index.ts'
import type { StoredOutboundRule } from '../ports/configuration.ts'
import { assertTarget, assertTenant, assertTrunks, type ConfigDeps } from './config-context.ts'
import { refuse, tidyPattern } from './patterns.ts'
import { getRow, given, updateRow } from './rows.ts'

type OutboundRuleHandlers = Pick<Handlers, Extract<keyof Handlers, `outboundRules.${string}`>>

const noun = 'outbound rule'
const defaultPriority = 100

const assertSound = async (deps: ConfigDeps, rule: StoredOutboundRule): Promise<void> => {
  const { tenantId, target, trunkIds } = rule
  const owner = `Outbound rule ${rule.name}`
  if (target && target.type !== 'agent' && target.type !== 'group')
    refuse(
      '/target',
      `${owner} has a ${target.type} as target; name a voice agent or an agent group, or trunks instead`,
    )
  if (target && trunkIds.length > 0)
    refuse('/trunkIds', `${owner} names trunks and a target; leave one of them out, as a call goes to one of them`)
  if (target && (rule.stripDigits > 0 || rule.prepend !== '' || rule.callerId !== undefined))
    refuse(
      '/target',
      `${owner} changes the number or the caller ID, which only calls through trunks have; leave that out, or the target`,
    )
  await assertTarget(deps, tenantId, 'target', owner, target)
  await assertTrunks(deps, tenantId, 'trunkIds', owner, trunkIds)
}

export const createOutboundRuleHandlers = (deps: ConfigDeps): OutboundRuleHandlers => {
  const { store, directory, events, clock, newId } = deps
  const rules = store.outboundRules
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
    async 'outboundRules.list'(_actor, { tenantId, limit = 50, cursor, search, enabled }) {
      await assertTenant(deps, tenantId)
      return rules.list(tenantId, { limit, cursor, search, where: { enabled } })
    },
    async 'outboundRules.create'(_actor, { tenantId, destinationPattern, callerPattern, ...rest }) {
      const country = await countryOf(tenantId)
      const nowMs = clock.nowMs()
      const tidy = tidyPattern('/destinationPattern', destinationPattern, country)
      const rule: StoredOutboundRule = {
        id: newId(),
        version: 1,
        createdAtMs: nowMs,
        updatedAtMs: nowMs,
        name: tidy === '*' ? 'Any destination' : tidy,
        trunkIds: [],
        stripDigits: 0,
        prepend: '',
        priority: defaultPriority,
        enabled: true,
        ...given(rest),
        tenantId,
        destinationPattern: tidy,
        ...(callerPattern !== undefined && { callerPattern: tidyPattern('/callerPattern', callerPattern, country) }),
      }
      await assertSound(deps, rule)
      await rules.create(rule)
      await changed(tenantId, [rule.id], 'created')
      return rule
    },
    'outboundRules.get': (_actor, { tenantId, id }) => getRow(rules, noun, tenantId, id),
    async 'outboundRules.update'(_actor, { tenantId, id, version, destinationPattern, callerPattern, ...rest }) {
      const before = await getRow(rules, noun, tenantId, id)
      const country = await countryOf(tenantId)
      const next: StoredOutboundRule = {
        ...before,
        ...given(rest),
        ...(destinationPattern !== undefined && {
          destinationPattern: tidyPattern('/destinationPattern', destinationPattern, country),
        }),
        ...(callerPattern !== undefined && {
          callerPattern: callerPattern === null ? undefined : tidyPattern('/callerPattern', callerPattern, country),
        }),
      }
      await assertSound(deps, next)
      const row = await updateRow(rules, noun, version, next, clock.nowMs())
      await changed(tenantId, [id], 'updated')
      return row
    },
    async 'outboundRules.delete'(_actor, { tenantId, id }) {
      await getRow(rules, noun, tenantId, id)
      await rules.delete(tenantId, id)
      await changed(tenantId, [id], 'deleted')
      return undefined
    },
    async 'outboundRules.reorder'(_actor, { tenantId, ids }) {
      await assertTenant(deps, tenantId)
      for (const id of ids) await getRow(rules, noun, tenantId, id)
      const count = await store.reorderRules('outboundRules', tenantId, ids, clock.nowMs())
      await changed(tenantId, ids, 'updated')
      return { changed: count }
    },
    async 'outboundRules.bulk'(_actor, { tenantId, action, ids }) {
      await assertTenant(deps, tenantId)
      const count = await store.bulk('outboundRules', tenantId, ids, action, clock.nowMs())
      await changed(tenantId, ids, action === 'delete' ? 'deleted' : 'updated')
      return { changed: count }
    },
  }
}

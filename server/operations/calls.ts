import type { Handlers } from '../../shared/contract/index.ts'
import { DomainError } from '../domain/errors.ts'
import type { CallStore } from '../ports/call-store.ts'
import { assertKnownTenant, type TenantDirectory } from './tenant-directory.ts'

type CallHandlers = Pick<Handlers, Extract<keyof Handlers, `calls.${string}`>>

const many = <T>(value: T | T[] | undefined): T[] | undefined =>
  value === undefined ? undefined : Array.isArray(value) ? value : [value]

export const createCallHandlers = (calls: CallStore, directory: Pick<TenantDirectory, 'byId'>): CallHandlers => ({
  async 'calls.live'(_actor, { tenantId, limit = 50 }) {
    assertKnownTenant(directory, tenantId)
    return calls.live(tenantId, limit)
  },
  async 'calls.list'(
    _actor,
    {
      tenantId,
      limit = 50,
      cursor,
      agentId,
      groupId,
      ruleId,
      trunkId,
      provider,
      direction,
      state,
      disposition,
      ...rest
    },
  ) {
    assertKnownTenant(directory, tenantId)
    return calls.list(
      tenantId,
      {
        ...rest,
        agentId: many(agentId),
        groupId: many(groupId),
        ruleId: many(ruleId),
        trunkId: many(trunkId),
        provider: many(provider),
        direction: many(direction),
        state: many(state),
        disposition: many(disposition),
      },
      { limit, cursor },
    )
  },
  async 'calls.get'(_actor, { tenantId, id }) {
    assertKnownTenant(directory, tenantId)
    const found = await calls.get(tenantId, id)
    if (!found) throw new DomainError('NOT_FOUND', `There is no call ${id}`)
    return {
      ...found.record,
      attempts: [...found.attempts],
      decisions: found.decisions.map(({ id: decisionId, atMs, outcome, explanation, cxml }) => ({
        id: decisionId,
        atMs,
        ...outcome,
        explanation,
        cxml,
      })),
      transitions: [...found.transitions],
      webhookEvents: [...found.webhookEvents],
    }
  },
})

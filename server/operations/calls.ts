import type { Handlers } from '../../shared/contract/index.ts'
import { isTerminal } from '../../shared/vocabulary.ts'
import { DomainError } from '../domain/errors.ts'
import type { CallStore } from '../ports/call-store.ts'
import type { Cloudonix } from '../ports/cloudonix.ts'
import type { Log } from '../ports/system.ts'
import { platformDomainOf } from './cloudonix.ts'
import { assertKnownTenant, type TenantDirectory } from './tenant-directory.ts'

type CallHandlers = Pick<Handlers, Extract<keyof Handlers, `calls.${string}`>>

const many = <T>(value: T | T[] | undefined): T[] | undefined =>
  value === undefined ? undefined : Array.isArray(value) ? value : [value]

interface CallDeps {
  readonly calls: CallStore
  readonly directory: Pick<TenantDirectory, 'byId'>
  readonly cloudonix: Cloudonix
  readonly log: Log
}

export const createCallHandlers = ({ calls, directory, cloudonix, log }: CallDeps): CallHandlers => ({
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
  async 'calls.hangup'(actor, { tenantId, id }) {
    assertKnownTenant(directory, tenantId)
    const found = await calls.get(tenantId, id)
    if (!found) throw new DomainError('NOT_FOUND', `There is no call ${id}`)
    const { token, state, id: callId } = found.record
    if (isTerminal(state))
      throw new DomainError('CONFLICT', `Call ${callId} is over (${state}); there is nothing left to hang up`)
    await cloudonix.hangUp(platformDomainOf(directory, tenantId), token)
    log.info({ tenantId, callId, actor: actor.name }, 'A call was hung up by hand')
    return undefined
  },
})

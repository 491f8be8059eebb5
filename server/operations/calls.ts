import type { CallExplanation } from '../../shared/contract/calls.ts'
import type { Handlers } from '../../shared/contract/index.ts'
import { isTerminal } from '../../shared/vocabulary.ts'
import { DomainError } from '../domain/errors.ts'
import { isSame, rerun } from '../domain/routing/rerun.ts'
import type { CallStore, StoredCall } from '../ports/call-store.ts'
import type { Cloudonix } from '../ports/cloudonix.ts'
import type { Log } from '../ports/system.ts'
import { toCallFilter } from './call-filter.ts'
import { platformDomainOf } from './cloudonix.ts'
import { readLiveCalls } from './live-calls.ts'
import { assertKnownTenant, tenantInForce, type TenantDirectory } from './tenant-directory.ts'
import type { RememberingCallLog } from './unsaved-units.ts'

type CallHandlers = Pick<Handlers, Extract<keyof Handlers, `calls.${string}`>>

interface CallDeps {
  readonly calls: CallStore
  readonly callLog: Pick<RememberingCallLog, 'settled' | 'newestOf'>
  readonly directory: Pick<TenantDirectory, 'byId'>
  readonly cloudonix: Cloudonix
  readonly log: Log
}

const explainAgain = (decisions: StoredCall['decisions']): CallExplanation => {
  const again = decisions.map(({ id, atMs, explanation }) => ({
    id,
    atMs,
    summary: explanation.summary,
    choices: rerun(explanation).map((choice) => ({ ...choice, same: isSame(choice) })),
  }))
  const unlike = again.flatMap(({ choices }) => choices).filter(({ same }) => !same)
  const isDifferent = unlike.some(({ incomplete }) => incomplete === undefined)
  return { outcome: isDifferent ? 'different' : unlike.length > 0 ? 'incomplete' : 'same', decisions: again }
}

export const createCallHandlers = ({ calls, callLog, directory, cloudonix, log }: CallDeps): CallHandlers => {
  const known = async (tenantId: string, id: string): Promise<StoredCall> => {
    assertKnownTenant(directory, tenantId)
    const found = await calls.get(tenantId, id)
    if (!found) throw new DomainError('NOT_FOUND', `There is no call ${id}`)
    return found
  }
  return {
    async 'calls.live'(_actor, { tenantId, limit = 50 }) {
      return readLiveCalls(calls, callLog, tenantInForce(directory, tenantId), limit)
    },
    async 'calls.list'(_actor, { tenantId, limit = 50, cursor, sort, order, ...filters }) {
      assertKnownTenant(directory, tenantId)
      return calls.list(tenantId, toCallFilter(filters), { limit, cursor, sort, order })
    },
    async 'calls.get'(_actor, { tenantId, id }) {
      const found = await known(tenantId, id)
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
    async 'calls.explain'(_actor, { tenantId, id }) {
      return explainAgain((await known(tenantId, id)).decisions)
    },
    async 'calls.hangup'(actor, { tenantId, id }) {
      const { token, state, id: callId } = (await known(tenantId, id)).record
      if (isTerminal(state))
        throw new DomainError('CONFLICT', `Call ${callId} is over (${state}); there is nothing left to hang up`)
      await cloudonix.hangUp(platformDomainOf(directory, tenantId), token)
      log.info({ tenantId, callId, actor: actor.name }, 'A call was hung up by hand')
      return undefined
    },
  }
}

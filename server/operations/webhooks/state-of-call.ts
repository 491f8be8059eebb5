import type { Call, DialAttempt } from '../../domain/calls/call.ts'
import { unchanged, withAttempt, type Progress } from '../../domain/calls/call-progress.ts'
import { decodeDialState, type DialState } from '../../domain/routing/dial-state.ts'
import { readNumbers } from '../../domain/routing/call-numbers.ts'
import { readVoiceRequest } from '../../domain/webhooks/read-voice-request.ts'
import type { Incoming, WebhookDeps } from './context.ts'
import { stateGraceSeconds } from './documents.ts'

/** The signed state of the action URL, or why it is not to be trusted. */
export const readState = (
  { crypto }: WebhookDeps,
  { request, inForce, token, nowMs }: Incoming,
): DialState | string => {
  const text = Object.hasOwn(request.query, 's') ? request.query['s'] : undefined
  if (text === undefined || text === '') return 'the signed state is missing'
  const secretOf = (keyId: string): string | undefined =>
    inForce.tenant.signingKeys.find(({ id }) => id === keyId)?.secret
  const state = decodeDialState(text, secretOf, crypto.sign, crypto.sameText, nowMs)
  if (typeof state === 'string') return state
  return state.tenantId === inForce.tenant.id && state.token === token
    ? state
    : 'the signed state belongs to another call'
}

/** A call of which only its signed state is left. */
const emptyCall = (deps: WebhookDeps, { inForce, fields, token, nowMs }: Incoming, { direction }: DialState): Call => {
  const voice = readVoiceRequest(fields)
  const numbers = readNumbers(inForce.routing, voice.from, voice.to)
  return {
    id: deps.newId(),
    tenantId: inForce.tenant.id,
    token,
    direction,
    from: numbers.from.number,
    to: numbers.to.number,
    state: 'connecting',
    startedAtMs: voice.startedAtMs ?? nowMs,
    attempts: [],
    deadlineMs: nowMs,
    configVersion: inForce.tenant.configVersion,
    updatedAtMs: nowMs,
    revision: 0,
  }
}

/**
 * The call as the signed state knows it: attempts that were lost with a process are put back, so that nobody is tried twice
 * and no attempt number is used twice.
 */
export const restoreFromState = (
  deps: WebhookDeps,
  incoming: Incoming,
  known: Call | undefined,
  state: DialState,
): Progress => {
  const { inForce, nowMs } = incoming
  const { agents } = inForce.routing
  let progress = unchanged(known ?? emptyCall(deps, incoming, state))
  if (known?.attempts.some(({ n }) => n === state.attempt)) return progress
  const isDialledNow = (id: string, all: readonly string[], kind: DialState['dials']): boolean =>
    state.dials === kind && id === all.at(-1)
  const { attempts } = progress.call
  const free = Array.from({ length: state.attempt }, (_, i) => i + 1).filter((n) =>
    attempts.every((one) => one.n !== n),
  )
  const addEnded = (attempt: Pick<DialAttempt, 'agentId' | 'number' | 'provider'>): void => {
    const n = free.shift()
    if (n === undefined || n === state.attempt) return
    progress = withAttempt(progress, {
      ...attempt,
      n,
      decisionId: '',
      startedAtMs: nowMs,
      endedAtMs: nowMs,
      leaseUntilMs: nowMs,
    })
  }
  for (const agentId of state.agentIds) {
    if (isDialledNow(agentId, state.agentIds, 'agent') || attempts.some((one) => one.agentId === agentId)) continue
    addEnded({ agentId, provider: agents.get(agentId)?.provider })
  }
  for (const number of state.numbers) {
    if (isDialledNow(number, state.numbers, 'number') || attempts.some((one) => one.number === number)) continue
    addEnded({ number })
  }
  const agentId = state.dials === 'agent' ? state.agentIds.at(-1) : undefined
  const provider = agentId === undefined ? undefined : agents.get(agentId)?.provider
  const restored: DialAttempt = {
    n: state.attempt,
    decisionId: state.decisionId,
    agentId,
    number: state.dials === 'number' ? state.numbers.at(-1) : undefined,
    provider,
    trunkId: state.trunkId,
    trunkPlan: state.trunkPlan,
    groupId: state.groupId,
    // The state was signed when the dial began.
    startedAtMs: Math.min(nowMs, state.expiresAtMs - (inForce.routing.timeLimitSeconds + stateGraceSeconds) * 1000),
    leaseUntilMs: nowMs,
  }
  progress = withAttempt(progress, restored)
  return { ...progress, call: { ...progress.call, agentId, groupId: state.groupId, provider, trunkId: state.trunkId } }
}

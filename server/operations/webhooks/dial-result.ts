import type { AttemptResult } from '../../../shared/vocabulary.ts'
import { isTerminal } from '../../../shared/vocabulary.ts'
import type { Call, DialAttempt } from '../../domain/calls/call.ts'
import {
  advance,
  amend,
  endAttempt,
  finish,
  lastWord,
  unchanged,
  type Progress,
} from '../../domain/calls/call-progress.ts'
import { hangup } from '../../domain/cxml/verbs.ts'
import { decodeDialState, type DialState } from '../../domain/routing/dial-state.ts'
import type { NumberReading } from '../../domain/routing/explanation.ts'
import { readNumbers, routeOnward } from '../../domain/routing/routing-engine.ts'
import { readDialResult, type DialResult } from '../../domain/webhooks/read-dial-result.ts'
import { readVoiceRequest } from '../../domain/webhooks/read-voice-request.ts'
import { leaseKeyOf, type Handled, type Incoming, type WebhookDeps } from './context.ts'
import { earlierAnswer, knownCall } from './known-call.ts'
import { askRuntime, finishDocument, placeCall, runEngine, triedIn } from './place-call.ts'

/** A stream that ended sooner than this never was a conversation. */
const shortestStreamMs = 3000

/** The signed state of the action URL, or why it is not to be trusted. */
const readState = ({ crypto }: WebhookDeps, { request, inForce, token, nowMs }: Incoming): DialState | string => {
  const text = request.query['s']
  if (text === undefined || text === '') return 'the signed state is missing'
  const secretOf = (keyId: string): string | undefined =>
    inForce.tenant.signingKeys.find(({ id }) => id === keyId)?.secret
  const state = decodeDialState(text, secretOf, crypto.sign, crypto.sameText, nowMs)
  if (typeof state === 'string') return state
  return state.tenantId === inForce.tenant.id && state.token === token
    ? state
    : 'the signed state belongs to another call'
}

/** What the signed state alone tells of a call that was lost everywhere else: enough to go on with it. */
const callFromState = (deps: WebhookDeps, { inForce, fields, token, nowMs }: Incoming, state: DialState): Call => {
  const voice = readVoiceRequest(fields)
  const numbers = readNumbers(inForce.routing, voice.from, voice.to)
  const attempts = state.tried.map((agentId, i): DialAttempt => {
    const isLast = i === state.tried.length - 1
    const common = {
      n: isLast ? state.attempt : i + 1,
      agentId,
      provider: inForce.routing.agents.get(agentId)?.provider,
      startedAtMs: nowMs,
      leaseUntilMs: nowMs,
    }
    return isLast
      ? { ...common, decisionId: state.decisionId, groupId: state.groupId }
      : { ...common, decisionId: '', endedAtMs: nowMs }
  })
  const last = attempts.at(-1)
  return {
    id: deps.newId(),
    tenantId: inForce.tenant.id,
    token,
    direction: 'inbound',
    from: numbers.from.number,
    to: numbers.to.number,
    state: 'connecting',
    startedAtMs: nowMs,
    attempts,
    agentId: last?.agentId,
    groupId: state.groupId,
    provider: last?.provider,
    deadlineMs: nowMs,
    configVersion: inForce.tenant.configVersion,
    updatedAtMs: nowMs,
  }
}

/** A stream has no result of its own: how long it lasted tells. */
const resultOf = ({ inForce, fields, nowMs }: Incoming, call: Call, attempt: DialAttempt | undefined): DialResult => {
  const provider = attempt?.provider === undefined ? undefined : inForce.routing.providers.get(attempt.provider)
  const read = readDialResult(fields, call.announced === true)
  if (provider?.dialAs !== 'stream' || !attempt || fields.text('DialCallStatus') !== undefined) return read
  const lastedMs = nowMs - attempt.startedAtMs
  const result: AttemptResult = lastedMs < shortestStreamMs ? 'failed' : 'answered'
  return { ...read, result, word: `stream of ${(lastedMs / 1000).toFixed(1)} s` }
}

/** How many attempts in a row were made in the group of the last one. */
const attemptsInGroup = (call: Call, groupId: string | undefined): number =>
  groupId === undefined ? 1 : call.attempts.filter((attempt) => attempt.groupId === groupId).length

/** The platform reports how a dial ended and asks what to do next. */
export const handleDialResult = async (deps: WebhookDeps, incoming: Incoming): Promise<Handled> => {
  const { inForce, token, nowMs } = incoming
  const tenantId = inForce.tenant.id
  const state = readState(deps, incoming)
  const distrust = typeof state === 'string' ? state : undefined
  const known = await knownCall(deps, tenantId, token)
  const ending = (outcome: Handled['outcome'], reason: string): Handled => ({
    outcome,
    reason,
    cxml: finishDocument(deps, () => hangup),
  })
  if (!known && typeof state === 'string') return ending('ignored', `no call has this token, and ${state}`)
  const n = typeof state === 'string' ? (known?.attempts.at(-1)?.n ?? 0) : state.attempt
  const answerKey = `dial\n${token}\n${n}`
  const earlier = await earlierAnswer(deps, tenantId, answerKey, known !== undefined, nowMs)
  if (earlier !== undefined) return { outcome: 'duplicate', reason: distrust, cxml: { text: earlier, masked: earlier } }
  const call = known ?? (typeof state === 'string' ? undefined : callFromState(deps, incoming, state))
  if (!call) return ending('ignored', 'no call has this token')
  if (isTerminal(call.state)) {
    const late = advance(unchanged(call), 'dial-failed', nowMs)
    return { ...ending('ignored', `the call is over (${call.state})`), progress: late }
  }
  const attempt = call.attempts.find((one) => one.n === n)
  const { result, word, answeredAtMs } = resultOf(incoming, call, attempt)
  const released = attempt?.agentId === undefined ? [] : [{ agentId: attempt.agentId, leaseKey: leaseKeyOf(token, n) }]
  for (const { agentId, leaseKey } of released) await deps.runtime.release(tenantId, agentId, leaseKey)
  const ended = endAttempt(unchanged(call), n, result, nowMs)
  const groupId = typeof state === 'string' ? attempt?.groupId : state.groupId
  const groupAttempts = typeof state === 'string' ? attemptsInGroup(call, groupId) : state.groupAttempts
  const agentIds = [...new Set([...triedIn(call).agentIds, ...(typeof state === 'string' ? [] : state.tried)])]
  const tried = { agentIds, attempts: Math.max(call.attempts.length, n) }
  const routing = await runEngine(
    routeOnward(inForce.routing, { result, groupId, groupAttempts, tried }),
    askRuntime(deps, incoming, call.attempts.length + 1),
  )
  const name =
    attempt?.agentId === undefined
      ? 'the target'
      : (inForce.routing.agents.get(attempt.agentId)?.name ?? attempt.agentId)
  const explanation = {
    trigger: 'dial_result' as const,
    direction: call.direction,
    from: asBefore(call.from),
    to: asBefore(call.to),
    after: `attempt ${n} (${name}): ${result.replace('_', ' ')}, the platform said ${word === '' ? 'nothing' : word}`,
    ...(distrust !== undefined && { notes: [`${distrust}; the stored attempt was used instead`] }),
  }
  // Somebody or something comes next: the call is being routed again. Otherwise this result is its last word.
  const goesOn = routing.agent !== undefined || routing.target.type === 'number' || routing.target.type === 'message'
  const placed = placeCall(
    deps,
    incoming,
    goesOn ? advance(ended, 'dial-failed', nowMs) : ended,
    routing,
    explanation,
    call.ruleId,
  )
  const progress: Progress =
    goesOn && (placed.isDialled || routing.target.type === 'message')
      ? placed.progress
      : finish(placed.progress, lastWord[result].event, closingFacts(call, result, answeredAtMs, nowMs), nowMs)
  return {
    outcome: 'applied',
    reason: distrust,
    progress: amend(progress, {
      answeredAtMs: result === 'answered' ? (call.answeredAtMs ?? answeredAtMs) : progress.call.answeredAtMs,
    }),
    isNewCall: !known,
    decision: placed.decision,
    cxml: placed.cxml,
    answerKey,
  }
}

const asBefore = (number: string): NumberReading => ({ text: number, number, how: 'as in the voice request' })

const closingFacts = (
  call: Call,
  result: AttemptResult,
  answeredAtMs: number | undefined,
  nowMs: number,
): Partial<Call> => {
  const answered = call.answeredAtMs ?? answeredAtMs
  return {
    disposition: lastWord[result].disposition,
    endedAtMs: nowMs,
    durationSeconds: Math.max(0, nowMs - call.startedAtMs) / 1000,
    ...(result === 'answered' && answered !== undefined && { talkSeconds: Math.max(0, nowMs - answered) / 1000 }),
  }
}

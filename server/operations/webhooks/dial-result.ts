import { isTerminal, type AttemptResult } from '../../../shared/vocabulary.ts'
import type { Call, DialAttempt } from '../../domain/calls/call.ts'
import {
  advance,
  endAttempt,
  finish,
  lastWord,
  stageOf,
  unchanged,
  type Progress,
} from '../../domain/calls/call-progress.ts'
import { hangup, reject } from '../../domain/cxml/verbs.ts'
import type { NumberReading } from '../../domain/routing/explanation.ts'
import { routeOnward } from '../../domain/routing/routing-engine.ts'
import { readDialResult, type DialResult } from '../../domain/webhooks/read-dial-result.ts'
import { canonicalJson } from './canonical.ts'
import type { Handled, Incoming, WebhookDeps } from './context.ts'
import { printDocument } from './documents.ts'
import { earlierAnswer, knownCall } from './known-call.ts'
import { placeCall } from './place-call.ts'
import { nextAttempt, settleSoFar, triedIn } from './slots.ts'
import { readState, restoreFromState } from './state-of-call.ts'

/** A stream that ended sooner than this never was a conversation. */
const shortestStreamMs = 3000

/** A stream has no result of its own: how long it lasted tells. */
const resultOf = ({ inForce, fields, nowMs }: Incoming, call: Call, attempt: DialAttempt): DialResult => {
  const provider = attempt.provider === undefined ? undefined : inForce.routing.providers.get(attempt.provider)
  const read = readDialResult(fields, call.announced === true)
  if (provider?.dialAs !== 'stream' || fields.text('DialCallStatus') !== undefined) return read
  const lastedMs = nowMs - attempt.startedAtMs
  const result: AttemptResult = lastedMs < shortestStreamMs ? 'failed' : 'answered'
  return { ...read, result, word: `stream of ${(lastedMs / 1000).toFixed(1)} s` }
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
    ...(result === 'answered' && {
      answeredAtMs: answered,
      ...(answered !== undefined && { talkSeconds: Math.max(0, nowMs - answered) / 1000 }),
    }),
  }
}

/** Unsigned results of two attempts can look the same; what comes this soon after a dial began is the one before again. */
const sameWithinMs = 1000

/** What a result is known by whose state does not tell which attempt it is of. */
const unsignedKeyOf = ({ crypto }: WebhookDeps, { request, token }: Incoming): string => {
  const stage = request.headers['x-cx-stageid']
  return stage ? `unsigned\n${token}\n${stage}` : `unsigned\n${token}\n#${crypto.digest(canonicalJson(request.fields))}`
}

/** Whether something in it differs from attempt to attempt: a stage, or a state however damaged. */
const tellsApart = ({ request }: Incoming): boolean =>
  Boolean(request.headers['x-cx-stageid']) || Boolean(request.query['s'])

/** Whether a signed result says that the dial was answered, as far as it tells by itself. */
export const saysAnswered = (deps: WebhookDeps, incoming: Incoming): boolean => {
  const state = readState(deps, incoming)
  if (typeof state === 'string') return false
  const { call } = restoreFromState(deps, incoming, undefined, state)
  const attempt = call.attempts.at(-1)
  return attempt !== undefined && resultOf(incoming, call, attempt).result === 'answered'
}

/** Attempts in the group of this one, or at its number, where no state tells. */
const attemptsLike = ({ attempts }: Call, { groupId, number }: DialAttempt): number =>
  attempts.filter((one) => one.groupId === groupId && one.number === number).length

interface Lookup {
  readonly known: Call | undefined
  /** Why it is not known what is stored of the call. */
  readonly unread?: string
}

/** A store that cannot be read is no reason to lose a caller whose state is signed: the state knows enough to go on. */
const lookUp = async (deps: WebhookDeps, { inForce, token }: Incoming, isSigned: boolean): Promise<Lookup> => {
  try {
    return { known: await knownCall(deps, inForce.tenant.id, token) }
  } catch (error) {
    if (!isSigned) throw error
    deps.health.count('faults')
    deps.log.error({ err: error }, 'A call could not be looked up; its signed state is used instead')
    return { known: undefined, unread: 'the call could not be looked up' }
  }
}

/** The platform reports how a dial ended and asks what to do next. */
export const handleDialResult = async (deps: WebhookDeps, incoming: Incoming): Promise<Handled> => {
  const { inForce, token, nowMs } = incoming
  const tenantId = inForce.tenant.id
  const state = readState(deps, incoming)
  const distrust = typeof state === 'string' ? state : undefined
  if (distrust !== undefined) deps.refusals.note(tenantId, 'dial_state', distrust)
  if (distrust !== undefined && incoming.isKeyExpired) {
    const reason = `the tenant key was replaced, and ${distrust}`
    return { outcome: 'refused', reason, cxml: printDocument(deps, () => reject('rejected')) }
  }
  const ignored = (reason: string, progress?: Progress): Handled => ({
    outcome: 'ignored',
    reason,
    progress,
    cxml: printDocument(deps, () => hangup),
  })
  const { known, unread } = await lookUp(deps, incoming, distrust === undefined)
  if (!known && distrust !== undefined) return ignored(`no call has this token, and ${distrust}`)
  const repeat = (text: string): Handled => ({ outcome: 'duplicate', reason: distrust, cxml: { text, masked: text } })
  // What counts for the newest attempt must not count for the next one too when it comes again.
  const unsignedKey = distrust === undefined ? undefined : unsignedKeyOf(deps, incoming)
  const newest = known?.attempts.at(-1)
  if (
    unsignedKey !== undefined &&
    newest &&
    (tellsApart(incoming) || Math.abs(nowMs - newest.startedAtMs) < sameWithinMs)
  ) {
    const before = await earlierAnswer(deps, tenantId, unsignedKey, true, nowMs)
    if (before !== undefined) return repeat(before)
  }
  const n = typeof state === 'string' ? (newest?.n ?? 0) : state.attempt
  const answerKey = `dial\n${token}\n${n}`
  // While its attempt is open a result has not been answered yet; then there is nothing to look up.
  const isOpen = known?.attempts.some((attempt) => attempt.n === n && attempt.endedAtMs === undefined) === true
  const earlier = await earlierAnswer(deps, tenantId, answerKey, known !== undefined && !isOpen, nowMs)
  if (earlier !== undefined) return repeat(earlier)
  if (known && isTerminal(known.state)) {
    return ignored(`the call is over (${known.state})`, advance(unchanged(known), 'dial-failed', nowMs))
  }
  const before = typeof state === 'string' ? known && unchanged(known) : restoreFromState(deps, incoming, known, state)
  const attempt = before?.call.attempts.find((one) => one.n === n)
  if (!before || !attempt) return ignored('the call has no attempt that this could be the result of')
  if (attempt.endedAtMs !== undefined) return ignored(`attempt ${n} is over; the call went on without it`)

  const { call } = before
  const { result, word, answeredAtMs } = resultOf(incoming, call, attempt)
  const ended = endAttempt(before, n, result, nowMs)
  await settleSoFar(deps, incoming, ended)
  const stage = stageOf(call)
  const direction = typeof state === 'string' ? stage.direction : state.direction
  const tried = { ...triedIn(call, nowMs), direction }
  const groupAttempts = typeof state === 'string' ? attemptsLike(call, attempt) : state.groupAttempts
  const { agentId, number, trunkId, trunkPlan } = attempt
  const trunkName = trunkId === undefined ? undefined : (inForce.routing.trunks.get(trunkId)?.name ?? trunkId)
  const name =
    agentId === undefined
      ? `${number ?? 'the target'}${trunkName === undefined ? '' : ` through trunk ${trunkName}`}`
      : (inForce.routing.agents.get(agentId)?.name ?? agentId)
  const trunk = trunkPlan && number !== undefined ? { number, to: stage.to, plan: trunkPlan } : undefined
  const placed = await placeCall(
    deps,
    incoming,
    ended,
    routeOnward(inForce.routing, { result, groupId: attempt.groupId, groupAttempts, trunk, tried }),
    { n: nextAttempt(call), tried },
    () => ({
      trigger: 'dial_result',
      direction,
      from: asBefore(stage.from),
      to: asBefore(stage.to),
      after: `attempt ${n} (${name}): ${result.replace('_', ' ')}, the platform said ${word === '' ? 'nothing' : word}`,
      ...(distrust !== undefined && { notes: [`${distrust}; the stored attempt was used instead`] }),
      ...(unread !== undefined && { notes: [`${unread}; its signed state was used instead`] }),
    }),
    () => call.ruleId,
  )
  // Somebody or something comes next: the call is being routed again. Otherwise this result is its last word.
  const goesOn = placed.isDialled || placed.routing.target.type === 'message'
  const progress = goesOn
    ? placed.progress
    : finish(placed.progress, lastWord[result].event, closingFacts(call, result, answeredAtMs, nowMs), nowMs)
  // What is stored of the call knows more than its state, and must not be overwritten; its slots are given back all the same.
  if (unread !== undefined) await settleSoFar(deps, incoming, progress)
  return {
    outcome: 'applied',
    reason: distrust ?? unread,
    progress: unread === undefined ? progress : undefined,
    isNewCall: !known,
    decision: placed.decision,
    cxml: placed.cxml,
    answerKey,
    otherAnswerKey: unsignedKey,
  }
}

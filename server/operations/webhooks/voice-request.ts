import type { Call } from '../../domain/calls/call.ts'
import {
  advance,
  amend,
  endAttempt,
  finish,
  openAttempts,
  unchanged,
  type Progress,
} from '../../domain/calls/call-progress.ts'
import { hangup } from '../../domain/cxml/verbs.ts'
import { classify, readNumbers, routeInbound, type Routing } from '../../domain/routing/routing-engine.ts'
import { readVoiceRequest, saysOutbound } from '../../domain/webhooks/read-voice-request.ts'
import { isTerminal } from '../../../shared/vocabulary.ts'
import { canonicalJson } from './canonical.ts'
import { leaseKeyOf, type Handled, type Incoming, type WebhookDeps } from './context.ts'
import { earlierAnswer, knownCall } from './known-call.ts'
import { askRuntime, finishDocument, placeCall, runEngine } from './place-call.ts'

/** The same request: token and stage, or token and content where no stage is named. */
const answerKeyOf = ({ crypto }: WebhookDeps, { request, token }: Incoming): string => {
  const stage = request.headers['x-cx-stageid']
  return stage ? `voice\n${token}\n${stage}` : `voice\n${token}\n#${crypto.digest(canonicalJson(request.fields))}`
}

/** Slots that a call holds. */
export const heldSlots = (call: Call): { agentId: string; leaseKey: string }[] =>
  openAttempts(call).flatMap(({ agentId, n }) =>
    agentId === undefined ? [] : [{ agentId, leaseKey: leaseKeyOf(call.token, n) }],
  )

const newCall = (
  deps: WebhookDeps,
  { inForce, token, nowMs }: Incoming,
  facts: Pick<Call, 'direction' | 'from' | 'to'>,
): Call => ({
  id: deps.newId(),
  tenantId: inForce.tenant.id,
  token,
  ...facts,
  state: 'received',
  startedAtMs: nowMs,
  attempts: [],
  deadlineMs: nowMs,
  configVersion: inForce.tenant.configVersion,
  updatedAtMs: nowMs,
})

/** Asked again for a call that goes on, the platform is at a new stage of it: what was dialled before is over. */
const startOver = (call: Call, nowMs: number): Progress => {
  let progress = unchanged(call)
  for (const { n } of openAttempts(call)) progress = endAttempt(progress, n, undefined, nowMs)
  return call.state === 'connecting' || call.state === 'connected' ? advance(progress, 'dial-failed', nowMs) : progress
}

const outboundRouting = (why: string): Routing => ({
  target: { type: 'reject', value: 'rejected' },
  agent: undefined,
  group: undefined,
  ringTimeoutSeconds: 0,
  groupAttempts: 0,
  steps: [{ type: 'reject', because: why, outcome: 'reject (rejected)' }],
})

/** The platform asks what to do with a call. */
export const handleVoiceRequest = async (deps: WebhookDeps, incoming: Incoming): Promise<Handled> => {
  const { inForce, fields, token, nowMs } = incoming
  const answerKey = answerKeyOf(deps, incoming)
  const known = await knownCall(deps, inForce.tenant.id, token)
  const earlier = await earlierAnswer(deps, inForce.tenant.id, answerKey, known !== undefined, nowMs)
  if (earlier !== undefined) return { outcome: 'duplicate', cxml: { text: earlier, masked: earlier } }
  if (known && isTerminal(known.state)) {
    return { outcome: 'ignored', reason: `the call is over (${known.state})`, cxml: finishDocument(deps, () => hangup) }
  }
  const voice = readVoiceRequest(fields)
  const numbers = readNumbers(inForce.routing, voice.from, voice.to)
  const direction = classify(inForce.routing, saysOutbound(voice.direction), numbers)
  let progress: Progress
  if (known) progress = startOver(known, nowMs)
  else {
    const call = newCall(deps, incoming, { direction, from: numbers.from.number, to: numbers.to.number })
    progress = { call, transitions: [{ atMs: nowMs, event: 'received', to: 'received' }], attempts: [] }
    progress = advance(advance(progress, 'enqueue', nowMs), 'route', nowMs)
  }
  const released = known ? heldSlots(known) : []
  for (const { agentId, leaseKey } of released) await deps.runtime.release(inForce.tenant.id, agentId, leaseKey)
  const attempt = progress.call.attempts.length + 1
  const readings = { trigger: 'voice_request' as const, direction, from: numbers.from, to: numbers.to }
  if (direction === 'outbound') {
    const why = saysOutbound(voice.direction)
      ? `outbound call (the platform says ${voice.direction}); no outbound rules exist`
      : `outbound call (${numbers.from.number} is one of the tenant's agents); no outbound rules exist`
    const placed = placeCall(deps, incoming, progress, outboundRouting(why), readings, undefined)
    const ended = finish(placed.progress, 'give-up', { reason: `rejected: ${why}`, disposition: 'failed' }, nowMs)
    return {
      outcome: 'applied',
      progress: ended,
      isNewCall: !known,
      decision: placed.decision,
      cxml: placed.cxml,
      answerKey,
    }
  }
  const routing = await runEngine(routeInbound(inForce.routing, numbers), askRuntime(deps, incoming, attempt))
  const explanation = {
    ...readings,
    rules: routing.rules,
    ...(routing.moreRules !== undefined && { moreRules: routing.moreRules }),
  }
  const placed = placeCall(
    deps,
    incoming,
    amend(progress, { ruleId: routing.ruleId }),
    routing,
    explanation,
    routing.ruleId,
  )
  const over = !placed.isDialled && routing.target.type !== 'message'
  const last = placed.decision.explanation.steps.at(-1)
  const ended = over
    ? finish(
        placed.progress,
        'give-up',
        { reason: `${last?.because ?? ''}: ${last?.outcome ?? ''}`, disposition: 'failed' },
        nowMs,
      )
    : placed.progress
  return {
    outcome: 'applied',
    progress: ended,
    isNewCall: !known,
    decision: placed.decision,
    cxml: placed.cxml,
    answerKey,
  }
}

import { isTerminal } from '../../../shared/vocabulary.ts'
import type { Call, Stage } from '../../domain/calls/call.ts'
import {
  advance,
  amend,
  atStage,
  endAttempt,
  finish,
  openAttempts,
  unchanged,
  type Progress,
} from '../../domain/calls/call-progress.ts'
import { hangup } from '../../domain/cxml/verbs.ts'
import { classify, readNumbers } from '../../domain/routing/call-numbers.ts'
import type { Walk } from '../../domain/routing/routing.ts'
import type { FirstRouting } from '../../domain/routing/first-routing.ts'
import { routeOutbound } from '../../domain/routing/outbound.ts'
import { routeInbound } from '../../domain/routing/routing-engine.ts'
import { readVoiceRequest } from '../../domain/webhooks/read-voice-request.ts'
import { canonicalJson } from './canonical.ts'
import type { Handled, Incoming, WebhookDeps } from './context.ts'
import { printDocument } from './documents.ts'
import { earlierAnswer, knownCall } from './known-call.ts'
import { placeCall } from './place-call.ts'
import { nextAttempt, settleSoFar, triedIn } from './slots.ts'

/** The same request: token and stage, or token and content where no stage is named. */
const answerKeyOf = ({ crypto }: WebhookDeps, { request, token }: Incoming): string => {
  const stage = request.headers['x-cx-stageid']
  return stage ? `voice\n${token}\n${stage}` : `voice\n${token}\n#${crypto.digest(canonicalJson(request.fields))}`
}

const newCall = (deps: WebhookDeps, { inForce, token, nowMs }: Incoming, stage: Stage): Progress => {
  const call: Call = {
    id: deps.newId(),
    tenantId: inForce.tenant.id,
    token,
    ...stage,
    state: 'received',
    startedAtMs: nowMs,
    attempts: [],
    deadlineMs: nowMs,
    configVersion: inForce.tenant.configVersion,
    updatedAtMs: nowMs,
    revision: 0,
  }
  const received = { call, transitions: [{ atMs: nowMs, event: 'received', to: call.state }], attempts: [] }
  return advance(advance(received, 'enqueue', nowMs), 'route', nowMs)
}

/** Asked again for a call that goes on, the platform is at a new stage of it: what was dialled before is over. */
const startOver = (call: Call, stage: Stage, nowMs: number): Progress => {
  let progress = atStage(unchanged(call), stage)
  for (const { n } of openAttempts(call)) progress = endAttempt(progress, n, undefined, nowMs)
  return progress
}

/** The platform asks what to do with a call. */
export const handleVoiceRequest = async (deps: WebhookDeps, incoming: Incoming): Promise<Handled> => {
  const { inForce, fields, token, nowMs } = incoming
  const answerKey = answerKeyOf(deps, incoming)
  const known = await knownCall(deps, inForce.tenant.id, token)
  const earlier = await earlierAnswer(deps, inForce.tenant.id, answerKey, known !== undefined, nowMs)
  if (earlier !== undefined) return { outcome: 'duplicate', cxml: { text: earlier, masked: earlier } }
  if (known && isTerminal(known.state)) {
    const reason = `the call is over (${known.state})`
    return { outcome: 'ignored', reason, cxml: printDocument(deps, () => hangup) }
  }
  const voice = readVoiceRequest(fields)
  const numbers = readNumbers(inForce.routing, voice.from, voice.to)
  const { sign } = voice
  const direction = classify(inForce.routing, sign !== undefined, numbers)
  const stage = { direction, from: numbers.from.number, to: numbers.to.number }
  const before = known ? startOver(known, stage, nowMs) : newCall(deps, incoming, stage)
  await settleSoFar(deps, incoming, before)
  const tried = triedIn(before.call, nowMs)
  const why = sign
    ? `outbound: the platform says ${voice.direction.slice(0, 64).toWellFormed()}`
    : `outbound: ${numbers.from.number} is one of the tenant's own numbers, and ${numbers.to.number} is no DID of it`
  const walk: Walk<FirstRouting> =
    direction === 'outbound'
      ? routeOutbound(inForce.routing, numbers, sign, tried)
      : routeInbound(inForce.routing, numbers, tried)
  const placed = await placeCall(
    deps,
    incoming,
    before,
    walk,
    { n: nextAttempt(before.call), tried },
    ({ rules, moreRules }) => ({
      trigger: 'voice_request',
      direction,
      from: numbers.from,
      to: numbers.to,
      rules,
      ...(direction === 'outbound' && { notes: [why] }),
      ...(moreRules !== undefined && { moreRules }),
    }),
    ({ ruleId }) => ruleId,
  )
  const { isDialled, routing } = placed
  const progress = amend(placed.progress, { ruleId: routing.ruleId ?? known?.ruleId })
  const isOver = !isDialled && routing.target.type !== 'message'
  const last = routing.steps.at(-1)
  return {
    outcome: 'applied',
    progress: isOver
      ? finish(
          progress,
          'give-up',
          { reason: `${last?.because ?? ''}: ${last?.outcome ?? ''}`, disposition: 'failed' },
          nowMs,
        )
      : progress,
    isNewCall: !known,
    decision: placed.decision,
    cxml: placed.cxml,
    answerKey,
  }
}

import type { Call } from '../../domain/calls/call.ts'
import { amend, startAttempt, type Progress } from '../../domain/calls/call-progress.ts'
import { createCxmlPress, type PrintedCxml } from '../../domain/cxml/cxml-press.ts'
import type { CxmlDocument } from '../../domain/cxml/verbs.ts'
import { buildDocument, isDialled } from '../../domain/routing/build-document.ts'
import { encodeDialState, type DialState } from '../../domain/routing/dial-state.ts'
import type { Explanation } from '../../domain/routing/explanation.ts'
import type { Routing, SelectionAsk, SelectionReply, Tried } from '../../domain/routing/routing-engine.ts'
import type { DecisionRow } from '../../ports/call-store.ts'
import type { TenantInForce } from '../tenant-directory.ts'
import { leaseKeyOf, type Incoming, type WebhookDeps } from './context.ts'

/** Longer than ring time and call together, so that a lost end event never holds a slot for ever. */
const leaseGraceSeconds = 60
/** The signed state outlives the longest call by this. */
const stateGraceSeconds = 3600

export const triedIn = (call: Call): Tried => ({
  agentIds: call.attempts.flatMap(({ agentId }) => agentId ?? []),
  attempts: call.attempts.length,
})

/** Puts the engine's questions to the runtime state until it knows where the call goes. */
export const runEngine = async <R extends Routing>(
  walk: Generator<SelectionAsk, R, SelectionReply>,
  ask: (question: SelectionAsk) => Promise<SelectionReply>,
): Promise<R> => {
  let step = walk.next()
  while (!step.done) step = walk.next(await ask(step.value))
  return step.value
}

/** Chooses for real: slots are taken, first choices count. */
export const askRuntime =
  ({ runtime }: WebhookDeps, { inForce, token, nowMs }: Incoming, attempt: number) =>
  (question: SelectionAsk): Promise<SelectionReply> =>
    runtime.select({
      tenantId: inForce.tenant.id,
      group: question.group,
      members: question.members,
      isFirstChoice: question.isFirstChoice,
      leaseKey: leaseKeyOf(token, attempt),
      leaseMs: (question.ringTimeoutSeconds + inForce.routing.timeLimitSeconds + leaseGraceSeconds) * 1000,
      nowMs,
    })

/** What a dial action's state says beside what is the same for all calls of a tenant. */
type OwnState = Pick<DialState, 'token' | 'decisionId' | 'groupId' | 'attempt' | 'groupAttempts' | 'tried'>

/** Signed, and safe in a URL. */
export const signState = (
  { crypto, clock }: Pick<WebhookDeps, 'crypto' | 'clock'>,
  { tenant, routing }: TenantInForce,
  state: OwnState,
): string => {
  const [key] = tenant.signingKeys
  if (!key) throw new Error(`tenant ${tenant.id} has no signing key`)
  const expiresAtMs = clock.nowMs() + (routing.timeLimitSeconds + stateGraceSeconds) * 1000
  return encodeURIComponent(
    encodeDialState({ ...state, keyId: key.id, tenantId: tenant.id, expiresAtMs }, key.secret, crypto.sign),
  )
}

/** A new state key or public URL changes nothing for calls under way: the state travels in the URL. */
export const actionUrl = (
  { publicUrl }: Pick<WebhookDeps, 'publicUrl'>,
  { tenant }: TenantInForce,
  state: string,
): string => `${publicUrl ?? ''}/voice/${tenant.tenantKey}/dial-result?s=${state}`

const press = createCxmlPress()

/** A document that may leave, as text and as people may see it. A faulty one never leaves: the caller is rejected and the fault is told. */
export const finishDocument = (
  { health, log }: Pick<WebhookDeps, 'log' | 'health'>,
  documentWith: (state: string) => CxmlDocument,
  state?: string,
): PrintedCxml => {
  const printed = press(documentWith, state)
  if (printed.problems.length > 0) {
    health.count('faults')
    log.error(
      { problems: printed.problems },
      'An answer that Cloudonix would not understand was held back; the caller was rejected',
    )
  }
  return printed
}

export interface Placed {
  readonly progress: Progress
  readonly decision: DecisionRow
  readonly cxml: { readonly text: string; readonly masked: string }
  /** Somebody is dialled, so a result will come. */
  readonly isDialled: boolean
}

/** Turns a routing into the answer, the attempt and the decision on record. */
export const placeCall = (
  deps: WebhookDeps,
  { inForce, token, nowMs, request }: Incoming,
  before: Progress,
  routing: Routing,
  explanation: Omit<Explanation, 'steps' | 'summary' | 'tookMicros'>,
  ruleId: string | undefined,
): Placed => {
  const { agent, group, target } = routing
  const decisionId = deps.newId()
  const { call } = before
  const attempt = call.attempts.length + 1
  const tried = [...triedIn(call).agentIds, ...(agent ? [agent.id] : [])]
  const state = signState(deps, inForce, {
    token,
    decisionId,
    groupId: group?.id,
    attempt,
    groupAttempts: routing.groupAttempts,
    tried,
  })
  const { text, masked, problems } = finishDocument(
    deps,
    (signed) => buildDocument(inForce.routing, routing, token, actionUrl(deps, inForce, signed)),
    state,
  )
  const dialled = isDialled(routing) && problems.length === 0
  const untilMs = nowMs + (routing.ringTimeoutSeconds + inForce.routing.timeLimitSeconds + leaseGraceSeconds) * 1000
  let progress = amend(before, {
    deadlineMs: untilMs,
    announced: call.announced === true || target.type === 'message' || undefined,
  })
  if (dialled) {
    const dialAttempt = {
      n: attempt,
      decisionId,
      agentId: agent?.id,
      provider: agent?.provider,
      groupId: group?.id,
      startedAtMs: nowMs,
      leaseUntilMs: untilMs,
    }
    progress = startAttempt(progress, dialAttempt, nowMs)
  }
  const last = routing.steps.at(-1)
  return {
    progress,
    cxml: { text, masked },
    isDialled: dialled,
    decision: {
      id: decisionId,
      atMs: nowMs,
      outcome: {
        target,
        agentId: agent?.id,
        agentName: agent?.name,
        groupId: group?.id,
        ruleId,
        provider: agent?.provider,
        attempt: dialled ? attempt : undefined,
      },
      explanation: {
        summary: `${last?.because ?? ''} → ${last?.outcome ?? ''}`,
        ...explanation,
        steps: routing.steps,
        ...(problems.length > 0 && {
          notes: [...(explanation.notes ?? []), ...problems.map((problem) => `document held back: ${problem}`)],
        }),
        tookMicros: Math.max(0, deps.clock.micros() - request.receivedAtMicros),
      },
      cxml: masked,
    },
  }
}

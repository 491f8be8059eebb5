import { advance, amend, stageOf, startAttempt, type Progress } from '../../domain/calls/call-progress.ts'
import type { PrintedCxml } from '../../domain/cxml/cxml-press.ts'
import { buildDocument, isDialled } from '../../domain/routing/build-document.ts'
import type { Explanation } from '../../domain/routing/explanation.ts'
import type { Ask, Routing, SelectionReply, Tried, Walk } from '../../domain/routing/routing.ts'
import { routeOnward } from '../../domain/routing/routing-engine.ts'
import type { DecisionRow } from '../../ports/call-store.ts'
import type { Incoming, WebhookDeps } from './context.ts'
import { actionUrl, printDocument, signState } from './documents.ts'
import { askRuntime, giveBack, leaseGraceSeconds, leaseKeyOf } from './slots.ts'

/** Puts the engine's questions to somebody until it knows where the call goes. */
export const runEngine = async <R extends Routing>(
  walk: Walk<R>,
  ask: (question: Ask) => Promise<SelectionReply>,
): Promise<R> => {
  let step = walk.next()
  while (!step.done) step = walk.next(await ask(step.value))
  return step.value
}

export interface Placed<R extends Routing> {
  readonly progress: Progress
  readonly routing: R
  readonly decision: DecisionRow
  readonly cxml: PrintedCxml
  /** Somebody is dialled, so a result will come. */
  readonly isDialled: boolean
}

interface Plan {
  readonly n: number
  readonly tried: Tried
  readonly decisionId: string
}

const print = (
  deps: WebhookDeps,
  { inForce, token }: Incoming,
  { n, tried, decisionId }: Plan,
  routing: Routing,
): PrintedCxml => {
  const { agent, group, target, trunk, trunkPlan } = routing
  const state = signState(deps, inForce, {
    token,
    decisionId,
    groupId: group?.id,
    attempt: n,
    groupAttempts: routing.groupAttempts,
    agentIds: agent ? [...tried.agentIds, agent.id] : tried.agentIds,
    numbers:
      target.type === 'number'
        ? [...tried.numbers.filter((number) => number !== target.value), target.value]
        : tried.numbers,
    dials: agent ? 'agent' : 'number',
    direction: tried.direction,
    trunkId: trunk?.id,
    trunkPlan,
  })
  return printDocument(
    deps,
    (signed) => buildDocument(inForce.routing, routing, token, actionUrl(deps, inForce, signed)),
    state,
  )
}

/**
 * Routes a call and makes the answer, the attempt and the decision on record of it. An agent or a trunk whose document
 * Cloudonix would not understand is passed over like one whose dial failed.
 */
export const placeCall = async <R extends Routing>(
  deps: WebhookDeps,
  incoming: Incoming,
  before: Progress,
  /** How to find out, or what is certain already. */
  walk: Walk<R> | R,
  { n, tried: triedBefore }: { readonly n: number; readonly tried: Tried },
  explain: (routing: R) => Omit<Explanation, 'steps' | 'summary' | 'tookMicros'>,
  ruleOf: (routing: R) => string | undefined,
): Promise<Placed<R>> => {
  const { inForce, nowMs, request, steadyMs, token } = incoming
  const ask = askRuntime(deps, incoming, n)
  const decisionId = deps.newId()
  const first = 'next' in walk ? await runEngine(walk, ask) : walk
  const heldBack: string[] = []
  let tried = triedBefore
  let routing: Routing = first
  let cxml = print(deps, incoming, { n, tried, decisionId }, routing)
  while (cxml.problems.length > 0 && (routing.agent ?? routing.trunk)) {
    const { agent, group, groupAttempts, steps, target, trunk, trunkPlan } = routing
    const name = agent?.name ?? trunk?.name ?? ''
    heldBack.push(...cxml.problems.map((problem) => `${name} passed over, its document was held back: ${problem}`))
    const leaseKey = leaseKeyOf(token, n)
    if (agent)
      await giveBack(deps.runtime, inForce.tenant.id, { agentId: agent.id, provider: agent.provider, leaseKey })
    if (trunk) await giveBack(deps.runtime, inForce.tenant.id, { trunkId: trunk.id, leaseKey })
    if (agent) tried = { ...tried, agentIds: [...tried.agentIds, agent.id] }
    const through =
      trunkPlan && target.type === 'number'
        ? { number: target.value, to: stageOf(before.call).to, plan: trunkPlan }
        : undefined
    const ended = { result: 'failed' as const, groupId: group?.id, groupAttempts, trunk: through, tried }
    const next = await runEngine(routeOnward(inForce.routing, ended), ask)
    routing = { ...next, steps: [...steps, ...next.steps] }
    cxml = print(deps, incoming, { n, tried, decisionId }, routing)
  }
  const { agent, group, target, trunk, trunkPlan } = routing
  const goesOn = isDialled(routing) || target.type === 'message'
  const dialled = isDialled(routing) && cxml.problems.length === 0
  const untilMs = steadyMs + (routing.ringTimeoutSeconds + inForce.routing.timeLimitSeconds + leaseGraceSeconds) * 1000
  const isReroute = before.call.state === 'connecting' || before.call.state === 'connected'
  let progress = amend(goesOn && isReroute ? advance(before, 'dial-failed', nowMs) : before, {
    deadlineMs: untilMs,
    announced: before.call.announced === true || target.type === 'message' || undefined,
    // Who was tried before has not taken a call that ends with a message.
    ...(target.type === 'message' && { agentId: undefined, provider: undefined, trunkId: undefined }),
  })
  if (dialled) {
    const attempt = {
      n,
      decisionId,
      agentId: agent?.id,
      number: target.type === 'number' ? target.value : undefined,
      provider: agent?.provider,
      trunkId: trunk?.id,
      trunkPlan,
      groupId: group?.id,
      startedAtMs: nowMs,
      leaseUntilMs: untilMs,
    }
    progress = startAttempt(progress, attempt, nowMs)
  }
  const explanation = explain(first)
  const last = routing.steps.at(-1)
  const notes = [
    ...(explanation.notes ?? []),
    ...heldBack,
    ...cxml.problems.map((problem) => `document held back: ${problem}`),
  ]
  return {
    progress,
    routing: { ...first, ...routing },
    cxml,
    isDialled: dialled,
    decision: {
      id: decisionId,
      atMs: nowMs,
      outcome: {
        target,
        agentId: agent?.id,
        agentName: agent?.name,
        groupId: group?.id,
        ruleId: ruleOf(first),
        provider: agent?.provider,
        trunkId: trunk?.id,
        trunkName: trunk?.name,
        attempt: dialled ? n : undefined,
      },
      explanation: {
        summary: `${last?.because ?? ''} → ${last?.outcome ?? ''}`,
        ...explanation,
        steps: routing.steps,
        ...(notes.length > 0 && { notes }),
        tookMicros: Math.max(0, deps.clock.micros() - request.receivedAtMicros),
      },
      cxml: cxml.masked,
    },
  }
}

import type { Transition } from '../../../shared/contract/calls.ts'
import type { AttemptResult, CallState, Disposition } from '../../../shared/vocabulary.ts'
import { hex, type Random } from '../chance.ts'
import { dialOrder, type Dial, type DialOrder } from './dials.ts'
import { drawOutcome, drawQuality, type Outcome } from './outcomes.ts'
import type { HistoryRoute, Lookup } from './routes.ts'

export interface PastAttempt {
  readonly n: number
  readonly decisionId: string
  readonly agentId?: string | undefined
  readonly number?: string | undefined
  readonly provider?: string | undefined
  readonly trunkId?: string | undefined
  readonly groupId?: string | undefined
  readonly startedAtMs: number
  readonly endedAtMs?: number | undefined
  readonly result?: AttemptResult | undefined
  readonly leaseUntilMs: number
}

/** A call as a server that took it would have it on record. */
export interface PastCall {
  readonly id: string
  readonly tenantId: string
  readonly token: string
  readonly direction: 'inbound' | 'outbound'
  readonly from: string
  readonly to: string
  readonly state: CallState
  readonly disposition?: Disposition | undefined
  readonly reason?: string | undefined
  readonly ruleId?: string | undefined
  readonly groupId?: string | undefined
  readonly agentId?: string | undefined
  readonly trunkId?: string | undefined
  readonly provider?: string | undefined
  readonly startedAtMs: number
  readonly answeredAtMs?: number | undefined
  readonly endedAtMs?: number | undefined
  readonly ringSeconds?: number | undefined
  readonly talkSeconds?: number | undefined
  readonly durationSeconds?: number | undefined
  readonly quality?: { rxMos: number; txMos: number; rttMs: number } | undefined
  /** ISO 3166-1 alpha-2 of the outer number. */
  readonly country?: string | undefined
  readonly configVersion: number
  readonly attempts: readonly PastAttempt[]
  readonly announced?: boolean | undefined
  readonly deadlineMs: number
  readonly cdrHash?: string | undefined
  readonly updatedAtMs: number
  readonly revision: number
}

/** A decision of a call: whom it had dialled, or what the caller got instead. */
export interface PastDecision {
  readonly id: string
  readonly atMs: number
  readonly dial?: Dial | undefined
  /** How many transitions there were when its document was sent. */
  readonly transitions: number
}

export interface Played {
  readonly call: PastCall
  readonly transitions: readonly Transition[]
  readonly decisions: readonly PastDecision[]
  readonly order: DialOrder
}

/** What is settled of a call before it begins. */
export interface Beginning {
  readonly tenantId: string
  readonly configVersion: number
  readonly route: HistoryRoute
  readonly token: string
  readonly from: string
  readonly to: string
  readonly country?: string | undefined
  readonly startedAtMs: number
  /** Everything is over by then. */
  readonly overByMs: number
  /** Names the n-th thing of the call: 0 is the call itself. */
  idOf(n: number): string
}

const longestCallSeconds = 14_400
const leaseGraceSeconds = 120

const lastWords: Readonly<Record<AttemptResult, { event: string; state: CallState; disposition: Disposition }>> = {
  answered: { event: 'dial-answered', state: 'completed', disposition: 'answered' },
  busy: { event: 'dial-busy', state: 'busy', disposition: 'busy' },
  no_answer: { event: 'dial-no-answer', state: 'no_answer', disposition: 'no_answer' },
  cancelled: { event: 'dial-cancelled', state: 'no_answer', disposition: 'cancelled' },
  failed: { event: 'give-up', state: 'failed', disposition: 'failed' },
}

type DrawOutcome = (dial: Dial, atMs: number) => Outcome

interface Way {
  readonly transitions: Transition[]
  readonly attempts: PastAttempt[]
  readonly decisions: PastDecision[]
  readonly endedAtMs: number
  readonly answeredAtMs?: number | undefined
  readonly end: { readonly state: CallState; readonly disposition: Disposition; readonly reason?: string | undefined }
  /** Whom the record names; an announcement names nobody. */
  readonly last?: Dial | undefined
  readonly isAnnounced: boolean
  readonly isDuringIncident: boolean
}

const announcementMs = 8000

/** Follows a call from agent to agent until one answers, nobody is left or the caller has enough. */
const followCall = (beginning: Beginning, order: DialOrder, drawOutcomeOf: DrawOutcome): Way => {
  const { startedAtMs, overByMs, idOf, route } = beginning
  const { dials, last } = order
  const transitions: Transition[] = []
  const attempts: PastAttempt[] = []
  const decisions: PastDecision[] = []
  let state: CallState | undefined
  let atMs = startedAtMs
  const pass = (ms: number): number => (atMs = Math.min(atMs + ms, overByMs))
  const move = (event: string, to: CallState): void => {
    transitions.push(state === undefined ? { atMs, event, to } : { atMs, event, from: state, to })
    state = to
  }
  const decide = (dial?: Dial): string => {
    const id = idOf(decisions.length + 1)
    decisions.push({ id, atMs, dial, transitions: transitions.length })
    return id
  }
  const so = (rest: Pick<Way, 'end'> & Partial<Way>): Way => ({
    transitions,
    attempts,
    decisions,
    endedAtMs: atMs,
    isAnnounced: false,
    isDuringIncident: false,
    ...rest,
  })

  move('received', 'received')
  move('enqueue', 'queued')
  move('route', 'routing')
  for (const [index, dial] of dials.entries()) {
    const { agent, group, number, trunkId } = dial
    const dialledAtMs = atMs
    move('dial', 'connecting')
    const decisionId = decide(dial)
    const outcome = drawOutcomeOf(dial, atMs)
    const { result, ringMs, talkMs, isDuringIncident } = outcome
    const answeredAtMs = pass(ringMs)
    if (result === 'answered') {
      move('answered', 'connected')
      pass(talkMs)
    }
    attempts.push({
      n: index + 1,
      decisionId,
      agentId: agent?.id,
      number: number === '' ? beginning.to : number,
      provider: agent?.provider,
      trunkId,
      groupId: group?.id,
      startedAtMs: dialledAtMs,
      endedAtMs: atMs,
      result,
      leaseUntilMs: dialledAtMs + (dial.ringTimeoutSeconds + longestCallSeconds + leaseGraceSeconds) * 1000,
    })
    const goesOn = dial.retryOn.includes(result) && (index + 1 < dials.length || last?.type === 'message')
    if (goesOn) {
      move('dial-failed', 'routing')
      continue
    }
    const { event, ...end } = lastWords[result]
    move(event, end.state)
    return so({ end, last: dial, isDuringIncident, answeredAtMs: result === 'answered' ? answeredAtMs : undefined })
  }
  if (last?.type === 'message') {
    decide()
    const answeredAtMs = atMs
    pass(announcementMs)
    move('cdr-answered', 'completed')
    return so({ end: { state: 'completed', disposition: 'answered' }, answeredAtMs, isAnnounced: true })
  }
  decide()
  move('give-up', 'failed')
  return so({
    end: { state: 'failed', disposition: 'failed', reason: `${route.because}: ${last?.type ?? 'nobody to dial'}` },
  })
}

/** Plays a call out. */
export const playOut = (
  beginning: Beginning,
  lookup: Lookup,
  random: Random,
  knowledge: (provider: string | undefined) => Parameters<typeof drawOutcome>[2],
): Played => {
  const { tenantId, configVersion, route, token, from, to, country, startedAtMs, overByMs, idOf } = beginning
  const order = dialOrder(route.target, lookup, random)
  const way = followCall(beginning, order, ({ agent, ringTimeoutSeconds }, atMs) =>
    drawOutcome(random, { provider: agent?.provider, ringTimeoutSeconds, atMs }, knowledge(agent?.provider)),
  )
  const { transitions, attempts, decisions, endedAtMs, answeredAtMs, end, last, isAnnounced, isDuringIncident } = way
  const targetGroupId = route.target.type === 'group' ? route.target.id : undefined
  const talkedMs = answeredAtMs === undefined ? 0 : endedAtMs - answeredAtMs
  const call: PastCall = {
    id: idOf(0),
    tenantId,
    token,
    direction: route.direction,
    from,
    to,
    ...end,
    ruleId: route.rule?.id,
    groupId: last ? last.group?.id : targetGroupId,
    agentId: last?.agent?.id,
    trunkId: last?.trunkId,
    provider: last?.agent?.provider,
    startedAtMs,
    answeredAtMs,
    endedAtMs,
    ringSeconds: answeredAtMs === undefined ? undefined : (answeredAtMs - startedAtMs) / 1000,
    talkSeconds: Math.floor(talkedMs / 1000),
    durationSeconds: Math.floor((endedAtMs - startedAtMs) / 1000),
    quality: answeredAtMs !== undefined && last ? drawQuality(random, isDuringIncident) : undefined,
    country,
    configVersion,
    attempts,
    announced: isAnnounced || undefined,
    deadlineMs: startedAtMs + (longestCallSeconds + leaseGraceSeconds) * 1000,
    cdrHash: hex(random, 43),
    updatedAtMs: Math.min(endedAtMs + 300 + Math.floor(random() * 1200), overByMs),
    revision: decisions.length + 2,
  }
  return { call, transitions, decisions, order }
}

import type { Transition } from '../../../shared/contract/calls.ts'
import type { DecisionOutcome, Explanation, RoutingStep } from '../../../shared/contract/routing.ts'
import type { WebhookKind } from '../../../shared/vocabulary.ts'
import { endingOf, spellDisposition, wordsOf } from '../call-ending.ts'
import type { Random } from '../chance.ts'
import { createPayloads, type Leg } from '../payloads.ts'
import { spellDialStatus } from '../plan-call.ts'
import type { Dial } from './dials.ts'
import type { Beginning, PastAttempt, PastCall, PastDecision, Played } from './past-call.ts'
import type { Lookup } from './routes.ts'

/** What one webhook of a call leaves behind. */
export interface HistoryUnit {
  readonly tenantId: string
  readonly call: PastCall
  readonly attempts: readonly PastAttempt[]
  readonly transitions: readonly Transition[]
  readonly decision?:
    | {
        readonly id: string
        readonly atMs: number
        readonly outcome: DecisionOutcome
        readonly explanation: Explanation
        readonly cxml: string
      }
    | undefined
  readonly webhookEvent?:
    | {
        readonly id: string
        readonly kind: WebhookKind
        readonly atMs: number
        readonly token: string
        readonly outcome: 'applied'
        readonly status: 200
        readonly latencyMicros: number
        readonly headers: Readonly<Record<string, string>>
        readonly payload: string
        readonly answer?: string | undefined
      }
    | undefined
}

const mostMembersShown = 50
const escapes: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' }
const escaped = (text: string): string => text.replace(/[&<>"]/g, (letter) => escapes[letter] ?? letter)

const printDial = ({ agent, number, ringTimeoutSeconds }: Dial, to: string): string => {
  const open = `<Dial action="/voice/***/dial-result?s=***" method="POST" timeout="${ringTimeoutSeconds}" timeLimit="14400">`
  const noun = agent
    ? `<Service provider="${escaped(agent.provider)}">${escaped(agent.value)}</Service>`
    : `<Number>${escaped(number === '' || number === undefined ? to : number)}</Number>`
  return `${open}${noun}</Dial>`
}

const printDocument = ({ order }: Played, { dial }: PastDecision, to: string): string => {
  const { last } = order
  const ending =
    last?.type === 'message'
      ? `<Say language="en-US">${escaped(last.value)}</Say><Hangup/>`
      : last?.type === 'reject'
        ? `<Reject reason="${last.value ?? 'rejected'}"/>`
        : '<Hangup/>'
  return `<?xml version="1.0" encoding="UTF-8"?><Response>${dial ? printDial(dial, to) : ending}</Response>`
}

/** The members compared, with figures by which the one that was dialled goes first. */
const compareMembers = (
  { agent, group }: Dial,
  tried: ReadonlySet<string>,
  { agents }: Lookup,
): Partial<RoutingStep> => {
  if (!group) return {}
  const members = group.members.slice(0, mostMembersShown)
  const whyNot = ({ agentId, enabled }: (typeof members)[number]): string | undefined => {
    if (tried.has(agentId)) return 'tried before in this call'
    return enabled && agents.get(agentId)?.enabled === true ? undefined : 'disabled'
  }
  const tickets = members.map((member) => (whyNot(member) === undefined ? member.weight : 0))
  const first = members.findIndex(({ agentId }) => agentId === agent?.id)
  const sum = (some: readonly number[]): number => some.reduce((total, weight) => total + weight, 0)
  const chance = (sum(tickets.slice(0, first)) + (tickets[first] ?? 1) / 2) / sum(tickets)
  return {
    strategy: group.strategy,
    ...(group.strategy === 'weighted_random' && { chance }),
    members: members.map((member) => {
      const { agentId, weight, priority } = member
      const why = whyNot(member)
      const chosen = agentId === agent?.id
      return {
        agentId,
        name: agents.get(agentId)?.name ?? agentId,
        eligible: why === undefined,
        verdict: why ?? (chosen ? 'chosen' : 'eligible'),
        chosen,
        weight,
        priority,
        activeCalls: chosen ? 0 : 1,
        behind: chosen ? 1 : 0,
      }
    }),
    ...(group.members.length > members.length && { moreMembers: group.members.length - members.length }),
  }
}

const explain = (beginning: Beginning, played: Played, n: number, lookup: Lookup): Explanation => {
  const { route, from, to } = beginning
  const { decisions, order, call } = played
  const decision = decisions[n]
  const dial = decision?.dial
  const tried = new Set(decisions.slice(0, n).flatMap(({ dial: before }) => before?.agent?.id ?? []))
  const because = n === 0 ? route.because : `attempt ${n} ended: ${call.attempts[n - 1]?.result ?? ''}`
  const name = dial?.agent?.name ?? dial?.number ?? ''
  const step: RoutingStep = dial
    ? {
        type: dial.group ? 'group' : dial.agent ? 'agent' : 'number',
        ...((dial.group ?? dial.agent) && { id: dial.group?.id ?? dial.agent?.id ?? '' }),
        ...((dial.group ?? dial.agent) && { name: dial.group?.name ?? dial.agent?.name ?? '' }),
        because,
        outcome: dial.group ? `${name} chosen` : `${name === '' ? to : name} is dialled`,
        ...compareMembers(dial, tried, lookup),
      }
    : { type: order.last?.type ?? 'hangup', because, outcome: order.last?.type ?? 'hangup' }
  const how = n === 0 ? 'international, as it came' : 'as in the voice request'
  const { rule } = route
  return {
    summary: `${step.because} → ${step.outcome}`,
    trigger: n === 0 ? 'voice_request' : 'dial_result',
    ...(n > 0 && { after: call.attempts[n - 1]?.result ?? '' }),
    direction: route.direction,
    from: { text: from, number: from, how },
    to: { text: to, number: to, how },
    ...(n === 0 &&
      rule && {
        rules: [
          {
            ruleId: rule.id,
            name: rule.name,
            pattern: rule.pattern,
            priority: rule.priority,
            verdict: 'chosen',
            chosen: true,
          },
        ],
      }),
    steps: [step],
    tookMicros: 200,
  }
}

const outcomeOf = (
  { route }: Beginning,
  { order, call }: Played,
  { dial }: PastDecision,
  n: number,
): DecisionOutcome => {
  const target = dial ? (dial.number === '' ? { type: 'number' as const, value: call.to } : route.target) : order.last
  return {
    target: target ?? { type: 'hangup' },
    ...(dial?.agent && { agentId: dial.agent.id, agentName: dial.agent.name, provider: dial.agent.provider }),
    ...(dial?.group && { groupId: dial.group.id }),
    ...(route.rule && n === 0 && { ruleId: route.rule.id }),
    ...(dial?.trunkId !== undefined && { trunkId: dial.trunkId }),
    ...(dial && { attempt: n + 1 }),
  }
}

/** The call as it was when the n-th decision's document was sent. */
const asOf = ({ call, decisions }: Played, n: number): { call: PastCall; attempts: PastAttempt[] } => {
  const decision = decisions[n]
  const atMs = decision?.atMs ?? call.startedAtMs
  const attempts = call.attempts.slice(0, n + 1)
  const open = decision?.dial && attempts[n]
  const shown = open ? [...attempts.slice(0, n), { ...open, endedAtMs: undefined, result: undefined }] : attempts
  const { dial } = decision ?? {}
  return {
    attempts: shown.slice(Math.max(0, n - 1)),
    call: {
      ...call,
      state: dial ? 'connecting' : 'routing',
      disposition: undefined,
      reason: undefined,
      groupId: dial ? dial.group?.id : call.groupId,
      agentId: dial?.agent?.id,
      trunkId: dial?.trunkId,
      provider: dial?.agent?.provider,
      answeredAtMs: undefined,
      endedAtMs: undefined,
      ringSeconds: undefined,
      talkSeconds: undefined,
      durationSeconds: undefined,
      quality: undefined,
      cdrHash: undefined,
      attempts: shown,
      announced: dial ? undefined : call.announced,
      updatedAtMs: atMs,
      revision: n + 1,
    },
  }
}

const cdrOf = ({ call }: Played, leg: Leg, payloads: ReturnType<typeof createPayloads>, random: Random): string => {
  const ending = endingOf(call.answeredAtMs !== undefined, { dial: call.attempts.at(-1)?.result })
  return payloads.cdr(spellDisposition(ending, random), wordsOf(ending).session, leg)
}

/** A call with everything that its webhooks leave behind: a unit for each decision, and one for the CDR. */
export const inFull = (
  beginning: Beginning,
  played: Played,
  { domain, index, lookup, random }: { domain: string; index: number; lookup: Lookup; random: Random },
): readonly HistoryUnit[] => {
  const { call, decisions, transitions } = played
  const { token, from, to, tenantId, idOf } = beginning
  const spelling = { writesDomainAsObject: random() < 0.1, writesUpdatesAsList: false }
  const payloads = createPayloads({ index, token, from, to, ...spelling }, { domain })
  const leg = { startMs: call.startedAtMs, answerMs: call.answeredAtMs ?? 0, endMs: call.endedAtMs ?? 0 }
  const event = (n: number, kind: WebhookKind, atMs: number, payload: string, answer?: string) => ({
    id: idOf(10 + n),
    kind,
    atMs,
    token,
    outcome: 'applied' as const,
    status: 200 as const,
    latencyMicros: 250 + Math.floor(random() * 1500),
    headers: kind === 'cdr' ? payloads.jsonHeaders : payloads.voiceHeaders(`${token.slice(0, 12)}-${n}`),
    payload,
    answer,
  })
  const decided = decisions.map((decision, n): HistoryUnit => {
    const cxml = printDocument(played, decision, to)
    const result = call.attempts[n - 1]?.result
    const said: Readonly<Record<string, string>> = result ? { DialCallStatus: spellDialStatus(result, random) } : {}
    const body = payloads.voiceRequest(n === 0 ? 'NEW' : 'PROCESSING', { ...leg, answerMs: 0 }, said)
    return {
      tenantId,
      ...asOf(played, n),
      transitions: transitions.slice(decisions[n - 1]?.transitions ?? 0, decision.transitions),
      decision: {
        id: decision.id,
        atMs: decision.atMs,
        outcome: outcomeOf(beginning, played, decision, n),
        explanation: explain(beginning, played, n, lookup),
        cxml,
      },
      webhookEvent: event(n, n === 0 ? 'voice_request' : 'dial_result', decision.atMs, body, cxml),
    }
  })
  const closing: HistoryUnit = {
    tenantId,
    call,
    attempts: call.attempts.slice(-1),
    transitions: transitions.slice(decisions.at(-1)?.transitions ?? 0),
    webhookEvent: event(decisions.length, 'cdr', call.updatedAtMs, cdrOf(played, leg, payloads, random)),
  }
  return [...decided, closing]
}

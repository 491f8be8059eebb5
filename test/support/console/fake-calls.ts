import type { CallDetail, CallRecord } from '../../../shared/contract/calls.ts'
import type { Decision } from '../../../shared/contract/routing.ts'
import { isTerminal, type CallState } from '../../../shared/vocabulary.ts'

/** Calls for looking at the console: made up, deterministic, with decisions that read like real ones. */

const agents = ['Retell 1', 'Vapi 3', 'Vapi 1', 'ElevenLabs EU'].map((name, index) => ({
  id: `agent-${index}`,
  name,
}))
const endings: readonly CallState[] = ['completed', 'completed', 'completed', 'busy', 'no_answer', 'failed']

const pad = (value: number, width: number) => String(value).padStart(width, '0')

const aDecision = (n: number, attempt: number, atMs: number, from: string, to: string): Decision => {
  const chosen = agents[(n + attempt) % agents.length]!
  const before = agents[(n + attempt + 3) % agents.length]!
  return {
    id: `decision-${n}-${attempt}`,
    atMs,
    target: { type: 'agent', id: chosen.id },
    agentId: chosen.id,
    agentName: chosen.name,
    groupId: 'group-1',
    ruleId: 'rule-1',
    provider: 'vapi',
    attempt: attempt + 1,
    cxml: `<?xml version="1.0" encoding="UTF-8"?>\n<Response>\n  <Dial timeout="25" timeLimit="14400" action="/voice/•••/dial-result?s=•••" method="POST">\n    <Service provider="vapi">+12025550171</Service>\n  </Dial>\n</Response>`,
    explanation: {
      summary:
        attempt === 0
          ? `${chosen.name} of Sales EU: furthest behind its weighted share (rule Sales line)`
          : `${chosen.name} of Sales EU takes over: ${before.name} was busy`,
      trigger: attempt === 0 ? 'voice_request' : 'dial_result',
      ...(attempt === 0 ? {} : { after: 'busy' }),
      direction: 'inbound',
      from: { text: from, number: from, how: 'international, as sent' },
      to: { text: to.slice(1), number: to, how: 'international: an exact rule has it with a + in front' },
      rules: [
        {
          ruleId: 'rule-0',
          name: 'VIP callers',
          pattern: '+1202*',
          priority: 5,
          verdict: 'passed over: caller does not match +4420*',
          chosen: false,
        },
        {
          ruleId: 'rule-1',
          name: 'Sales line',
          pattern: to,
          priority: 10,
          verdict: 'chosen: exact match',
          chosen: true,
        },
      ],
      moreRules: 212,
      steps: [
        {
          type: 'group',
          id: 'group-1',
          name: 'Sales EU',
          because: 'rule Sales line',
          outcome: `${chosen.name} chosen`,
          strategy: 'load_balanced',
          members: agents.map((agent, index) => ({
            agentId: agent.id,
            name: agent.name,
            eligible: agent === chosen || (index !== 2 && (attempt === 0 || agent !== before)),
            verdict:
              agent === chosen
                ? 'chosen'
                : index === 2
                  ? 'passed over: at its cap (10 of 10)'
                  : agent === before && attempt > 0
                    ? 'passed over: tried already'
                    : 'eligible',
            chosen: agent === chosen,
            weight: index + 1,
            activeCalls: (n + index) % 7,
            firstChoices: 40 + index,
            behind: agent === chosen ? 0.83 : -0.25 * index,
          })),
        },
      ],
      tookMicros: 84,
    },
  }
}

export const createFakeCalls = (tenantId: string) => {
  const calls = new Map<string, CallDetail>()
  let n = 0
  const record = (call: CallDetail): CallRecord => {
    const { attempts: _a, decisions: _d, transitions: _t, webhookEvents: _w, ...rest } = call
    return rest
  }
  return {
    all: () => [...calls.values()].reverse(),
    get: (id: string) => calls.get(id),
    record,
    create(atMs: number): CallDetail {
      n += 1
      const from = `+1202555${pad((n * 37) % 10000, 4)}`
      const to = n % 3 === 0 ? '+442079460018' : '+12025550100'
      const call: CallDetail = {
        id: `call-${n}`,
        tenantId,
        token: `token-${n}`,
        direction: 'inbound',
        from,
        to,
        state: 'received',
        startedAtMs: atMs,
        attemptCount: 0,
        attempts: [],
        decisions: [],
        transitions: [{ atMs, event: 'voice request', to: 'received' }],
        webhookEvents: [
          { id: `w-${n}-0`, kind: 'voice_request', atMs, outcome: 'applied', status: 200, latencyMicros: 900 },
        ],
      }
      calls.set(call.id, call)
      if (calls.size > 3000) calls.delete(calls.keys().next().value!)
      return call
    },
    /** The next thing that happens to a call. */
    advance(call: CallDetail, atMs: number): { readonly decision?: Decision; readonly hasEnded: boolean } {
      const number = Number(call.id.slice(5))
      const to = (state: CallState, event: string) => {
        call.transitions.push({ atMs, event, from: call.state, to: state })
        call.state = state
      }
      const dial = (): Decision => {
        const decision = aDecision(number, call.attempts.length, atMs, call.from, call.to)
        call.decisions.push(decision)
        call.attempts.push({
          n: call.attempts.length + 1,
          agentId: decision.agentId!,
          agentName: decision.agentName!,
          groupId: 'group-1',
          startedAtMs: atMs,
        })
        Object.assign(call, {
          agentId: decision.agentId,
          agentName: decision.agentName,
          groupName: 'Sales EU',
          ruleName: 'Sales line',
          attemptCount: call.attempts.length,
        })
        return decision
      }
      if (call.state === 'received') {
        to('connecting', 'dialled')
        return { decision: dial(), hasEnded: false }
      }
      const attempt = call.attempts.at(-1)!
      if (call.state === 'connecting' && number % 4 === 0 && call.attempts.length < 2) {
        Object.assign(attempt, { result: 'busy', endedAtMs: atMs })
        call.webhookEvents.push({
          id: `w-${number}-${atMs}`,
          kind: 'dial_result',
          atMs,
          outcome: 'applied',
          status: 200,
          latencyMicros: 700,
        })
        return { decision: dial(), hasEnded: false }
      }
      const ending = endings[number % endings.length]!
      if (call.state === 'connecting' && ending === 'completed') {
        to('connected', 'answered')
        call.answeredAtMs = atMs
        return { hasEnded: false }
      }
      Object.assign(attempt, { result: ending === 'completed' ? 'answered' : ending, endedAtMs: atMs })
      to(ending, 'CDR')
      call.transitions.push({ atMs: atMs + 3, event: 'session update', ignored: 'the call has ended' })
      Object.assign(call, { endedAtMs: atMs, durationSeconds: (atMs - call.startedAtMs) / 1000 })
      return { hasEnded: isTerminal(call.state) }
    },
  }
}

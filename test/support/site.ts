import type { AgentGroup } from '../../shared/contract/agent-groups.ts'
import type { CallDetail } from '../../shared/contract/calls.ts'
import type { InboundRule } from '../../shared/contract/inbound-rules.ts'
import type { Tenant } from '../../shared/contract/tenants.ts'
import type { VoiceAgent } from '../../shared/contract/voice-agents.ts'
import type { StrategyName } from '../../shared/vocabulary.ts'
import { fixtureJson } from './cloudonix.ts'
import type { Answer, Talk } from './talk.ts'

/** Calls of a tenant as the platform plays them with one server. */
export interface Calls {
  /** Asks what to do with a call; the document that comes. */
  ask(token: string, to?: string, stage?: string): Promise<string>
  /** Tells how a document's dial ended; the document that comes. */
  report(token: string, document: string, result: string, to?: string): Promise<string>
  /** Tells by its CDR that the call was answered and is over. */
  end(token: string): Promise<Answer>
  call(token: string): Promise<CallDetail>
}

/** A configured tenant, made by REST alone. */
export interface Site extends Calls {
  readonly tenant: Tenant & { tenantKey: string }
  readonly agents: readonly VoiceAgent[]
  readonly groups: Readonly<Record<StrategyName, AgentGroup>>
  /** `/api/v1` path of this tenant. */
  readonly path: string
  readonly base: string
  /** Its calls with another server that knows it. */
  at(server: Talk): Calls
}

export const numberOf = {
  round_robin: '+12025550100',
  priority: '+12025550101',
  load_balanced: '+12025550102',
} as const

const made = <T>(answer: { status: number; body: unknown; text: string }): T => {
  if (answer.status !== 201) throw new Error(`expected 201, got ${answer.status}: ${answer.text}`)
  return answer.body as T
}

const callsAt = ({ api, webhook }: Talk, path: string, base: string): Calls => {
  const cxml = async (to: string, body: object, headers: Record<string, string> = {}): Promise<string> => {
    const { status, text } = await webhook(to, body, headers)
    if (status !== 200) throw new Error(`expected a document, got ${status}: ${text}`)
    return text
  }
  return {
    ask: (token, to = numberOf.priority, stage) =>
      cxml(`${base}/application`, voiceRequest(token, to), stage === undefined ? {} : { 'x-cx-stageid': stage }),
    report: (token, document, result, to = numberOf.priority) =>
      cxml(actionOf(document), dialResult(token, result, to)),
    end: (token) => webhook(`${base}/cdr`, answeredCdr(token)),
    async call(token) {
      const { status, body, text } = await api<CallDetail>('GET', `${path}/calls/${token}`)
      if (status !== 200) throw new Error(`no call ${token}: ${status} ${text}`)
      return body
    },
  }
}

/** Three agents of different providers, one group per strategy, a rule for each. Failing takes nobody out. */
export const createSite = async (server: Talk, more: Record<string, unknown> = {}): Promise<Site> => {
  const { api } = server
  const tenant = made<Tenant & { tenantKey: string }>(
    await api('POST', '/tenants', {
      name: 'Acme',
      domain: 'example.cloudonix.net',
      defaultTarget: { type: 'reject', value: 'congestion' },
      ...more,
      settings: { circuit: { failures: 100 }, ...(more['settings'] as object | undefined) },
    }),
  )
  const path = `/tenants/${tenant.id}`
  const agents: VoiceAgent[] = []
  for (const [i, provider] of ['vapi', 'retell', 'elevenlabs'].entries()) {
    agents.push(
      made(
        await api('POST', `${path}/voice-agents`, { name: `Agent ${i + 1}`, provider, value: `+1202555017${i + 1}` }),
      ),
    )
  }
  const groups: Partial<Record<StrategyName, AgentGroup>> = {}
  for (const strategy of ['round_robin', 'priority', 'load_balanced'] as const) {
    const group = made<AgentGroup>(
      await api('POST', `${path}/agent-groups`, {
        name: `Group ${strategy}`,
        strategy,
        fallback: { type: 'message', value: 'All assistants are busy. Please call again later.' },
        members: agents.map(({ id }, i) => ({ agentId: id, priority: i + 1 })),
      }),
    )
    groups[strategy] = group
    made<InboundRule>(
      await api('POST', `${path}/inbound-rules`, {
        name: `Rule ${strategy}`,
        pattern: numberOf[strategy],
        target: { type: 'group', id: group.id },
      }),
    )
  }
  const base = `/voice/${tenant.tenantKey}`
  const at = (one: Talk) => callsAt(one, path, base)
  return { tenant, agents, groups: groups as Record<StrategyName, AgentGroup>, path, base, at, ...at(server) }
}

let lastToken = 0
export const newToken = (): string => (lastToken += 1).toString(16).padStart(32, '0')

export const voiceRequest = (token: string, to: string, from = '+12025550123'): Record<string, unknown> => ({
  CallSid: token,
  Session: token,
  From: from,
  To: to,
  Direction: 'inbound',
  CallStatus: 'in-progress',
  Domain: 'example.cloudonix.net',
})

export const dialResult = (token: string, result: string, to: string): Record<string, unknown> => ({
  ...voiceRequest(token, to),
  DialCallStatus: result,
})

/** The CDR of a call that was answered. */
export const answeredCdr = (token: string, changes: Record<string, unknown> = {}): Record<string, unknown> => ({
  ...answered,
  ...changes,
  session: { ...answered.session, token },
})
const answered = fixtureJson('cdr-answered.json') as { session: object }

/** The number or URI that a document dials. */
export const dialled = (cxml: string): string | undefined => /<(?:Service|Sip|Number)[^>]*>([^<]+)</.exec(cxml)?.[1]

/** The action of a document's Dial. */
export const actionOf = (cxml: string): string => {
  const action = / action="([^"]+)"/.exec(cxml)?.[1]?.replaceAll('&amp;', '&')
  if (action === undefined) throw new Error(`no action in ${cxml}`)
  return action
}

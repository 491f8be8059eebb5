import type { UnitOfWork } from '../../server/ports/call-store.ts'
import type {
  StoredAgent,
  StoredGroup,
  StoredRule,
  StoredSchedule,
  StoredTenant,
} from '../../server/ports/configuration.ts'
import type { Call } from '../../server/domain/calls/call.ts'

/** Rows as stores take them, complete; each test names only what it is about. */
const at = 1_764_000_000_000

export const aTenant = (fields: Partial<StoredTenant> = {}): StoredTenant => {
  const id = fields.id ?? 'tenant-1'
  return {
    id,
    version: 1,
    createdAtMs: at,
    updatedAtMs: at,
    name: `Tenant ${id}`,
    domain: `${id}.cloudonix.net`,
    domainAliases: [],
    timeZone: 'Europe/Berlin',
    defaultCountry: 'US',
    settings: {},
    tenantKey: `key-of-${id}`,
    previousKeys: [],
    signingKeys: [{ id: 'k1', secret: `signing-secret-of-${id}` }],
    configVersion: 1,
    rulesVersion: 1,
    ...fields,
  }
}

export const anAgent = (fields: Partial<StoredAgent> = {}): StoredAgent => {
  const id = fields.id ?? 'agent-1'
  return {
    id,
    version: 1,
    createdAtMs: at,
    updatedAtMs: at,
    tenantId: 'tenant-1',
    name: `Agent ${id}`,
    provider: 'vapi',
    value: '+12025550101',
    enabled: true,
    draining: false,
    circuitOverride: 'auto',
    tags: [],
    metadata: {},
    ...fields,
  }
}

export const aGroup = (fields: Partial<StoredGroup> = {}): StoredGroup => {
  const id = fields.id ?? 'group-1'
  return {
    id,
    version: 1,
    createdAtMs: at,
    updatedAtMs: at,
    tenantId: 'tenant-1',
    name: `Group ${id}`,
    strategy: 'round_robin',
    settings: { windowHours: 24, maxAttempts: 3 },
    members: [],
    ...fields,
  }
}

export const aRule = (fields: Partial<StoredRule> = {}): StoredRule => {
  const id = fields.id ?? 'rule-1'
  return {
    id,
    version: 1,
    createdAtMs: at,
    updatedAtMs: at,
    tenantId: 'tenant-1',
    name: `Rule ${id}`,
    pattern: '+12025550100',
    target: { type: 'hangup' },
    priority: 100,
    enabled: true,
    ...fields,
  }
}

export const aSchedule = (fields: Partial<StoredSchedule> = {}): StoredSchedule => {
  const id = fields.id ?? 'schedule-1'
  return {
    id,
    version: 1,
    createdAtMs: at,
    updatedAtMs: at,
    tenantId: 'tenant-1',
    name: `Schedule ${id}`,
    timeZone: 'Europe/Berlin',
    weekly: [{ day: 1, from: '09:00', to: '17:00' }],
    holidays: [],
    ...fields,
  }
}

export const aCall = (fields: Partial<Call> = {}): Call => {
  const id = fields.id ?? 'call-1'
  return {
    id,
    tenantId: 'tenant-1',
    token: `token-of-${id}`,
    direction: 'inbound',
    from: '+12025550123',
    to: '+12025550100',
    state: 'connecting',
    startedAtMs: at,
    attempts: [],
    deadlineMs: at + 14_400_000,
    updatedAtMs: at,
    revision: 1,
    ...fields,
  }
}

const member = (n: number, isChosen: boolean) => ({
  agentId: `agent-00000000000000${n}`,
  name: `Vapi ${n}`,
  eligible: true,
  verdict: isChosen ? 'chosen' : 'eligible',
  chosen: isChosen,
  weight: 1,
  priority: 1,
  activeCalls: n,
  firstChoices: 100 + n,
  behind: n / 4,
})

/** Everything a routed voice request leaves behind. */
export const aVoiceUnit = (tenantId: string, n: number, startedAtMs = at + n): UnitOfWork => {
  const id = `call-${String(n).padStart(15, '0')}`
  const token = (BigInt(n + 1) * 0x9e3779b97f4a7c15f39cc0605cedc835n).toString(16).padStart(32, '0').slice(-32)
  const decisionId = `deci-${String(n).padStart(15, '0')}`
  const agentId = 'agent-000000000000003'
  const attempt = {
    n: 1,
    decisionId,
    agentId,
    provider: 'vapi',
    groupId: 'group-1',
    startedAtMs,
    leaseUntilMs: startedAtMs + 14_520_000,
  }
  const cxml = `<?xml version="1.0" encoding="UTF-8"?><Response><Dial action="/voice/***/dial-result?s=***" method="POST" timeout="30" timeLimit="14400"><Service provider="vapi">+12025550103</Service></Dial></Response>`
  const payload = JSON.stringify({
    CallSid: token,
    Session: token,
    From: '+12025550123',
    To: '+12025550100',
    Direction: 'inbound',
    Domain: 'acme.cloudonix.net',
    SessionData: { id: n, token, callerId: '+12025550123', profile: { headers: 'x'.repeat(1100) } },
  })
  const call = aCall({
    id,
    tenantId,
    token,
    ruleId: 'rule-1',
    groupId: 'group-1',
    agentId,
    provider: 'vapi',
    startedAtMs,
    configVersion: 3,
    attempts: [attempt],
    deadlineMs: startedAtMs + 14_400_000,
    updatedAtMs: startedAtMs,
  })
  return {
    tenantId,
    call,
    attempts: [attempt],
    transitions: [
      { atMs: startedAtMs, event: 'voice-request', to: 'received' },
      { atMs: startedAtMs, event: 'accepted', from: 'received', to: 'queued' },
      { atMs: startedAtMs, event: 'route', from: 'queued', to: 'routing' },
      { atMs: startedAtMs, event: 'dial', from: 'routing', to: 'connecting' },
    ],
    decision: {
      id: decisionId,
      atMs: startedAtMs,
      outcome: {
        target: { type: 'group', id: 'group-1' },
        agentId,
        agentName: 'Vapi 3',
        groupId: 'group-1',
        attempt: 1,
      },
      explanation: {
        summary: 'Rule Sales line sends the call to group Sales; Vapi 3 is furthest behind its share',
        trigger: 'voice_request',
        direction: 'inbound',
        from: { text: '12025550123', number: '+12025550123', how: 'valid international number' },
        to: { text: '+12025550100', number: '+12025550100', how: 'international, as it came' },
        rules: [
          { ruleId: 'rule-1', name: 'Sales line', pattern: '+1202*', priority: 10, verdict: 'chosen', chosen: true },
        ],
        steps: [
          {
            type: 'group',
            id: 'group-1',
            name: 'Sales',
            because: 'rule Sales line',
            outcome: 'Vapi 3 chosen',
            strategy: 'load_balanced',
            members: [1, 2, 3, 4, 5].map((one) => member(one, one === 3)),
          },
        ],
        tookMicros: 12,
      },
      cxml,
    },
    webhookEvent: {
      id: `event-${String(n).padStart(14, '0')}`,
      kind: 'voice_request',
      atMs: startedAtMs,
      token,
      outcome: 'applied',
      status: 200,
      latencyMicros: 300,
      headers: {
        'content-type': 'application/json',
        'user-agent': 'Cloudonix APP.Core/5.3.673',
        authorization: 'Bearer ***',
        'x-cx-domain': 'acme.cloudonix.net',
        'x-cx-session': token,
      },
      payload,
      answer: cxml,
    },
    answer: {
      key: `voice:${token}:0123456789abcdef`,
      atMs: startedAtMs,
      status: 200,
      body: cxml.replace(/\*\*\*/g, 'A'.repeat(150)),
    },
  }
}

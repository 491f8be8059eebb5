import { vi } from 'vitest'
import type { Input, OperationName } from '../../shared/contract/index.ts'
import { answeredCdr, newToken, voiceRequest } from './site.ts'
import type { Talk } from './talk.ts'

/** What a tenant has one of each, by kind. */
export interface TenantIds {
  readonly tenantId: string
  readonly agentId: string
  readonly groupId: string
  readonly inboundRuleId: string
  readonly outboundRuleId: string
  readonly trunkId: string
  readonly numberId: string
  readonly scheduleId: string
  readonly testCaseId: string
  readonly savedFilterId: string
  readonly exportId: string
  readonly callId: string
  readonly token: string
  readonly webhookEventId: string
  readonly erasureId: string
}

export interface FullTenant {
  readonly ids: TenantIds
  /** Texts that only this tenant's things hold. */
  readonly marks: readonly string[]
  readonly number: string
  readonly caller: string
  /** One more call of it, from its first request to its CDR. */
  play(): Promise<string>
}

/** A tenant with one of everything, made as its admin and the platform would; `word` and `area` are in all of it. */
export const createFullTenant = async (test: Talk, word: string, area: string): Promise<FullTenant> => {
  const ask = async <T = { id: string }>(method: string, path: string, body?: unknown): Promise<T> => {
    const answer = await test.api<T>(method, path, body)
    if (answer.status >= 300) throw new Error(`${method} ${path}: ${answer.status} ${answer.text}`)
    return answer.body
  }
  const number = `+1${area}5550100`
  const caller = `+1${area}5550177`
  const tenant = await ask<{ id: string; tenantKey: string }>('POST', '/tenants', {
    name: `Tenant ${word}`,
    domain: `${word}.example.com`,
  })
  const path = `/tenants/${tenant.id}`
  const make = async (noun: string, body: unknown): Promise<string> => (await ask('POST', `${path}/${noun}`, body)).id
  const scheduleId = await make('schedules', {
    name: `Hours ${word}`,
    weekly: [{ day: 1, from: '00:00', to: '24:00' }],
  })
  const agentId = await make('voice-agents', {
    name: `Agent ${word}`,
    provider: 'vapi',
    value: `+1${area}5550111`,
    tags: [word],
    metadata: { note: word },
  })
  const groupId = await make('agent-groups', { name: `Group ${word}`, members: [{ agentId }] })
  const trunkId = await make('trunks', { name: `trunk-${word}`, cloudonixId: '7' })
  const inboundRuleId = await make('inbound-rules', {
    name: `Rule ${word}`,
    pattern: number,
    target: { type: 'group', id: groupId },
  })
  const outboundRuleId = await make('outbound-rules', {
    name: `Way out ${word}`,
    destinationPattern: '+44*',
    trunkIds: [trunkId],
  })
  const numberId = await make('numbers', { number, kind: 'did' })
  const testCaseId = await make('routing/test-cases', {
    name: `Case ${word}`,
    from: caller,
    to: number,
    expect: { target: { type: 'agent', id: agentId } },
  })
  const savedFilterId = await make('saved-filters', { name: `Filter ${word}`, filter: { from: caller } })

  const play = async (): Promise<string> => {
    const token = newToken()
    const base = `/voice/${tenant.tenantKey}`
    await test.webhook(`${base}/application`, voiceRequest(token, number, caller))
    await test.webhook(`${base}/cdr`, answeredCdr(token, { from: caller, to: number }))
    return token
  }
  const token = await play()
  const { id: callId } = await ask('GET', `${path}/calls/${token}`)
  const events = await ask<{ items: { id: string }[] }>('GET', `${path}/webhook-events?token=${token}`)
  const ended = (noun: string, id: string): Promise<void> =>
    vi.waitFor(
      async () => {
        const { state } = await ask<{ state: string }>('GET', `${path}/${noun}/${id}`)
        if (state !== 'done') throw new Error(`${noun} ${id} is ${state}`)
      },
      { timeout: 20_000, interval: 50 },
    )
  const { id: exportId } = await ask('POST', `${path}/exports`, { format: 'csv', filter: { from: caller } })
  await ended('exports', exportId)
  const { id: erasureId } = await ask('POST', `${path}/erasures`, { number: `+1${area}5550199`, mode: 'erase' })
  await ended('erasures', erasureId)

  const ids = {
    tenantId: tenant.id,
    agentId,
    groupId,
    inboundRuleId,
    outboundRuleId,
    trunkId,
    numberId,
    scheduleId,
    testCaseId,
    savedFilterId,
    exportId,
    callId,
    token,
    webhookEventId: events.items[0]?.id ?? '',
    erasureId,
  }
  return { ids, marks: [word, `${area}555`, tenant.tenantKey], number, caller, play }
}

const range = { startMs: Date.UTC(2026, 0, 1), endMs: Date.UTC(2026, 1, 1) }
const page = { limit: 5, search: 'a' }
const version = 1

/**
 * A valid input for each operation, with the things of a tenant wherever it names any. Whoever adds an operation adds it here:
 * nothing compiles without.
 */
export const inputsOf = ({ ids, number, caller }: FullTenant): { readonly [N in OperationName]: Input<N> } => {
  const { tenantId, agentId, groupId, scheduleId, trunkId, token } = ids
  const of = <Id extends string | undefined>(id: Id) => ({ tenantId, id })
  const target = { type: 'group', id: groupId } as const
  const expect = { target: { type: 'agent', id: agentId } } as const
  const who = { ...range, timeZone: 'UTC', agentId, groupId, ruleId: ids.inboundRuleId, trunkId }
  const calls = { from: caller, agentId, groupId, ruleId: ids.inboundRuleId, trunkId, token }
  return {
    'tenants.list': page,
    'tenants.create': { name: 'Third', domain: 'third.example.com' },
    'tenants.get': { tenantId },
    'tenants.update': { tenantId, version, name: 'Changed', defaultTarget: target },
    'tenants.delete': { tenantId, force: true },
    'tenants.rotateKey': { tenantId, overlapSeconds: 60 },
    'tenants.endpoints': { tenantId },
    'providers.list': page,
    'providers.create': { key: 'third' },
    'providers.update': { id: 'vapi', version, displayName: 'Vapi' },
    'voiceAgents.list': { tenantId, ...page, provider: 'vapi' },
    'voiceAgents.create': { tenantId, name: 'New', provider: 'vapi', value: number, scheduleId },
    'voiceAgents.get': of(agentId),
    'voiceAgents.update': { ...of(agentId), version, name: 'Changed', scheduleId },
    'voiceAgents.delete': { ...of(agentId), force: true },
    'voiceAgents.bulk': { tenantId, action: 'disable', ids: [agentId], force: true },
    'voiceAgents.drain': { ...of(agentId), draining: true },
    'voiceAgents.setCircuit': { ...of(agentId), state: 'open' },
    'voiceAgents.circuitChanges': of(agentId),
    'agentGroups.list': { tenantId, ...page },
    'agentGroups.create': { tenantId, name: 'New', fallback: target, members: [{ agentId }] },
    'agentGroups.get': of(groupId),
    'agentGroups.update': { ...of(groupId), version, name: 'Changed', fallback: { type: 'agent', id: agentId } },
    'agentGroups.setMembers': { ...of(groupId), members: [{ agentId }] },
    'agentGroups.delete': { ...of(groupId), force: true },
    'agentGroups.distribution': of(groupId),
    'inboundRules.list': { tenantId, ...page },
    'inboundRules.create': { tenantId, pattern: '+1*', target, scheduleId },
    'inboundRules.get': of(ids.inboundRuleId),
    'inboundRules.update': { ...of(ids.inboundRuleId), version, target, scheduleId },
    'inboundRules.delete': of(ids.inboundRuleId),
    'inboundRules.reorder': { tenantId, ids: [ids.inboundRuleId] },
    'inboundRules.bulk': { tenantId, action: 'disable', ids: [ids.inboundRuleId] },
    'outboundRules.list': { tenantId, ...page },
    'outboundRules.create': { tenantId, destinationPattern: '+33*', trunkIds: [trunkId] },
    'outboundRules.get': of(ids.outboundRuleId),
    'outboundRules.update': { ...of(ids.outboundRuleId), version, trunkIds: [trunkId], target: null },
    'outboundRules.delete': of(ids.outboundRuleId),
    'outboundRules.reorder': { tenantId, ids: [ids.outboundRuleId] },
    'outboundRules.bulk': { tenantId, action: 'disable', ids: [ids.outboundRuleId] },
    'trunks.list': { tenantId, ...page },
    'trunks.create': { tenantId, name: 'New' },
    'trunks.get': of(trunkId),
    'trunks.update': { ...of(trunkId), version, name: 'Changed' },
    'trunks.delete': { ...of(trunkId), force: true },
    'trunks.sync': { tenantId },
    'numbers.list': { tenantId, ...page, agentId },
    'numbers.create': { tenantId, number: '+12125550155', kind: 'agent', agentId },
    'numbers.get': of(ids.numberId),
    'numbers.update': { ...of(ids.numberId), version, kind: 'agent', agentId },
    'numbers.delete': { ...of(ids.numberId), force: true },
    'schedules.list': { tenantId, ...page },
    'schedules.create': { tenantId, name: 'New', weekly: [] },
    'schedules.get': of(scheduleId),
    'schedules.update': { ...of(scheduleId), version, name: 'Changed' },
    'schedules.delete': { ...of(scheduleId), force: true },
    'routing.test': { tenantId, from: caller, to: number },
    'routing.analysis': { tenantId, ruleId: ids.inboundRuleId },
    'routing.testBatch': { tenantId, rows: [{ to: number }] },
    'routing.testCases.list': { tenantId, ...page },
    'routing.testCases.create': { tenantId, name: 'New', from: caller, to: number, expect },
    'routing.testCases.get': of(ids.testCaseId),
    'routing.testCases.update': { ...of(ids.testCaseId), version, expect },
    'routing.testCases.delete': of(ids.testCaseId),
    'routing.testCases.run': { tenantId, ids: [ids.testCaseId] },
    'calls.live': { tenantId },
    'calls.list': { tenantId, ...calls },
    'calls.get': of(token),
    'calls.explain': of(ids.callId),
    'calls.hangup': of(ids.callId),
    'analytics.summary': { tenantId, ...range, agentId },
    'analytics.series': { tenantId, ...range, bucket: 'day', groupId },
    'analytics.breakdown': { tenantId, ...range, groupBy: 'agent' },
    'analytics.heatmap': { tenantId, ...range, ruleId: ids.inboundRuleId },
    'analytics.distribution': { tenantId, ...range, groupId },
    'analytics.providers': { tenantId, startMs: who.startMs, endMs: who.endMs },
    'analytics.deadlines': { tenantId, ...range, bucket: 'day' },
    'analytics.deadRules': { tenantId, ...range },
    'analytics.rebuild': { tenantId },
    'savedFilters.list': { tenantId, ...page },
    'savedFilters.create': { tenantId, name: 'New', filter: { from: caller, agentId } },
    'savedFilters.get': of(ids.savedFilterId),
    'savedFilters.update': { ...of(ids.savedFilterId), version, name: 'Changed' },
    'savedFilters.delete': of(ids.savedFilterId),
    'exports.create': { tenantId, format: 'csv', filter: { agentId, token } },
    'exports.list': { tenantId, limit: 5 },
    'exports.get': of(ids.exportId),
    'exports.cancel': of(ids.exportId),
    'exports.delete': of(ids.exportId),
    'exports.file': of(ids.exportId),
    'erasures.preview': { tenantId, number: caller },
    'erasures.create': { tenantId, number: '+12125550166', mode: 'erase' },
    'erasures.list': { tenantId },
    'erasures.get': of(ids.erasureId),
    'retention.get': {},
    'retention.update': { version, callDays: 100 },
    'retention.archives': { tenantId },
    'retention.restore': { tenantId, kind: 'calls', day: '2026-01-01' },
    'retention.run': { tenantId },
    'retention.size': {},
    'cloudonix.test': { tenantId },
    'cloudonix.trunks': { tenantId },
    'webhookEvents.list': { tenantId, token },
    'webhookEvents.get': of(ids.webhookEventId),
    'webhookEvents.diff': { ...of(ids.webhookEventId), with: ids.webhookEventId },
    'webhookEvents.replay': { ...of(ids.webhookEventId), mode: 'dry' },
    'webhookEvents.dialect': { tenantId },
    'webhookEvents.resetDialect': { tenantId },
    'idempotency.get': { tenantId },
    'idempotency.reset': { tenantId },
    'auditLog.list': { limit: 5, actor: 'admin' },
    'auditLog.verify': {},
    'users.list': page,
    'users.create': { email: 'third@example.com', name: 'Third', role: 'analyst', tenantId },
    'users.get': { id: 'a-user' },
    'users.update': { id: 'a-user', version, role: 'admin', tenantId },
    'users.delete': { id: 'a-user' },
    'users.createSignInLink': { id: 'a-user' },
    'users.signOut': { id: 'a-user' },
    'apiTokens.list': {},
    'apiTokens.create': { name: 'Third', role: 'analyst', tenantId },
    'apiTokens.delete': { id: 'a-token' },
    'account.get': {},
    'account.changePassword': { current: 'the one before', password: 'another one of twelve' },
    'system.info': {},
    'system.health': {},
  }
}

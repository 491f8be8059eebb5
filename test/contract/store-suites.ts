import fc from 'fast-check'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { AccessStore } from '../../server/ports/access.ts'
import type { CallLog, CallStore } from '../../server/ports/call-store.ts'
import type { ConfigurationStore } from '../../server/ports/configuration.ts'
import type { RuntimeJournal } from '../../server/ports/runtime-state.ts'
import { aCall, aGroup, anAgent, aRule, aSchedule, aTenant, aVoiceUnit } from '../support/store-rows.ts'

/** What any durable store must do, whatever it is made of. */
export interface StoreUnderTest {
  readonly configuration: ConfigurationStore
  readonly access: AccessStore
  readonly calls: CallStore
  readonly callLog: CallLog
  readonly journal: RuntimeJournal
}
export type MakeStore = () => Promise<{ store: StoreUnderTest; dispose: () => Promise<void> }>

/** Absent and undefined say the same. */
const plain = (value: unknown): unknown => JSON.parse(JSON.stringify(value ?? null))

const prepare = (makeStore: MakeStore) => {
  const held: { store?: StoreUnderTest; dispose?: () => Promise<void> } = {}
  beforeEach(async () => {
    Object.assign(held, await makeStore())
    await held.store!.configuration.tenants.create(aTenant({ id: 'tenant-1' }))
    await held.store!.configuration.tenants.create(aTenant({ id: 'tenant-2' }))
  })
  afterEach(async () => {
    await held.dispose?.()
  })
  return () => held.store!
}

const allPages = async <T>(
  page: (cursor: string | undefined) => Promise<{ items: readonly T[]; nextCursor?: string }>,
): Promise<T[]> => {
  const items: T[] = []
  let cursor: string | undefined
  do {
    const next = await page(cursor)
    items.push(...next.items)
    cursor = next.nextCursor
  } while (cursor !== undefined)
  return items
}

export const configurationStoreSuite = (makeStore: MakeStore): void => {
  describe('configuration', () => {
    const store = prepare(makeStore)
    const version = async () => (await store().configuration.tenants.get(undefined, 'tenant-1'))?.configVersion

    it('gives a tenant back as it was stored, secrets included', async () => {
      const tenant = aTenant({
        id: 'tenant-3',
        domainAliases: ['a.example.net', 'b.example.net'],
        domainUuid: 'uuid-3',
        webhookApiKey: 'bearer-of-tenant-3',
        cloudonixApiKey: 'XI-of-tenant-3',
        previousKeys: [{ key: 'older', validUntilMs: 5 }],
        signingKeys: [
          { id: 'k2', secret: 'new' },
          { id: 'k1', secret: 'old' },
        ],
        defaultTarget: { type: 'message', value: 'Sorry' },
        settings: { ringTimeoutSeconds: 20, emergencyTarget: { type: 'reject', value: 'busy' } },
      })
      await store().configuration.tenants.create(tenant)
      expect(plain(await store().configuration.tenants.get(undefined, 'tenant-3'))).toEqual(plain(tenant))
    })

    it('changes a tenant, takes what is gone away and counts the change', async () => {
      const { tenants } = store().configuration
      const tenant = aTenant({
        id: 'tenant-3',
        webhookApiKey: 'secret',
        cloudonixApiKey: 'XI-old',
        defaultTarget: { type: 'hangup' },
      })
      await tenants.create(tenant)
      const changed = {
        ...aTenant({ id: 'tenant-3', name: 'New name', version: 2 }),
        tenantKey: 'new-key',
        previousKeys: [{ key: tenant.tenantKey, validUntilMs: 99 }],
      }
      expect(await tenants.update(changed)).toBe(true)
      expect(plain(await tenants.get(undefined, 'tenant-3'))).toEqual(plain({ ...changed, configVersion: 2 }))
      expect(await tenants.update(changed)).toBe(false)
      expect(await tenants.update({ ...changed, id: 'nobody' })).toBe(false)
    })

    it('refuses a second tenant for a domain, naming it', async () => {
      const second = aTenant({ id: 'tenant-3', domain: 'TENANT-1.cloudonix.net' })
      const refusal = { code: 'CONFLICT', message: expect.stringContaining('TENANT-1.cloudonix.net') as string }
      await expect(store().configuration.tenants.create(second)).rejects.toMatchObject(refusal)
      expect(await store().configuration.tenants.get(undefined, 'tenant-3')).toBeUndefined()
      const moved = aTenant({ id: 'tenant-2', domain: 'tenant-1.cloudonix.net', version: 2 })
      await expect(store().configuration.tenants.update(moved)).rejects.toMatchObject({ code: 'CONFLICT' })
    })

    it('deletes a tenant with everything it owns, and nothing else', async () => {
      const { configuration, callLog, calls } = store()
      for (const tenantId of ['tenant-1', 'tenant-2']) {
        await configuration.voiceAgents.create(anAgent({ tenantId }))
        await configuration.inboundRules.create(aRule({ tenantId }))
        await callLog.append(aVoiceUnit(tenantId, 1), 'written')
      }
      expect(await configuration.tenants.delete(undefined, 'tenant-1')).toBe(true)
      expect(await configuration.tenants.delete(undefined, 'tenant-1')).toBe(false)
      expect(await configuration.voiceAgents.get('tenant-1', 'agent-1')).toBeUndefined()
      expect(await configuration.countCalls('tenant-1')).toBe(0)
      expect((await calls.list('tenant-1', {}, { limit: 10 })).items).toEqual([])
      expect(await calls.get('tenant-1', 'call-000000000000001')).toBeUndefined()
      expect(await configuration.countCalls('tenant-2')).toBe(1)
      expect(await configuration.voiceAgents.get('tenant-2', 'agent-1')).toBeDefined()
      await configuration.tenants.create(aTenant({ id: 'tenant-1' }))
      expect(await configuration.countCalls('tenant-1')).toBe(0)
    })

    it('brings a provider catalogue, which can be added to and corrected', async () => {
      const { providers } = store().configuration
      const all = await allPages((cursor) => providers.list(undefined, { limit: 20, cursor }))
      const byKind = (dialAs: string) => all.filter((provider) => provider.dialAs === dialAs)
      expect([byKind('service').length, byKind('sip').length]).toEqual([42, 1])
      expect(byKind('stream').length).toBeGreaterThan(0)
      const vapi = all.find(({ key }) => key === 'vapi')!
      expect(vapi).toMatchObject({ displayName: 'VAPI', valueKind: 'e164', credentials: 'optional', enabled: true })
      const before = await version()
      expect(await providers.update({ ...vapi, displayName: 'Vapi', enabled: false, version: vapi.version + 1 })).toBe(
        true,
      )
      expect(await version()).toBe(before! + 1)
      expect(await providers.get(undefined, vapi.id)).toMatchObject({ displayName: 'Vapi', enabled: false, version: 2 })
      expect((await providers.list(undefined, { limit: 5, where: { enabled: false } })).items).toHaveLength(1)
      await expect(providers.create({ ...vapi, id: 'second' })).rejects.toMatchObject({ code: 'CONFLICT' })
      await providers.create({ ...vapi, id: 'third', key: 'third' })
      expect(await providers.delete(undefined, 'third')).toBe(true)
      expect(await providers.delete(undefined, 'third')).toBe(false)
      expect(await providers.update({ ...vapi, id: 'nobody', version: 9 })).toBe(false)
    })

    it('gives a voice agent back as it was stored, and takes a password away', async () => {
      const { voiceAgents } = store().configuration
      const agent = anAgent({
        username: 'user',
        password: 'sip-secret',
        maxConcurrentCalls: 5,
        tags: ['eu', 'gold'],
        metadata: { team: 'sales' },
        enabled: false,
      })
      await voiceAgents.create(agent)
      expect(plain(await voiceAgents.get('tenant-1', 'agent-1'))).toEqual(plain(agent))
      const changed = anAgent({ version: 2, name: 'Renamed' })
      expect(await voiceAgents.update(changed)).toBe(true)
      expect(plain(await voiceAgents.get('tenant-1', 'agent-1'))).toEqual(plain(changed))
    })

    it('changes a row only from the version it was read at', async () => {
      const { voiceAgents, agentGroups, inboundRules } = store().configuration
      await voiceAgents.create(anAgent())
      await agentGroups.create(aGroup())
      await inboundRules.create(aRule())
      for (const stale of [1, 3]) {
        expect(await voiceAgents.update(anAgent({ version: stale }))).toBe(false)
        expect(await agentGroups.update(aGroup({ version: stale }))).toBe(false)
        expect(await inboundRules.update(aRule({ version: stale }))).toBe(false)
      }
      expect(await voiceAgents.update(anAgent({ id: 'nobody', version: 2 }))).toBe(false)
    })

    it('refuses a name that is taken, naming it, and only inside a tenant', async () => {
      const { voiceAgents, agentGroups } = store().configuration
      await voiceAgents.create(anAgent({ name: 'Vapi 1' }))
      await voiceAgents.create(anAgent({ name: 'Vapi 1', tenantId: 'tenant-2' }))
      await agentGroups.create(aGroup({ name: 'Sales' }))
      const before = await version()
      await expect(voiceAgents.create(anAgent({ id: 'agent-2', name: 'Vapi 1' }))).rejects.toMatchObject({
        code: 'CONFLICT',
        message: 'There is already a voice agent named "Vapi 1"; choose another name',
      })
      await expect(agentGroups.create(aGroup({ id: 'group-2', name: 'Sales' }))).rejects.toMatchObject({
        code: 'CONFLICT',
        message: 'There is already an agent group named "Sales"; choose another name',
      })
      expect(await version()).toBe(before)
    })

    it('keeps the members of a group in order, and replaces all of them', async () => {
      const { voiceAgents, agentGroups } = store().configuration
      for (const id of ['a', 'b', 'c']) await voiceAgents.create(anAgent({ id }))
      const member = (agentId: string, position: number) => ({
        agentId,
        priority: 1,
        weight: position,
        position,
        enabled: true,
      })
      const group = aGroup({ members: [member('c', 1), member('a', 2)], fallback: { type: 'agent', id: 'b' } })
      await agentGroups.create(group)
      expect(plain(await agentGroups.get('tenant-1', 'group-1'))).toEqual(plain(group))
      const changed = aGroup({ version: 2, members: [{ ...member('b', 1), enabled: false }] })
      expect(await agentGroups.update(changed)).toBe(true)
      expect(plain((await agentGroups.list('tenant-1', { limit: 5 })).items)).toEqual(plain([changed]))
      await voiceAgents.delete('tenant-1', 'b')
      expect((await agentGroups.get('tenant-1', 'group-1'))?.members).toEqual([])
    })

    it('refuses members that do not exist, are named twice, or belong to another tenant', async () => {
      const { voiceAgents, agentGroups } = store().configuration
      await voiceAgents.create(anAgent({ id: 'mine' }))
      await voiceAgents.create(anAgent({ id: 'theirs', tenantId: 'tenant-2' }))
      const group = (...ids: string[]) =>
        aGroup({
          members: ids.map((agentId, n) => ({ agentId, priority: 1, weight: 1, position: n + 1, enabled: true })),
        })
      for (const wrong of [group('nobody'), group('mine', 'mine'), group('theirs')])
        await expect(agentGroups.create(wrong)).rejects.toMatchObject({ code: 'INVALID_INPUT' })
      expect(await agentGroups.get('tenant-1', 'group-1')).toBeUndefined()
    })

    it('gives a schedule back as it was stored, changes it, and refuses a name that is taken', async () => {
      const { schedules } = store().configuration
      const schedule = aSchedule({
        weekly: [
          { day: 1, from: '09:00', to: '17:30' },
          { day: 7, from: '00:00', to: '24:00' },
        ],
        holidays: [{ date: '2026-12-25' }, { date: '2026-12-31', open: [{ from: '09:00', to: '12:00' }] }],
      })
      await schedules.create(schedule)
      expect(plain(await schedules.get('tenant-1', 'schedule-1'))).toEqual(plain(schedule))
      const changed = { ...schedule, version: 2, name: 'Weekend', timeZone: 'UTC', weekly: [], holidays: [] }
      expect(await schedules.update(changed)).toBe(true)
      expect(await schedules.update(changed)).toBe(false)
      expect(plain(await schedules.get('tenant-1', 'schedule-1'))).toEqual(plain(changed))
      await expect(schedules.create(aSchedule({ id: 's2', name: 'Weekend' }))).rejects.toMatchObject({
        code: 'CONFLICT',
        message: 'There is already a schedule named "Weekend"; choose another name',
      })
      await schedules.create(aSchedule({ id: 's2', name: 'Weekend', tenantId: 'tenant-2' }))
      await schedules.create(aSchedule({ id: 's3', name: 'all week' }))
      const page = (query: object) => schedules.list('tenant-1', { limit: 1, ...query })
      const all = await allPages((cursor) => page({ cursor }))
      expect(all.map(({ name }) => name)).toEqual(['all week', 'Weekend'])
      expect((await page({ search: 'berlin' })).items.map(({ id }) => id)).toEqual(['s3'])
    })

    it('counts every change of a tenant, also those of many rows at once', async () => {
      const { voiceAgents, agentGroups, inboundRules, schedules, bulk, reorderRules } = store().configuration
      const changes: (() => Promise<unknown>)[] = [
        () => voiceAgents.create(anAgent()),
        () => voiceAgents.update(anAgent({ version: 2 })),
        () => agentGroups.create(aGroup()),
        () => agentGroups.update(aGroup({ version: 2 })),
        () => inboundRules.create(aRule()),
        () => inboundRules.update(aRule({ version: 2 })),
        () => schedules.create(aSchedule()),
        () => schedules.update(aSchedule({ version: 2 })),
        () => schedules.delete('tenant-1', 'schedule-1'),
        () => bulk('voiceAgents', 'tenant-1', ['agent-1'], 'disable', 7),
        () => reorderRules('inboundRules', 'tenant-1', ['rule-1'], 7),
        () => inboundRules.delete('tenant-1', 'rule-1'),
        () => agentGroups.delete('tenant-1', 'group-1'),
        () => voiceAgents.delete('tenant-1', 'agent-1'),
      ]
      for (const [n, change] of changes.entries()) {
        await change()
        expect(await version()).toBe(n + 2)
      }
      expect(new Map((await store().configuration.tenantVersions()).map((one) => [one.id, one.configVersion]))).toEqual(
        new Map([
          ['tenant-1', changes.length + 1],
          ['tenant-2', 1],
        ]),
      )
    })

    it('gives the rules a version of their own, which nothing else changes', async () => {
      const { tenants, voiceAgents, inboundRules, bulk, reorderRules } = store().configuration
      const rulesVersion = async () => (await tenants.get(undefined, 'tenant-1'))?.rulesVersion
      await inboundRules.create(aRule())
      await inboundRules.update(aRule({ version: 2, enabled: false }))
      await bulk('inboundRules', 'tenant-1', ['rule-1'], 'enable', 7)
      await reorderRules('inboundRules', 'tenant-1', ['rule-1'], 7)
      await inboundRules.delete('tenant-1', 'rule-1')
      expect(await rulesVersion()).toBe(6)
      await voiceAgents.create(anAgent())
      await bulk('voiceAgents', 'tenant-1', ['agent-1'], 'disable', 7)
      await tenants.update(aTenant({ version: 2 }))
      expect(await rulesVersion()).toBe(6)
    })

    it('deletes nothing that is not there or is not the tenant’s', async () => {
      const { voiceAgents, agentGroups, inboundRules, schedules } = store().configuration
      await voiceAgents.create(anAgent())
      await agentGroups.create(aGroup())
      await inboundRules.create(aRule())
      await schedules.create(aSchedule())
      for (const repository of [voiceAgents, agentGroups, inboundRules, schedules])
        for (const [tenantId, id] of [
          ['tenant-2', 'agent-1'],
          ['tenant-1', 'nobody'],
          ['tenant-2', 'group-1'],
          ['tenant-2', 'rule-1'],
          ['tenant-2', 'schedule-1'],
        ] as const)
          expect(await repository.delete(tenantId, id)).toBe(false)
      expect(await voiceAgents.get('tenant-2', 'agent-1')).toBeUndefined()
      expect(await inboundRules.get('tenant-1', 'rule-1')).toBeDefined()
    })

    it('refuses to configure a tenant that does not exist', async () => {
      const { voiceAgents, inboundRules } = store().configuration
      await expect(voiceAgents.create(anAgent({ tenantId: 'nobody' }))).rejects.toMatchObject({ code: 'NOT_FOUND' })
      await expect(inboundRules.create(aRule({ tenantId: 'nobody' }))).rejects.toMatchObject({ code: 'NOT_FOUND' })
    })

    it('enables, disables and deletes many, answering how many there were', async () => {
      const { voiceAgents, inboundRules, bulk } = store().configuration
      for (const id of ['a', 'b', 'c']) {
        await voiceAgents.create(anAgent({ id }))
        await inboundRules.create(aRule({ id }))
      }
      expect(await bulk('voiceAgents', 'tenant-1', ['a', 'b', 'nobody'], 'disable', 77)).toBe(2)
      expect(await voiceAgents.get('tenant-1', 'a')).toMatchObject({ enabled: false, version: 2, updatedAtMs: 77 })
      expect(await bulk('voiceAgents', 'tenant-1', ['a'], 'enable', 78)).toBe(1)
      expect(await voiceAgents.get('tenant-1', 'a')).toMatchObject({ enabled: true, version: 3 })
      expect(await bulk('inboundRules', 'tenant-1', ['a', 'c'], 'delete', 79)).toBe(2)
      expect((await inboundRules.list('tenant-1', { limit: 10 })).items.map(({ id }) => id)).toEqual(['b'])
    })

    it('lists rules by priority and then age, gives them new priorities, and hands them out by age', async () => {
      const { inboundRules, reorderRules, rulesAfter } = store().configuration
      const rule = aRule({
        id: 'c',
        priority: 5,
        callerPattern: '+49*',
        label: 'German callers',
        scheduleId: 'hours',
        target: { type: 'agent', id: 'x' },
      })
      for (const one of [aRule({ id: 'b', priority: 7 }), rule, aRule({ id: 'a', priority: 7 })])
        await inboundRules.create(one)
      const ids = async () => (await inboundRules.list('tenant-1', { limit: 10 })).items.map(({ id }) => id)
      expect(plain(await inboundRules.get('tenant-1', 'c'))).toEqual(plain(rule))
      expect(await ids()).toEqual(['c', 'b', 'a'])
      expect(await reorderRules('inboundRules', 'tenant-1', ['a', 'b', 'nobody', 'c'], 5)).toBe(3)
      expect(await ids()).toEqual(['a', 'b', 'c'])
      expect((await inboundRules.get('tenant-1', 'c'))?.priority).toBe(40)
      const first = await rulesAfter('tenant-1', 0, 2)
      const rest = await rulesAfter('tenant-1', first.lastRowId, 2)
      expect([...first.rules, ...rest.rules].map(({ id }) => id)).toEqual(['b', 'c', 'a'])
      expect([...first.rules, ...rest.rules].map(({ scheduleId }) => scheduleId)).toEqual([
        undefined,
        'hours',
        undefined,
      ])
      expect((await rulesAfter('tenant-1', rest.lastRowId, 2)).rules).toEqual([])
    })

    it('names everything that refers to an agent or a group', async () => {
      const { tenants, voiceAgents, agentGroups, inboundRules, usersOf } = store().configuration
      await voiceAgents.create(anAgent())
      const members = [{ agentId: 'agent-1', priority: 1, weight: 1, position: 1, enabled: true }]
      await agentGroups.create(aGroup({ id: 'g1', name: 'Sales', members, fallback: { type: 'group', id: 'g2' } }))
      await agentGroups.create(aGroup({ id: 'g2', name: 'Backup', fallback: { type: 'agent', id: 'agent-1' } }))
      await inboundRules.create(aRule({ id: 'r1', name: 'To agent', target: { type: 'agent', id: 'agent-1' } }))
      await inboundRules.create(aRule({ id: 'r2', name: 'To group', target: { type: 'group', id: 'g2' } }))
      const targets = {
        defaultTarget: { type: 'group', id: 'g2' },
        settings: { emergencyTarget: { type: 'agent', id: 'agent-1' } },
      } as const
      await tenants.update(aTenant({ id: 'tenant-1', version: 2, ...targets }))
      expect(await usersOf('tenant-1', 'agent', 'agent-1')).toEqual([
        { kind: 'group member', id: 'g1', name: 'Sales' },
        { kind: 'group fallback', id: 'g2', name: 'Backup' },
        { kind: 'inbound rule', id: 'r1', name: 'To agent' },
        { kind: 'tenant emergency target', id: 'tenant-1', name: 'Tenant tenant-1' },
      ])
      expect(await usersOf('tenant-1', 'group', 'g2')).toEqual([
        { kind: 'group fallback', id: 'g1', name: 'Sales' },
        { kind: 'inbound rule', id: 'r2', name: 'To group' },
        { kind: 'tenant default', id: 'tenant-1', name: 'Tenant tenant-1' },
      ])
      expect(await usersOf('tenant-2', 'agent', 'agent-1')).toEqual([])
    })

    it('names everything that goes by a schedule', async () => {
      const { voiceAgents, inboundRules, usersOf } = store().configuration
      await voiceAgents.create(anAgent({ scheduleId: 's1' }))
      await voiceAgents.create(anAgent({ id: 'agent-2', name: 'Other', scheduleId: 's2' }))
      await inboundRules.create(aRule({ id: 'r2', name: 'Second', scheduleId: 's1', priority: 9 }))
      await inboundRules.create(aRule({ id: 'r1', name: 'First', scheduleId: 's1', priority: 8 }))
      expect(await usersOf('tenant-1', 'schedule', 's1')).toEqual([
        { kind: 'voice agent', id: 'agent-1', name: 'Agent agent-1' },
        { kind: 'inbound rule', id: 'r1', name: 'First' },
        { kind: 'inbound rule', id: 'r2', name: 'Second' },
      ])
      await voiceAgents.update(anAgent({ version: 2 }))
      await inboundRules.update(aRule({ id: 'r1', name: 'First', version: 2 }))
      expect((await usersOf('tenant-1', 'schedule', 's1')).map(({ id }) => id)).toEqual(['r2'])
      expect(await usersOf('tenant-2', 'schedule', 's1')).toEqual([])
    })

    it('searches, filters, counts and pages lists', async () => {
      const { voiceAgents } = store().configuration
      const names = ['zulu', 'Alpha', 'mike 50%', 'alpha', 'bravo']
      for (const [n, name] of names.entries())
        await voiceAgents.create(anAgent({ id: `a${n}`, name, provider: n % 2 ? 'retell' : 'vapi', enabled: n < 3 }))
      const page = (query: object) => voiceAgents.list('tenant-1', { limit: 2, ...query })
      const all = await allPages((cursor) => page({ cursor }))
      expect(all.map(({ name }) => name)).toEqual(['Alpha', 'alpha', 'bravo', 'mike 50%', 'zulu'])
      expect((await page({ cursor: (await page({})).nextCursor })).total).toBe(5)
      expect((await page({ search: 'ALPH' })).items).toHaveLength(2)
      expect((await page({ search: '0%' })).items).toHaveLength(1)
      expect((await page({ search: '%' })).items).toHaveLength(1)
      expect(await page({ where: { provider: 'retell', enabled: true, name: undefined } })).toMatchObject({ total: 1 })
      await expect(page({ cursor: 'nonsense' })).rejects.toMatchObject({ code: 'INVALID_INPUT' })
      await expect(page({ cursor: Buffer.from('[1]').toString('base64url') })).rejects.toMatchObject({
        code: 'INVALID_INPUT',
      })
    })
  })
}

export const accessStoreSuite = (makeStore: MakeStore): void => {
  describe('access', () => {
    const store = prepare(makeStore)

    it('keeps API tokens by their hash', async () => {
      const { access } = store()
      const owner = { id: 't1', name: 'owner', role: 'owner', hash: 'h1', createdAtMs: 1 } as const
      const bound = {
        id: 't2',
        name: 'bound',
        role: 'analyst',
        tenantId: 'tenant-1',
        hash: 'h2',
        createdAtMs: 2,
        expiresAtMs: 9,
      } as const
      await access.createToken(owner)
      await access.createToken(bound)
      expect(plain(await access.tokens())).toEqual([owner, bound])
      expect(plain(await access.findToken('h2'))).toEqual(bound)
      expect(await access.findToken('h3')).toBeUndefined()
      expect(await access.deleteToken('t1')).toBe(true)
      expect(await access.deleteToken('t1')).toBe(false)
      await store().configuration.tenants.delete(undefined, 'tenant-1')
      expect(await access.tokens()).toEqual([])
    })

    const session = {
      id: 'session-1',
      hash: 's1',
      name: 'Owner',
      role: 'owner',
      isByLink: true,
      createdAtMs: 1,
      expiresAtMs: 10,
      lastSeenAtMs: 2,
      renewedAtMs: 1,
    } as const
    const user = {
      id: 'user-1',
      version: 1,
      createdAtMs: 1,
      updatedAtMs: 1,
      email: 'Ada@example.com',
      name: 'Ada',
      role: 'admin',
      tenantId: 'tenant-1',
      enabled: true,
      passwordHash: '$argon2id$',
    } as const

    it('keeps sessions until they end', async () => {
      const { access } = store()
      await access.createSession(session)
      expect(plain(await access.findSession('s1', 5))).toEqual(session)
      expect(plain(await access.sessionById('session-1'))).toEqual(session)
      await access.noteSeen('session-1', 7)
      await access.noteSeen('session-1', 6)
      expect(await access.sessionById('session-1')).toMatchObject({ lastSeenAtMs: 7 })
      await access.deleteSession('session-1')
      expect(await access.findSession('s1', 5)).toBeUndefined()
    })

    it('renews the secret of a session once, and takes the one before for a while', async () => {
      const { access } = store()
      await access.createSession(session)
      const renewals = await Promise.all(
        ['s2', 's3', 's4'].map((to) =>
          access.renewSession('session-1', { from: 's1', before: 's1', to, atMs: 5, beforeUntilMs: 8 }),
        ),
      )
      expect(renewals).toEqual([true, false, false])
      expect(await access.findSession('s2', 9)).toMatchObject({ hash: 's2', renewedAtMs: 5 })
      expect(await access.findSession('s1', 7)).toMatchObject({ hash: 's2' })
      expect(await access.findSession('s1', 8)).toBeUndefined()
    })

    it('keeps users, and what they are now is what their sessions are', async () => {
      const { access } = store()
      const { users } = access
      await users.create(user)
      await access.createSession({ ...session, userId: 'user-1' })
      await access.createSession({ ...session, id: 'session-2', hash: 's2', userId: 'user-1' })
      expect(plain(await users.byEmail('ADA@EXAMPLE.COM'))).toEqual(user)
      expect(await access.findSession('s1', 5)).toMatchObject({ name: 'Ada', role: 'admin', tenantId: 'tenant-1' })
      expect(await users.update({ ...user, version: 3 })).toBe(false)
      expect(await users.update({ ...user, version: 2, role: 'analyst', tenantId: undefined })).toBe(true)
      await users.noteSignIn('user-1', 77)
      expect(await users.get(undefined, 'user-1')).toMatchObject({ version: 2, lastSignInAtMs: 77 })
      const now = await access.findSession('s1', 5)
      expect([now?.role, now?.tenantId]).toEqual(['analyst', undefined])
      await users.update({ ...user, version: 3, enabled: false })
      expect(await access.findSession('s1', 5)).toBeUndefined()
      expect(await access.createSession({ ...session, id: 'session-3', hash: 's3', userId: 'user-1' })).toBe(false)
      await users.update({ ...user, version: 4 })
      const another = { ...session, id: 'session-3', hash: 's3', userId: 'user-1' }
      expect(await access.createSession(another, 'the hash of before')).toBe(false)
      expect(await access.findSession('s3', 5)).toBeUndefined()
      expect(await access.createSession(another, user.passwordHash)).toBe(true)
      await access.createSignInCode({ hash: 'link', expiresAtMs: 100, userId: 'user-1' })
      expect(await users.updateAndSignOut({ ...user, version: 4 }, 'session-2')).toBe(false)
      expect(await access.findSession('s3', 5)).toBeDefined()
      expect(await users.updateAndSignOut({ ...user, version: 5 }, 'session-2')).toBe(true)
      expect(await access.findSession('s3', 5)).toBeUndefined()
      expect(await access.takeSignInCode('link', 1)).toBeUndefined()
      expect(await access.findSession('s2', 5)).toMatchObject({ isByLink: false })
      expect(await access.findSession('s1', 5)).toBeUndefined()
      expect(await access.findSession('s2', 5)).toBeDefined()
      await access.deleteSessionsOf('user-1')
      expect(await access.findSession('s2', 5)).toBeUndefined()
      await access.createSession({ ...session, id: 'session-2', hash: 's2', userId: 'user-1' })
      await expect(users.create({ ...user, id: 'user-2', email: 'ada@EXAMPLE.com' })).rejects.toMatchObject({
        code: 'CONFLICT',
      })
      await store().configuration.tenants.delete(undefined, 'tenant-1')
      expect(await users.list(undefined, { limit: 10 })).toMatchObject({ items: [], total: 0 })
      expect(await access.findSession('s2', 5)).toBeUndefined()
    })

    it('takes a sign-in code once, and only before it expires', async () => {
      const { access } = store()
      await access.users.create(user)
      await access.createSignInCode({ hash: 'a', expiresAtMs: 100 })
      await access.createSignInCode({ hash: 'b', expiresAtMs: 100 })
      await access.createSignInCode({ hash: 'c', expiresAtMs: 100, userId: 'user-1' })
      expect(plain(await access.takeSignInCode('a', 50))).toEqual({ hash: 'a', expiresAtMs: 100 })
      expect(await access.takeSignInCode('a', 50)).toBeUndefined()
      expect(await access.takeSignInCode('c', 50)).toMatchObject({ userId: 'user-1' })
      expect(await access.takeSignInCode('b', 100)).toBeUndefined()
      expect(await access.takeSignInCode('never made', 1)).toBeUndefined()
    })

    it('lets one of many simultaneous takers have the code', async () => {
      const { access } = store()
      await access.createSignInCode({ hash: 'a', expiresAtMs: 100 })
      const taken = await Promise.all(Array.from({ length: 10 }, () => access.takeSignInCode('a', 1)))
      expect(taken.filter(Boolean)).toHaveLength(1)
    })
  })
}

export const callStoreSuite = (makeStore: MakeStore): void => {
  describe('calls', () => {
    const store = prepare(makeStore)

    it('sees what was appended, before it was acknowledged', async () => {
      const { callLog, calls } = store()
      const unit = aVoiceUnit('tenant-1', 1)
      const written = callLog.append(unit, 'synced')
      expect(callLog.backlog()).toBe(1)
      const [found, answer, detail] = await Promise.all([
        calls.find('tenant-1', unit.call!.token),
        calls.findAnswer('tenant-1', unit.answer!.key, 0),
        calls.get('tenant-1', unit.call!.id),
      ])
      expect(plain(found)).toEqual(plain(unit.call))
      expect(answer).toEqual(unit.answer)
      expect(detail?.record.token).toBe(unit.call!.token)
      await written
      expect(callLog.backlog()).toBe(0)
    })

    it('tells the whole timeline of a call, with the names of what still exists', async () => {
      const { callLog, calls, configuration } = store()
      const unit = aVoiceUnit('tenant-1', 1)
      await configuration.voiceAgents.create(anAgent({ id: unit.call!.agentId!, name: 'Vapi 3' }))
      await configuration.agentGroups.create(aGroup({ name: 'Sales' }))
      await configuration.inboundRules.create(aRule({ name: 'Sales line' }))
      await callLog.append(unit, 'written')
      const detail = await calls.get('tenant-1', unit.call!.token)
      const { attempts, announced: _a, deadlineMs: _d, updatedAtMs: _u, revision: _r, ...record } = unit.call!
      const names = { agentName: 'Vapi 3', groupName: 'Sales', ruleName: 'Sales line' }
      const { decisionId: _i, provider: _p, leaseUntilMs: _l, ...attempt } = attempts[0]!
      const { headers: _h, payload: _b, answer: _w, ...summary } = unit.webhookEvent!
      expect(plain(detail)).toEqual({
        record: { ...record, ...names, attemptCount: 1 },
        attempts: [{ ...attempt, agentName: 'Vapi 3' }],
        transitions: unit.transitions,
        decisions: [unit.decision],
        webhookEvents: [summary],
      })
      await configuration.agentGroups.delete('tenant-1', 'group-1')
      expect((await calls.get('tenant-1', unit.call!.id))?.record.groupName).toBeUndefined()
      expect(await calls.get('tenant-2', unit.call!.id)).toBeUndefined()
      expect(await calls.get('tenant-1', 'nobody')).toBeUndefined()
    })

    it('overwrites a call and its attempts, and adds to its transitions', async () => {
      const { callLog, calls } = store()
      const unit = aVoiceUnit('tenant-1', 1)
      await callLog.append(unit, 'written')
      const [attempt] = unit.call!.attempts
      const first = { ...attempt!, endedAtMs: attempt!.startedAtMs + 9, result: 'busy' } as const
      const second = { ...attempt!, n: 2, agentId: undefined, number: '+12025550199' }
      const call = {
        ...unit.call!,
        from: '+15550001111',
        state: 'completed',
        disposition: 'answered',
        reason: 'the CDR said so',
        startedAtMs: unit.call!.startedAtMs - 1000,
        answeredAtMs: 5,
        endedAtMs: 6,
        ringSeconds: 1.5,
        talkSeconds: 2,
        durationSeconds: 3.5,
        quality: { rxMos: 4.1, rttMs: 20 },
        announced: true,
        stage: { direction: 'outbound', from: '+15550001111', to: '+15550002222' },
        cdrHash: 'hash',
        corrected: false,
        revision: 2,
        attempts: [first, second],
      } as const
      await callLog.append(
        {
          tenantId: 'tenant-1',
          call,
          attempts: [first, second],
          transitions: [{ atMs: call.updatedAtMs + 1, event: 'late', ignored: 'it was over' }],
        },
        'written',
      )
      expect(plain(await calls.find('tenant-1', call.token))).toEqual(plain(call))
      const detail = await calls.get('tenant-1', call.id)
      expect(detail?.transitions).toHaveLength(5)
      expect(plain(detail?.transitions.at(-1))).toMatchObject({ event: 'late', ignored: 'it was over' })
      expect(detail?.attempts.map(({ result }) => result)).toEqual(['busy', undefined])
      expect(detail?.record).toMatchObject({ attemptCount: 2, quality: { rxMos: 4.1, rttMs: 20 } })
      expect((await calls.live('tenant-1', 10)).items).toEqual([])
    })

    it('takes a whole call at any time: what came before may never have been stored, or be said again', async () => {
      const { callLog, calls } = store()
      const unit = aVoiceUnit('tenant-1', 1)
      const first = { ...unit.call!.attempts[0]!, endedAtMs: 9, result: 'no_answer' } as const
      const second = { ...first, n: 2, agentId: 'other', result: undefined, endedAtMs: undefined }
      const call = { ...unit.call!, attempts: [first, second], agentId: 'other' }
      const whole = { ...unit, call, attempts: call.attempts, decision: undefined, answer: undefined }
      // The first unit was lost: this is the first that the store hears of the call.
      await callLog.append(whole, 'synced')
      expect(plain(await calls.find('tenant-1', call.token))).toEqual(plain(call))
      expect((await calls.get('tenant-1', call.id))?.transitions).toHaveLength(4)
      // It was stored, but whoever sent it could not know.
      const answered = { ...second, result: 'answered' } as const
      const over = { ...call, state: 'completed', revision: 2, attempts: [first, answered] } as const
      const more = [{ atMs: call.updatedAtMs + 10, event: 'cdr', from: 'connecting', to: 'completed' }] as const
      await callLog.append({ tenantId: 'tenant-1', call: over, attempts: over.attempts, transitions: more }, 'synced')
      const heard = { ...over, revision: 3, quality: { txMos: 3 } }
      await callLog.append({ tenantId: 'tenant-1', call: heard, attempts: over.attempts }, 'synced')
      expect(plain(await calls.find('tenant-1', call.token))).toEqual(plain(heard))
      const detail = await calls.get('tenant-1', call.id)
      expect(detail?.transitions).toHaveLength(5)
      expect(detail?.attempts.map(({ n, result }) => [n, result])).toEqual([
        [1, 'no_answer'],
        [2, 'answered'],
      ])
      expect(await calls.inFlight()).toEqual([])
    })

    it('keeps the newer state of a call when an older unit comes after it, and what else that one brings', async () => {
      const { callLog, calls } = store()
      const older = aVoiceUnit('tenant-1', 1)
      const atMs = older.call!.startedAtMs + 1000
      const ended = { ...older.call!.attempts[0]!, endedAtMs: atMs, result: 'cancelled' } as const
      const call = {
        ...older.call!,
        state: 'no_answer',
        disposition: 'cancelled',
        cdrHash: 'hash',
        startedAtMs: older.call!.startedAtMs - 500,
        attempts: [ended],
        revision: 2,
      } as const
      const event = { ...older.webhookEvent!, id: 'the-cdr', kind: 'cdr', atMs } as const
      const transitions = [{ atMs, event: 'cdr-no-answer', from: 'connecting', to: 'no_answer' }] as const
      await callLog.append(
        { tenantId: 'tenant-1', call, attempts: [ended], transitions, webhookEvent: event },
        'synced',
      )
      await callLog.append({ ...older, isRepeated: true }, 'synced')
      expect(plain(await calls.find('tenant-1', call.token))).toEqual(plain(call))
      expect(await calls.inFlight()).toEqual([])
      const detail = await calls.get('tenant-1', call.id)
      expect(detail?.record).toMatchObject({ state: 'no_answer', disposition: 'cancelled' })
      expect(detail?.attempts).toMatchObject([{ result: 'cancelled', endedAtMs: atMs }])
      expect(detail?.transitions.map(({ to }) => to)).toEqual([
        'received',
        'queued',
        'routing',
        'connecting',
        'no_answer',
      ])
      expect(detail?.decisions).toHaveLength(1)
      expect(detail?.webhookEvents).toHaveLength(2)
      expect(await calls.findAnswer('tenant-1', older.answer!.key, 0)).toEqual(older.answer)
    })

    it('keeps what an older unit alone knows of an attempt', async () => {
      const { callLog, calls } = store()
      const first = aVoiceUnit('tenant-1', 1)
      const open = first.call!.attempts[0]!
      const ended = { ...open, endedAtMs: open.startedAtMs + 9, result: 'busy' } as const
      const busy = { ...first.call!, attempts: [ended], revision: 2 }
      const over = { ...busy, state: 'failed', revision: 3 } as const
      await callLog.append(first, 'written')
      await callLog.append({ tenantId: 'tenant-1', call: over }, 'synced')
      await callLog.append({ tenantId: 'tenant-1', call: busy, attempts: [ended] }, 'synced')
      expect(plain(await calls.find('tenant-1', over.token))).toEqual(plain(over))
    })

    it('stores a unit once, when it is repeated because nobody could tell whether it was stored', async () => {
      const { callLog, calls } = store()
      const unit = aVoiceUnit('tenant-1', 1)
      await callLog.append(unit, 'synced')
      await callLog.append({ ...unit, isRepeated: true }, 'synced')
      const other = aVoiceUnit('tenant-1', 2)
      await callLog.append({ ...other, isRepeated: true }, 'synced')
      for (const { call } of [unit, other]) {
        const detail = await calls.get('tenant-1', call!.id)
        expect(detail?.transitions).toHaveLength(4)
        expect(detail?.decisions).toHaveLength(1)
        expect(detail?.webhookEvents).toHaveLength(1)
      }
    })

    it('answers undefined for tokens and answers it never saw, and for other tenants’', async () => {
      const { callLog, calls } = store()
      const unit = aVoiceUnit('tenant-1', 1)
      await callLog.append(unit, 'written')
      expect(await calls.find('tenant-1', 'never')).toBeUndefined()
      expect(await calls.find('tenant-2', unit.call!.token)).toBeUndefined()
      expect(await calls.findAnswer('tenant-2', unit.answer!.key, 0)).toBeUndefined()
      expect(await calls.findAnswer('tenant-1', 'never', 0)).toBeUndefined()
      expect(await calls.findAnswer('nobody', unit.answer!.key, 0)).toBeUndefined()
    })

    it('finds answers back to a time, replaces them, and deletes old ones', async () => {
      const { callLog, calls } = store()
      const answer = (key: string, atMs: number, body: string) => ({ key, atMs, status: 200, body })
      for (const one of [answer('a', 10, 'old'), answer('b', 20, 'ä <&> 😀'), answer('a', 30, 'new')])
        await callLog.append({ tenantId: 'tenant-1', answer: one }, 'written')
      expect(await calls.findAnswer('tenant-1', 'b', 20)).toEqual(answer('b', 20, 'ä <&> 😀'))
      expect(await calls.findAnswer('tenant-1', 'b', 21)).toBeUndefined()
      expect((await calls.findAnswer('tenant-1', 'a', 0))?.body).toBe('new')
      expect(await calls.deleteAnswersBefore(25)).toBe(1)
      expect(await calls.findAnswer('tenant-1', 'b', 0)).toBeUndefined()
      expect(await calls.findAnswer('tenant-1', 'a', 0)).toBeDefined()
      expect(await calls.answersKept('tenant-1')).toEqual({ count: 1, oldestAtMs: 30 })
    })

    it('counts and deletes the answers of one tenant', async () => {
      const { callLog, calls } = store()
      const many = Array.from({ length: 700 }, (_, i) => ({ key: `k${i}`, atMs: 10 + i, status: 200, body: 'x' }))
      for (const answer of many) await callLog.append({ tenantId: 'tenant-1', answer }, 'written')
      await callLog.append({ tenantId: 'tenant-2', answer: many[0] }, 'written')
      expect(await calls.answersKept('tenant-1')).toEqual({ count: 700, oldestAtMs: 10 })
      expect(await calls.deleteAnswersOf('tenant-1')).toBe(700)
      expect(await calls.answersKept('tenant-1')).toEqual({ count: 0 })
      expect(await calls.answersKept('tenant-2')).toEqual({ count: 1, oldestAtMs: 10 })
      expect(await calls.deleteAnswersOf('nobody')).toBe(0)
    })

    it('finds an answer by either of its keys', async () => {
      const { callLog, calls } = store()
      const answer = { atMs: 10, status: 200, body: 'both' }
      const stored = callLog.append({ tenantId: 'tenant-1', answer: { ...answer, key: 'a', otherKey: 'b' } }, 'written')
      // Also while it is on its way.
      for (const key of ['a', 'b']) expect(await calls.findAnswer('tenant-1', key, 0)).toEqual({ ...answer, key })
      await stored
      for (const key of ['a', 'b']) expect(await calls.findAnswer('tenant-1', key, 0)).toEqual({ ...answer, key })
    })

    it('lists live calls newest first, and all calls in flight of every tenant', async () => {
      const { callLog, calls } = store()
      for (const [n, tenantId] of ['tenant-1', 'tenant-2', 'tenant-1'].entries())
        await callLog.append(aVoiceUnit(tenantId, n), 'written')
      await callLog.append({ tenantId: 'tenant-1', call: aCall({ id: 'over', state: 'busy' }) }, 'written')
      const live = await calls.live('tenant-1', 1)
      expect(live.items.map(({ id }) => id)).toEqual(['call-000000000000002'])
      expect(live.total).toBe(2)
      expect((await calls.inFlight()).map(({ id }) => id.slice(-1)).sort()).toEqual(['0', '1', '2'])
      expect((await calls.inFlight()).every(({ attempts }) => attempts.length === 1)).toBe(true)
      expect(await calls.live('nobody', 10)).toMatchObject({ items: [] })
    })

    it('filters calls: every filter must hold, any value of a list will do', async () => {
      const { callLog, calls } = store()
      const attempt = { n: 1, decisionId: 'd', startedAtMs: 1, leaseUntilMs: 2 }
      const rows = [
        aCall({ id: 'a', from: '+4420111', agentId: 'x', state: 'completed', startedAtMs: 100, durationSeconds: 10 }),
        aCall({ id: 'b', from: '+4420222', agentId: 'y', state: 'busy', startedAtMs: 200, direction: 'outbound' }),
        aCall({
          id: 'c',
          from: '+1202333',
          agentId: 'x',
          to: '1%_1',
          startedAtMs: 300,
          disposition: 'answered',
          durationSeconds: 60,
        }),
        aCall({
          id: 'd',
          groupId: 'g',
          ruleId: 'r',
          trunkId: 't',
          provider: 'vapi',
          startedAtMs: 400,
          attempts: [attempt, { ...attempt, n: 2 }],
        }),
      ]
      for (const call of rows) await callLog.append({ tenantId: 'tenant-1', call }, 'written')
      const ids = async (filter: Parameters<CallStore['list']>[1]) =>
        (await calls.list('tenant-1', filter, { limit: 10 })).items.map(({ id }) => id).join('')
      expect(await ids({})).toBe('dcba')
      expect(await ids({ from: '+4420111' })).toBe('a')
      expect(await ids({ fromPrefix: '+4420' })).toBe('ba')
      expect(await ids({ fromContains: '0222' })).toBe('b')
      expect(await ids({ to: '+12025550100' })).toBe('dba')
      expect(await ids({ toPrefix: '1%' })).toBe('c')
      expect(await ids({ toContains: '%_' })).toBe('c')
      expect(await ids({ startMs: 200, endMs: 400 })).toBe('cb')
      expect(await ids({ agentId: ['x', 'y'] })).toBe('cba')
      expect(await ids({ agentId: ['x', 'y'], fromPrefix: '+4420', state: ['completed'] })).toBe('a')
      expect(await ids({ groupId: ['g'] })).toBe('d')
      expect(await ids({ ruleId: ['r'], trunkId: ['t'], provider: ['vapi', 'retell'] })).toBe('d')
      expect(await ids({ direction: ['outbound'] })).toBe('b')
      expect(await ids({ disposition: ['answered', 'lost'] })).toBe('c')
      expect(await ids({ minDurationSeconds: 10, maxDurationSeconds: 59 })).toBe('a')
      expect(await ids({ token: 'token-of-b' })).toBe('b')
      expect(await ids({ failedOver: true })).toBe('d')
      expect(await ids({ failedOver: false })).toBe('cba')
      expect(await ids({ search: '333' })).toBe('c')
      expect(await ids({ search: 'token-of-a' })).toBe('a')
      expect(await ids({ search: ' ', agentId: [] })).toBe('dcba')
      expect(await ids({ search: "'; DROP TABLE call_records; --" })).toBe('')
      expect((await calls.list('nobody', {}, { limit: 10 })).items).toEqual([])
    })

    it('pages calls newest first without gap or repeat, whatever the times and the page size', async () => {
      const { callLog, calls } = store()
      const starts = fc.array(fc.integer({ min: 0, max: 5 }), { minLength: 1, maxLength: 30 })
      let run = 0
      await fc.assert(
        fc.asyncProperty(starts, fc.integer({ min: 1, max: 7 }), async (times, limit) => {
          const group = `run-${++run}`
          const ids = times.map((_, n) => `${group}-${n}`)
          await Promise.all(
            times.map((startedAtMs, n) =>
              callLog.append(
                { tenantId: 'tenant-1', call: aCall({ id: ids[n]!, groupId: group, startedAtMs }) },
                'written',
              ),
            ),
          )
          const paged = await allPages((cursor) => calls.list('tenant-1', { groupId: [group] }, { limit, cursor }))
          expect(paged.map(({ id }) => id).sort()).toEqual(ids.sort())
          expect(paged.map(({ startedAtMs }) => startedAtMs)).toEqual(times.toSorted((a, b) => b - a))
        }),
        { numRuns: 25 },
      )
    })

    it('lists and opens webhook events', async () => {
      const { callLog, calls } = store()
      const units = [0, 1, 2].map((n) => aVoiceUnit('tenant-1', n))
      const refused = {
        ...units[0]!.webhookEvent!,
        id: 'bad',
        kind: 'cdr',
        outcome: 'unreadable',
        reason: 'not JSON',
        token: undefined,
        payload: '{{{',
        answer: undefined,
      } as const
      for (const unit of units) await callLog.append(unit, 'written')
      await callLog.append({ tenantId: 'tenant-1', webhookEvent: { ...refused, atMs: refused.atMs + 50 } }, 'synced')
      const list = (filter: Parameters<CallStore['listWebhookEvents']>[1]) =>
        calls.listWebhookEvents('tenant-1', filter, { limit: 10 })
      const paged = await allPages((cursor) => calls.listWebhookEvents('tenant-1', {}, { limit: 2, cursor }))
      expect(paged.map(({ id }) => id.slice(-1))).toEqual(['d', '2', '1', '0'])
      expect((await list({ kind: 'cdr' })).items.map(({ id }) => id)).toEqual(['bad'])
      const { headers: _h, payload: _p, answer: _a, ...summary } = { ...refused, atMs: refused.atMs + 50 }
      expect(plain((await list({ kind: 'cdr' })).items)).toEqual(plain([summary]))
      expect((await list({ outcome: 'applied' })).items).toHaveLength(3)
      expect((await list({ token: units[1]!.call!.token })).items).toHaveLength(1)
      expect((await list({ startMs: refused.atMs + 1, endMs: refused.atMs + 50 })).items).toHaveLength(2)
      expect((await list({ search: 'not JSON' })).items).toHaveLength(1)
      expect((await list({ search: '{{{' })).items).toHaveLength(1)
      expect(plain(await calls.getWebhookEvent('tenant-1', 'bad'))).toEqual(
        plain({ ...refused, atMs: refused.atMs + 50 }),
      )
      expect(await calls.getWebhookEvent('tenant-2', 'bad')).toBeUndefined()
      expect((await calls.listWebhookEvents('nobody', {}, { limit: 1 })).items).toEqual([])
    })

    it('writes units in the order they were appended', async () => {
      const { callLog, calls } = store()
      const call = (n: number) => aCall({ reason: `version ${n}`, revision: n })
      await Promise.all(
        Array.from({ length: 2500 }, (_, n) =>
          callLog.append({ tenantId: 'tenant-1', call: call(n) }, n % 2 ? 'written' : 'synced'),
        ),
      )
      expect((await calls.find('tenant-1', call(0).token))?.reason).toBe('version 2499')
    })

    it.each([
      [true, 'the first request before'],
      [false, 'the CDR before'],
    ])('keeps one record of a call that two nodes began (%s), %s', async (isCdrLast) => {
      const { callLog, calls } = store()
      const begun = aVoiceUnit('tenant-1', 0)
      const { token } = begun.call!
      const closed = aCall({
        id: 'from-the-cdr',
        token,
        state: 'completed',
        disposition: 'answered',
        startedAtMs: begun.call!.startedAtMs - 5,
        attempts: [],
        revision: 1001,
      })
      const units = [begun, { tenantId: 'tenant-1', call: closed, transitions: [{ atMs: 9, event: 'cdr' }] }]
      for (const unit of isCdrLast ? units : units.toReversed()) await callLog.append(unit, 'synced')
      const found = await calls.get('tenant-1', token)
      expect(found?.record).toMatchObject({
        id: isCdrLast ? begun.call!.id : 'from-the-cdr',
        state: 'completed',
        disposition: 'answered',
        ruleId: begun.call!.ruleId,
        startedAtMs: begun.call!.startedAtMs - 5,
      })
      expect(found?.attempts).toHaveLength(begun.attempts!.length)
      expect(found?.decisions).toHaveLength(1)
      expect(found?.transitions).toHaveLength(begun.transitions!.length + 1)
      expect((await calls.list('tenant-1', {}, { limit: 10 })).items).toHaveLength(1)
      expect((await calls.live('tenant-1', 10)).items).toEqual([])
      expect(await calls.inFlight()).toEqual([])
    })

    it('rejects a bad unit and stores the others', async () => {
      const { callLog, calls } = store()
      const good = (n: number) => callLog.append(aVoiceUnit('tenant-1', n), n % 2 ? 'written' : 'synced')
      const bad = [
        { tenantId: 'nobody', call: aCall({ tenantId: 'nobody' }) },
        { tenantId: 'tenant-1', call: aCall({ id: 'odd', from: undefined as unknown as string }) },
        { tenantId: 'tenant-1', call: aCall({ id: 'function', reason: (() => '') as unknown as string }) },
      ]
      const results = await Promise.allSettled([
        good(0),
        ...bad.map((unit) => callLog.append(unit, 'synced')),
        good(1),
        good(2),
      ])
      expect(results.map(({ status }) => status.slice(0, 3)).join(' ')).toBe('ful rej rej rej ful ful')
      const codes = results.map((one) => (one.status === 'rejected' ? (one.reason as { code?: string }).code : ''))
      expect(codes.join(' ').trim()).toBe('NOT_FOUND INVALID_INPUT INVALID_INPUT')
      expect(results[1]).toMatchObject({
        reason: { code: 'NOT_FOUND', message: expect.stringContaining('nobody') as string },
      })
      expect((await calls.list('tenant-1', {}, { limit: 10 })).items).toHaveLength(3)
      for (const id of ['odd', 'function']) expect(await calls.get('tenant-1', id)).toBeUndefined()
    })

    it('writes all of a unit or nothing', async () => {
      const { callLog, calls } = store()
      const unit = aVoiceUnit('tenant-1', 1)
      const event = { ...unit.webhookEvent!, payload: undefined as unknown as string }
      await expect(callLog.append({ ...unit, webhookEvent: event }, 'written')).rejects.toThrow()
      expect(await calls.find('tenant-1', unit.call!.token)).toBeUndefined()
      await callLog.append(unit, 'written')
      expect((await calls.get('tenant-1', unit.call!.id))?.transitions).toHaveLength(4)
    })
  })
}

export const journalSuite = (makeStore: MakeStore): void => {
  describe('runtime journal', () => {
    const store = prepare(makeStore)
    const buckets = (...counts: number[]) => counts.map((count, n) => ({ startMs: n * 300, count }))
    type Members = [string, { offset: number; buckets: { startMs: number; count: number }[]; lastUsedAtMs?: number }][]
    const tally = (epoch: string, members: Members) => ({ epoch, epochStartedAtMs: 5, members: new Map(members) })
    const load = async () => {
      await store().callLog.append({ tenantId: 'tenant-1' }, 'written')
      return (await store().journal.load()).toSorted((a, b) => a.groupId.localeCompare(b.groupId))
    }

    it('loads what was saved', async () => {
      const one = tally('e1', [
        ['a', { offset: 0.25, buckets: buckets(1, 2), lastUsedAtMs: 7 }],
        ['b', { offset: -1, buckets: [] }],
      ])
      store().journal.saveTally('tenant-1', 'g1', one, undefined)
      store().journal.saveTally('tenant-1', 'g2', tally('e', []), undefined)
      expect(await load()).toEqual([
        { tenantId: 'tenant-1', groupId: 'g1', tally: one },
        { tenantId: 'tenant-1', groupId: 'g2', tally: tally('e', []) },
      ])
    })

    it('follows a live tally as members change, come and go', async () => {
      const a = { offset: 0, buckets: buckets(1), lastUsedAtMs: 1 }
      const b = { offset: 0, buckets: buckets(3, 4) }
      const live = {
        epoch: 'e1',
        epochStartedAtMs: 5,
        members: new Map<string, Members[0][1]>([
          ['a', a],
          ['b', b],
        ]),
      }
      const { journal } = store()
      journal.saveTally('tenant-1', 'g', live, 'a')
      expect((await load())[0]?.tally).toEqual(live)
      a.buckets = buckets(1, 9)
      a.lastUsedAtMs = 2
      journal.saveTally('tenant-1', 'g', live, 'a')
      a.buckets[1]!.count = 10
      expect((await load())[0]?.tally).toEqual(live)
      a.buckets.shift()
      journal.saveTally('tenant-1', 'g', live, 'a')
      expect((await load())[0]?.tally.members.get('a')?.buckets).toEqual([{ startMs: 300, count: 10 }])
      live.members.delete('a')
      journal.saveTally('tenant-1', 'g', live, 'a')
      expect((await load())[0]?.tally).toEqual(live)
      journal.saveTally('tenant-1', 'g', tally('e2', [['c', { offset: 1, buckets: [] }]]), 'c')
      expect((await load())[0]?.tally).toEqual(tally('e2', [['c', { offset: 1, buckets: [] }]]))
    })

    it('forgets deleted tallies, and starts anew after', async () => {
      const { journal } = store()
      journal.saveTally('tenant-1', 'g', tally('e', [['a', { offset: 0, buckets: buckets(1) }]]), undefined)
      await load()
      journal.deleteTally('tenant-1', 'g')
      expect(await load()).toEqual([])
      journal.saveTally('tenant-1', 'g', tally('e', [['b', { offset: 0, buckets: buckets(2) }]]), 'b')
      journal.deleteTally('tenant-1', 'g')
      journal.saveTally('tenant-1', 'g', tally('e', [['c', { offset: 0, buckets: buckets(2) }]]), 'c')
      expect((await load())[0]?.tally).toEqual(tally('e', [['c', { offset: 0, buckets: buckets(2) }]]))
    })

    it('takes no harm from tallies of a tenant that is gone or of values that are none', async () => {
      const { journal, callLog, calls } = store()
      journal.saveTally('nobody', 'g', tally('e', []), undefined)
      journal.saveTally('tenant-1', 'g', tally('e', [['a', { offset: Number.NaN, buckets: [] }]]), undefined)
      await callLog.append(aVoiceUnit('tenant-1', 1), 'written')
      expect((await calls.list('tenant-1', {}, { limit: 5 })).items).toHaveLength(1)
    })

    it('stores tallies without any call', async () => {
      store().journal.saveTally('tenant-1', 'g', tally('e', []), undefined)
      await expect.poll(() => store().journal.load()).toHaveLength(1)
    })
  })
}

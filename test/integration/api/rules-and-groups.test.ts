import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createSite, dialled, newToken, numberOf, voiceRequest, type Site } from '../../support/site.ts'
import { startTestServer, type TestServer } from '../../support/test-server.ts'

type Row = Record<string, unknown> & { id: string; version: number }
interface Page {
  items: Row[]
}

let test: TestServer
let site: Site
beforeAll(async () => {
  test = await startTestServer({ publicUrl: 'https://router.example.com/' })
  site = await createSite(test)
})
afterAll(() => test.close())

const api = <T = Row>(method: string, path: string, body?: unknown) => test.api<T>(method, `${site.path}${path}`, body)
const make = async (path: string, body: unknown): Promise<Row> => {
  const answer = await api('POST', path, body)
  expect(answer).toMatchObject({ status: 201 })
  return answer.body
}
const ask = async (to: string, from?: string): Promise<string> =>
  (await test.webhook(`${site.base}/application`, voiceRequest(newToken(), to, from))).text

describe('an inbound rule', () => {
  const message = (value: string) => ({ type: 'message', value })

  it('is named after its pattern, unless it is named', async () => {
    const prefix = await make('/inbound-rules', { pattern: '+1 (303) *', target: message('Denver') })
    expect(prefix).toMatchObject({ name: '+1303*', pattern: '+1303*', priority: 100, enabled: true })
    const any = await make('/inbound-rules', { pattern: '*', target: message('Any'), priority: 9000 })
    expect(any).toMatchObject({ name: 'Any number', priority: 9000 })
    expect((await api('DELETE', `/inbound-rules/${any.id}`)).status).toBe(204)
    expect((await api('GET', `/inbound-rules/${any.id}`)).status).toBe(404)
    expect((await api('DELETE', `/inbound-rules/${any.id}`)).status).toBe(404)
    expect(await ask('+14155550100')).toContain('<Reject reason="congestion"/>')
  })

  it('can be for some callers only, and for all again', async () => {
    const rule = await make('/inbound-rules', {
      pattern: '+12025550160',
      callerPattern: '+44*',
      target: message('Hello Britain'),
    })
    expect(rule).toMatchObject({ callerPattern: '+44*' })
    expect(await ask('+12025550160', '+442079460000')).toContain('Hello Britain')
    expect(await ask('+12025550160', '+12025550123')).not.toContain('Hello Britain')
    const change = (version: number, fields: object) =>
      api('PATCH', `/inbound-rules/${rule.id}`, { version, ...fields })
    expect((await change(1, { callerPattern: '+49 *' })).body).toMatchObject({ callerPattern: '+49*', version: 2 })
    expect(await ask('+12025550160', '+442079460000')).not.toContain('Hello Britain')
    expect((await change(2, { callerPattern: null })).body).not.toHaveProperty('callerPattern')
    expect(await ask('+12025550160', '+12025550123')).toContain('Hello Britain')
    expect((await change(3, { pattern: '+12025550161', name: 'Moved' })).body).toMatchObject({ name: 'Moved' })
    expect(await ask('+12025550160')).not.toContain('Hello Britain')
    expect(await ask('+12025550161')).toContain('Hello Britain')
    expect((await change(3, { name: 'Late' })).status).toBe(409)
  })

  it.each([
    ['pattern', '+1*2', 'before its end'],
    ['callerPattern', '0049*', 'international form'],
  ])('is not changed to a %s nobody could match', async (field, pattern, why) => {
    const { items } = (await api<Page>('GET', '/inbound-rules?limit=1')).body
    const refused = await api('PATCH', `/inbound-rules/${items[0]?.id}`, {
      version: items[0]?.version,
      [field]: pattern,
    })
    expect(refused).toMatchObject({ status: 400, body: { error: { details: [{ path: `/${field}` }] } } })
    expect(refused.text).toContain(why)
  })

  it('is switched off and on and deleted together with others', async () => {
    const rules = [
      await make('/inbound-rules', { pattern: '+12025550162', target: message('One') }),
      await make('/inbound-rules', { pattern: '+12025550163', target: message('Two') }),
    ]
    const bulk = async (action: string) =>
      (await api('POST', '/inbound-rules/bulk', { action, ids: rules.map(({ id }) => id) })).body
    const spoken = async () => [
      (await ask('+12025550162')).includes('One'),
      (await ask('+12025550163')).includes('Two'),
    ]
    expect(await spoken()).toEqual([true, true])
    expect(await bulk('disable')).toEqual({ changed: 2 })
    expect(await spoken()).toEqual([false, false])
    const off = await api<Page>('GET', '/inbound-rules?enabled=false')
    expect(off.body.items.map(({ id }) => id).toSorted()).toEqual(rules.map(({ id }) => id).toSorted())
    await bulk('enable')
    expect(await spoken()).toEqual([true, true])
    expect(await bulk('delete')).toEqual({ changed: 2 })
    expect(await spoken()).toEqual([false, false])
    expect(await bulk('delete')).toEqual({ changed: 0 })
  })
})

describe('routing/test', () => {
  interface Tested {
    decision: Record<string, unknown>
    explanation: { direction: string; summary: string; steps: unknown[]; moreRules?: number; rules?: unknown[] }
    cxml: string
  }
  const route = (to: string, more: object = {}) =>
    api<Tested>('POST', '/routing/test', { from: '+12025550123', to, ...more })

  it('shows the document of a target that is no agent', async () => {
    await make('/inbound-rules', { pattern: '+12025550164', target: { type: 'number', value: '+12025550199' } })
    await make('/inbound-rules', { pattern: '+12025550165', target: { type: 'message', value: 'We are closed' } })
    await make('/inbound-rules', { pattern: '+12025550166', target: { type: 'hangup' } })
    const number = (await route('+12025550164', { direction: 'inbound' })).body
    expect(dialled(number.cxml)).toBe('+12025550199')
    expect(number.decision).toMatchObject({ target: { type: 'number', value: '+12025550199' } })
    expect(number.decision).not.toHaveProperty('attempt')
    const spoken = (await route('+12025550165')).body
    expect(spoken.cxml).toMatch(/<Say[^>]*>We are closed<\/Say><Hangup\/>/)
    expect((await route('+12025550166')).body.cxml).toMatch(/<Response><Hangup\/><\/Response>/)
    const nowhere = (await route('+13125550100')).body
    expect(nowhere.decision['target']).toEqual({ type: 'reject', value: 'congestion' })
    expect(nowhere.explanation).toMatchObject({ direction: 'inbound' })
  })

  it('lists twenty of the rules it passed over, and counts the others', async () => {
    const ids: string[] = []
    for (let priority = 1; priority <= 30; priority += 1) {
      const fields = { pattern: '+1312*', enabled: false, priority, target: { type: 'hangup' } }
      ids.push((await make('/inbound-rules', fields)).id)
    }
    const { rules = [], moreRules = 0 } = (await route('+13125550100')).body.explanation
    expect([rules.length, moreRules]).toEqual([20, 10])
    await api('POST', '/inbound-rules/bulk', { action: 'delete', ids })
    expect((await route('+13125550100')).body.explanation).not.toHaveProperty('moreRules')
  })

  it('does not know a tenant that is not there', async () => {
    expect(await test.api('POST', '/tenants/nobody/routing/test', { from: '+1', to: '+1' })).toMatchObject({
      status: 404,
      body: { error: { message: 'There is no tenant nobody' } },
    })
  })
})

describe('an agent group', () => {
  it('starts load-balanced and empty; its members keep the order and switches they were given', async () => {
    const [a, b] = site.agents
    const group = await make('/agent-groups', { name: 'Bare' })
    expect(group).toMatchObject({
      strategy: 'load_balanced',
      members: [],
      settings: { windowHours: 24, maxAttempts: 3 },
    })
    expect(group).not.toHaveProperty('fallback')
    const put = (version: number) =>
      api('PUT', `/agent-groups/${group.id}/members`, {
        version,
        members: [
          { agentId: a?.id, position: 2, enabled: false },
          { agentId: b?.id, position: 1, priority: 7 },
        ],
      })
    expect((await put(1)).body).toMatchObject({
      version: 2,
      members: [
        { agentId: b?.id, position: 1, priority: 7, enabled: true },
        { agentId: a?.id, position: 2, priority: 1, enabled: false },
      ],
    })
    expect((await put(1)).status).toBe(409)
  })

  it('tells why a member gets no calls', async () => {
    const provider = (await test.api<Row>('POST', '/providers', { key: 'switched', displayName: 'Switched' })).body
    const agent = (name: string, value: string, more: object = {}) =>
      make('/voice-agents', { name, provider: 'vapi', value, ...more })
    const members = [
      await agent('Off in group', '+12025550201'),
      await agent('Off', '+12025550202', { enabled: false }),
      await agent('Provider off', '+12025550203', { provider: 'switched' }),
    ]
    await test.api('PATCH', `/providers/${provider.id}`, { version: 1, enabled: false })
    const group = await make('/agent-groups', {
      name: 'Nobody',
      members: members.map(({ id }, i) => ({ agentId: id, enabled: i !== 0 })),
    })
    const { body } = await api<{ totalFirstChoices: number; members: Record<string, unknown>[] }>(
      'GET',
      `/agent-groups/${group.id}/distribution`,
    )
    expect(body.totalFirstChoices).toBe(0)
    expect(body.members.map(({ name, why }) => [name, why])).toEqual([
      ['Off in group', 'disabled in this group'],
      ['Off', 'disabled'],
      ['Provider off', 'its provider Switched is disabled'],
    ])
    for (const member of body.members)
      expect(member).toMatchObject({ eligible: false, targetShare: 0, realShare: 0, activeCalls: 0 })
  })

  it('counts its calls against the shares its weights ask for', async () => {
    const [a, b] = site.agents
    const members = [{ agentId: a?.id, weight: 3 }, { agentId: b?.id }]
    const group = await make('/agent-groups', { name: 'Weighted', members })
    await make('/inbound-rules', { pattern: '+12025550167', target: { type: 'group', id: group.id } })
    for (let n = 0; n < 4; n += 1) expect(dialled(await ask('+12025550167'))).toMatch(/^\+1202555017[12]$/)
    const { body } = await api('GET', `/agent-groups/${group.id}/distribution`)
    expect(body).toMatchObject({
      totalFirstChoices: 4,
      members: [
        { targetShare: 0.75, realShare: 0.75, firstChoices: 3, activeCalls: 3 },
        { targetShare: 0.25, realShare: 0.25, firstChoices: 1, activeCalls: 1 },
      ],
    })
  })

  it('in use is deleted by force only; the refusal names five users and counts the others', async () => {
    const group = await make('/agent-groups', { name: 'Wanted', members: [{ agentId: site.agents[0]?.id }] })
    for (let n = 0; n < 7; n += 1)
      await make('/inbound-rules', {
        name: `User ${n}`,
        pattern: `+1202555021${n}`,
        target: { type: 'group', id: group.id },
      })
    const refused = await api('DELETE', `/agent-groups/${group.id}`)
    expect(refused.status).toBe(409)
    expect(refused.text).toMatch(
      /Agent group Wanted is in use by (inbound rule User \d, ){4}inbound rule User \d and 2 more/,
    )
    expect(dialled(await ask('+12025550210'))).toBe('+12025550171')
    expect((await api('DELETE', `/agent-groups/${group.id}?force=true`)).status).toBe(204)
    expect(await ask('+12025550210')).toContain('<Reject reason="congestion"/>')
  })

  it('may fall back along a chain, also one whose end is gone, but not to itself', async () => {
    const last = await make('/agent-groups', { name: 'Last' })
    const middle = await make('/agent-groups', { name: 'Middle', fallback: { type: 'group', id: last.id } })
    const first = await make('/agent-groups', { name: 'First', fallback: { type: 'group', id: middle.id } })
    const fallback = { type: 'group', id: first.id }
    const circle = await api('PATCH', `/agent-groups/${last.id}`, { version: last.version, fallback })
    expect(circle.status).toBe(400)
    expect(circle.text).toContain('Last → First → Middle → Last')
    expect((await api('DELETE', `/agent-groups/${last.id}?force=true`)).status).toBe(204)
    const { version } = (await api('GET', `/agent-groups/${first.id}`)).body
    const renamed = await api('PATCH', `/agent-groups/${first.id}`, { version, name: 'Foremost' })
    expect(renamed).toMatchObject({ status: 200, body: { name: 'Foremost', fallback: { id: middle.id } } })
  })
})

describe('a provider', () => {
  it('of streams takes wss: addresses and no credentials', async () => {
    const streams = { key: 'own-stream', dialAs: 'stream' }
    expect((await test.api('POST', '/providers', streams)).body).toMatchObject({
      displayName: 'own-stream',
      valueKind: 'wssUrl',
      credentials: 'none',
    })
    const odd = await test.api('POST', '/providers', { key: 'odd', dialAs: 'stream', valueKind: 'e164' })
    expect(odd).toMatchObject({ status: 400, body: { error: { details: [{ path: '/valueKind' }] } } })
    expect(odd.text).toContain('wants the value kind wssUrl, not e164')
  })

  it('keeps its key while agents use it; five are named, the others counted', async () => {
    const { body: provider } = await test.api<Row>('POST', '/providers', { key: 'busy-one' })
    const rename = (key: string, version = 1) => test.api<Row>('PATCH', `/providers/${provider.id}`, { version, key })
    expect((await rename('busy-two')).body).toMatchObject({ key: 'busy-two', version: 2 })
    for (let n = 0; n < 7; n += 1)
      await make('/voice-agents', { name: `Busy ${n}`, provider: 'busy-two', value: `+1202555022${n}` })
    const refused = await rename('busy-three', 2)
    expect(refused.status).toBe(409)
    expect(refused.text).toMatch(/busy-two is used by voice agents: (Busy \d of tenant Acme(, )?){5} and 2 more/)
    expect((await rename('busy-two', 2)).status).toBe(200)
  })
})

describe('a tenant', () => {
  it('is told the addresses that the world reaches it by', async () => {
    const base = `https://router.example.com/voice/${site.tenant.tenantKey}`
    expect((await api('GET', '/endpoints')).body).toEqual({
      base: 'https://router.example.com',
      application: `${base}/application`,
      method: 'POST',
      dialResult: `${base}/dial-result`,
      session: `${base}/session`,
      cdr: `${base}/cdr`,
      refused: [],
    })
  })

  it('moves to another domain, written in any case', async () => {
    const { body: tenant } = await test.api<Row>('POST', '/tenants', { name: 'Mover', domain: 'one.example' })
    const moved = await test.api('PATCH', `/tenants/${tenant.id}`, { version: 1, domain: 'TWO.Example' })
    expect(moved.body).toMatchObject({ domain: 'two.example', version: 2 })
  })

  it('keeps its old key for a week unless told otherwise', async () => {
    const { body: tenant } = await test.api<Row>('POST', '/tenants', { name: 'Weekly', domain: 'weekly.example' })
    const before = Date.now()
    const { body } = await test.api<{ previousKeyValidUntilMs: number }>('POST', `/tenants/${tenant.id}/rotate-key`, {})
    const days = (body.previousKeyValidUntilMs - before) / 86_400_000
    expect(days).toBeGreaterThanOrEqual(7)
    expect(days).toBeLessThan(7.01)
  })

  it('is not deleted while it owns anything, which is named', async () => {
    const { body: tenant } = await test.api<Row & { tenantKey: string }>('POST', '/tenants', {
      name: 'Owner',
      domain: 'owner.example',
    })
    const path = `/tenants/${tenant.id}`
    await test.api('POST', `${path}/agent-groups`, { name: 'Alone' })
    await test.api('POST', `${path}/inbound-rules`, { pattern: '*', target: { type: 'hangup' } })
    await test.api('POST', `${path}/numbers`, { number: '+12025550188' })
    await test.api('POST', `${path}/schedules`, { name: 'Alone', weekly: [] })
    const token = newToken()
    await test.webhook(`/voice/${tenant.tenantKey}/application`, voiceRequest(token, numberOf.priority))
    await expect.poll(async () => (await test.api('GET', `${path}/calls/${token}`)).status).toBe(200)
    const refused = await test.api('DELETE', path)
    expect(refused.status).toBe(409)
    expect(refused.text).toContain(
      'Tenant Owner owns 1 call records, agent groups, inbound rules, numbers, schedules; delete with force=true',
    )
    expect((await test.api('DELETE', `${path}?force=true`)).status).toBe(204)
    expect((await test.api('GET', path)).status).toBe(404)
  })
})

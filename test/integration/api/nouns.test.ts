import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createSite, newToken, numberOf, voiceRequest, type Site } from '../../support/site.ts'
import { startTestServer, type TestServer } from '../../support/test-server.ts'

type Row = Record<string, unknown> & { id: string; version: number }
interface Page {
  items: Row[]
  nextCursor?: string
}

let test: TestServer
let site: Site
beforeAll(async () => {
  test = await startTestServer()
  site = await createSite(test)
})
afterAll(() => test.close())

const api = <T = Row>(method: string, path: string, body?: unknown) => test.api<T>(method, `${site.path}${path}`, body)

describe('tenants', () => {
  it('keep their secrets, and give admins the URLs to enter at Cloudonix', async () => {
    const created = await test.api<Row>('POST', '/tenants', {
      name: 'Globex',
      domain: 'Globex.cloudonix.net',
      webhookApiKey: 'very-secret-key',
      cloudonixApiKey: 'XI-very-secret-key',
    })
    expect(created.status).toBe(201)
    expect(created.body).toMatchObject({
      domain: 'globex.cloudonix.net',
      hasWebhookApiKey: true,
      hasCloudonixApiKey: true,
      timeZone: 'UTC',
    })
    expect(created.text).not.toContain('very-secret-key')
    const { tenantKey } = created.body as unknown as { tenantKey: string }
    expect(tenantKey.length).toBeGreaterThanOrEqual(22)
    const endpoints = await test.api('GET', `/tenants/${created.body.id}/endpoints`)
    expect(endpoints.body).toMatchObject({ application: `/voice/${tenantKey}/application`, method: 'POST' })
    const cleared = await test.api<Row>('PATCH', `/tenants/${created.body.id}`, { version: 1, webhookApiKey: null })
    expect(cleared.body).toMatchObject({ hasWebhookApiKey: false, hasCloudonixApiKey: true, version: 2 })
    const keyless = await test.api<Row>('PATCH', `/tenants/${created.body.id}`, { version: 2, cloudonixApiKey: null })
    expect(keyless.body).toMatchObject({ hasCloudonixApiKey: false, version: 3 })
    const pasted = await test.api('PATCH', `/tenants/${created.body.id}`, { version: 3, cloudonixApiKey: 'Bearer XI1' })
    expect(pasted).toMatchObject({ status: 400 })
    expect(await test.api('POST', '/tenants', { name: 'Again', domain: 'globex.cloudonix.net' })).toMatchObject({
      status: 409,
    })
    expect((await test.api('DELETE', `/tenants/${created.body.id}`)).status).toBe(204)
    expect((await test.api('GET', `/tenants/${created.body.id}`)).status).toBe(404)
  })

  it('refuse a time zone that does not exist, and deletion while they own something', async () => {
    expect(
      (await test.api('POST', '/tenants', { name: 'X', domain: 'x.example', timeZone: 'Mars/Base' })).text,
    ).toContain('Mars/Base')
    const refused = await test.api('DELETE', site.path)
    expect(refused.status).toBe(409)
    expect(refused.text).toMatch(/voice agents.*force=true/)
  })

  it('can rotate their key: both work during the overlap, then only the new one', async () => {
    const { body: tenant } = await test.api<Row & { tenantKey: string }>('POST', '/tenants', {
      name: 'Rotor',
      domain: 'rotor.example',
    })
    const ask = async (key: string) =>
      (await test.webhook(`/voice/${key}/application`, voiceRequest(newToken(), '+1'))).text
    const rotated = await test.api<{ tenantKey: string }>('POST', `/tenants/${tenant.id}/rotate-key`, {
      overlapSeconds: 3600,
    })
    expect(rotated.body.tenantKey).not.toBe(tenant.tenantKey)
    expect(await ask(tenant.tenantKey)).toContain('<Hangup/>')
    expect(await ask(rotated.body.tenantKey)).toContain('<Hangup/>')
    const again = await test.api<{ tenantKey: string }>('POST', `/tenants/${tenant.id}/rotate-key`, {
      overlapSeconds: 0,
    })
    expect(await ask(rotated.body.tenantKey)).toContain('<Reject')
    expect(await ask(again.body.tenantKey)).toContain('<Hangup/>')
  })
})

describe('providers', () => {
  it('are seeded, can be added and disabled, and a disabled one is never dialled', async () => {
    const { body } = await test.api<Page>('GET', '/providers?limit=200')
    expect(body.items.length).toBeGreaterThanOrEqual(43)
    expect(body.items.find(({ key }) => key === 'ultravox')).toMatchObject({ dialAs: 'service', valueKind: 'e164' })
    const own = await test.api<Row>('POST', '/providers', { key: 'own-bot', dialAs: 'sip', displayName: 'Own bot' })
    expect(own).toMatchObject({ status: 201, body: { valueKind: 'sipUri', credentials: 'optional', enabled: true } })
    const agent = await api('POST', '/voice-agents', {
      name: 'Own',
      provider: 'own-bot',
      value: 'sip:bot@sip.example.com',
      username: 'u',
      password: 'p4ss',
    })
    expect(agent).toMatchObject({ status: 201, body: { hasPassword: true, username: 'u' } })
    expect(agent.text).not.toContain('p4ss')
    await api('POST', '/inbound-rules', { pattern: '+12025550155', target: { type: 'agent', id: agent.body.id } })
    const ask = async (token: string) =>
      (await test.webhook(`${site.base}/application`, voiceRequest(token, '+12025550155'))).text
    const token = newToken()
    expect(await ask(token)).toContain('<Sip username="u" password="p4ss">sip:bot@sip.example.com</Sip>')
    expect((await site.call(token)).decisions[0]?.cxml).toContain('password="***"')
    expect(JSON.stringify(await site.call(token))).not.toContain('p4ss')
    await test.api('PATCH', `/providers/${own.body.id}`, { version: 1, enabled: false })
    expect(await ask(newToken())).toContain('<Reject reason="congestion"/>')
  })
})

describe('voice agents, agent groups and inbound rules', () => {
  it('are listed in pages, found by search, and changed under optimistic locking', async () => {
    const seen: string[] = []
    let cursor: string | undefined
    do {
      const { body }: { body: Page } = await api<Page>(
        'GET',
        `/voice-agents?limit=2${cursor ? `&cursor=${encodeURIComponent(cursor)}` : ''}`,
      )
      seen.push(...body.items.map(({ id }) => id))
      cursor = body.nextCursor
    } while (cursor)
    expect(new Set(seen).size).toBe(seen.length)
    expect(seen.length).toBeGreaterThanOrEqual(3)
    expect((await api<Page>('GET', '/voice-agents?search=Agent%202')).body.items).toHaveLength(1)
    const [agent] = site.agents
    const renamed = await api('PATCH', `/voice-agents/${agent?.id}`, {
      version: 1,
      tags: ['eu'],
      maxConcurrentCalls: 5,
    })
    expect(renamed.body).toMatchObject({ version: 2, tags: ['eu'], maxConcurrentCalls: 5 })
    const uncapped = await api('PATCH', `/voice-agents/${agent?.id}`, { version: 2, maxConcurrentCalls: null })
    expect(uncapped.body).not.toHaveProperty('maxConcurrentCalls')
  })

  it('act on the next call as soon as the change is answered', async () => {
    const ids = site.agents.map(({ id }) => id)
    const ask = async () =>
      (await test.webhook(`${site.base}/application`, voiceRequest(newToken(), numberOf.priority))).text
    expect(await ask()).toContain('+12025550171')
    expect((await api('POST', '/voice-agents/bulk', { action: 'disable', ids: [ids[0]] })).body).toMatchObject({
      changed: 1,
    })
    expect(await ask()).toContain('+12025550172')
    await api('POST', '/voice-agents/bulk', { action: 'enable', ids: [ids[0]] })
    expect(await ask()).toContain('+12025550171')
  })

  it('keep a cap: the next member takes over when it is reached', async () => {
    const { body: agent } = await api('POST', '/voice-agents', {
      name: 'Capped',
      provider: 'vapi',
      value: '+12025550181',
      maxConcurrentCalls: 1,
    })
    const { body: group } = await api('POST', '/agent-groups', {
      name: 'Capped first',
      strategy: 'priority',
      members: [
        { agentId: agent.id, priority: 1 },
        { agentId: site.agents[1]?.id, priority: 2 },
      ],
    })
    await api('POST', '/inbound-rules', { pattern: '+12025550156', target: { type: 'group', id: group.id } })
    const answers = await Promise.all(
      Array.from(
        { length: 5 },
        async () => (await test.webhook(`${site.base}/application`, voiceRequest(newToken(), '+12025550156'))).text,
      ),
    )
    expect(answers.filter((text) => text.includes('+12025550181'))).toHaveLength(1)
    const { body } = await api<{ members: Record<string, unknown>[] }>('GET', `/agent-groups/${group.id}/distribution`)
    expect(body.members[0]).toMatchObject({ eligible: false, why: 'at its cap (1 of 1)', activeCalls: 1 })
  })

  it('take a whole list of members, and refuse one that names an agent twice or one that is not there', async () => {
    const [a, b] = site.agents
    const put = (members: unknown[]) => api('PUT', `/agent-groups/${site.groups.load_balanced.id}/members`, { members })
    expect((await put([{ agentId: b?.id, weight: 3 }, { agentId: a?.id }])).body['members']).toMatchObject([
      { agentId: b?.id, weight: 3, position: 1, enabled: true },
      { agentId: a?.id, weight: 1, position: 2 },
    ])
    expect((await put([{ agentId: a?.id }, { agentId: a?.id }])).text).toContain('twice')
    expect((await put([{ agentId: 'nobody' }])).text).toContain('does not exist')
  })

  it('are reordered: the named rules get the priorities 10, 20, 30', async () => {
    const { body } = await api<Page>('GET', '/inbound-rules?limit=200')
    const ids = body.items.map(({ id }) => id).reverse()
    expect((await api('POST', '/inbound-rules/reorder', { ids })).body).toMatchObject({ changed: ids.length })
    const after = await api<Page>('GET', '/inbound-rules?limit=200')
    expect(after.body.items.map(({ id, priority }) => [id, priority])).toEqual(ids.map((id, i) => [id, (i + 1) * 10]))
  })

  it('belong to one tenant: another one does not see them', async () => {
    const { body: other } = await test.api<Row>('POST', '/tenants', { name: 'Other', domain: 'other.example' })
    expect((await test.api('GET', `/tenants/${other.id}/voice-agents/${site.agents[0]?.id}`)).status).toBe(404)
    const { token } = await test.server.access.tokens.create({ name: 'other admin', role: 'admin', tenantId: other.id })
    expect((await test.api('GET', site.path, undefined, token)).status).toBe(404)
    expect((await test.api<Page>('GET', '/tenants', undefined, token)).body.items.map(({ id }) => id)).toEqual([
      other.id,
    ])
    const analyst = await test.server.access.tokens.create({ name: 'analyst', role: 'analyst' })
    const refused = await test.api(
      'POST',
      `${site.path}/voice-agents`,
      { name: 'N', provider: 'vapi', value: '+12025550100' },
      analyst.token,
    )
    expect(refused).toMatchObject({ status: 403, body: { error: { code: 'FORBIDDEN' } } })
    expect((await test.api('GET', site.path, undefined, analyst.token)).text).not.toContain('tenantKey')
  })
})

describe('routing/test', () => {
  it('says what would happen and changes nothing', async () => {
    const before = (await api('GET', `/agent-groups/${site.groups.round_robin.id}/distribution`)).text
    const ask = () =>
      api<{ decision: { agentId: string }; explanation: { summary: string }; cxml: string }>('POST', '/routing/test', {
        from: 'anonymous',
        to: '12025550100',
      })
    const first = await ask()
    expect(first.body.explanation).toMatchObject({
      to: { number: '+12025550100', how: 'with + it is a known number' },
      direction: 'inbound',
    })
    expect(first.body.cxml).toContain('<Service provider=')
    expect((await ask()).body.decision.agentId).toBe(first.body.decision.agentId)
    expect((await api('GET', `/agent-groups/${site.groups.round_robin.id}/distribution`)).text).toBe(before)
    expect(
      (
        await api<{ decision: unknown }>('POST', '/routing/test', {
          from: '1001',
          to: '+12025550199',
          direction: 'outbound',
        })
      ).body.decision,
    ).toEqual({
      target: { type: 'reject', value: 'rejected' },
    })
  })
})

describe('calls and webhook events', () => {
  it('are found by their filters', async () => {
    const token = newToken()
    await test.webhook(`${site.base}/application`, voiceRequest(token, numberOf.priority, '+12025550777'))
    const count = async (query: string) => (await api<Page>('GET', `/calls?${query}`)).body.items.length
    expect(await count('from=%2B12025550777')).toBe(1)
    expect(await count('fromPrefix=%2B12025550777&state=connecting&state=busy')).toBe(1)
    expect(await count('fromContains=50777&state=busy')).toBe(0)
    expect(await count(`token=${token}&agentId=${site.agents[0]?.id}&direction=inbound&provider=vapi`)).toBe(1)
    expect(await count(`token=${token}&failedOver=true`)).toBe(0)
    const live = await api<Page>('GET', '/calls/live')
    expect(live.body.items.some((call) => call['token'] === token)).toBe(true)
    const { body: events } = await api<Page>('GET', `/webhook-events?token=${token}`)
    expect(events.items).toMatchObject([{ kind: 'voice_request', outcome: 'applied', status: 200 }])
    const event = await api('GET', `/webhook-events/${events.items[0]?.id}`)
    expect(event.body['payload']).toContain(token)
    expect(event.text).not.toContain(site.tenant.tenantKey)
  })
})

describe('system', () => {
  it('says who you are and how things stand', async () => {
    expect((await test.api('GET', '/system/info')).body).toMatchObject({
      runtimeState: 'embedded',
      actor: { name: 'bootstrap', role: 'owner' },
    })
    const { body } = await test.api<{ counters: Record<string, number> }>('GET', '/system/health')
    expect(body).toMatchObject({ status: 'ok', problems: [] })
    expect(body.counters['voiceRequests']).toBeGreaterThan(0)
    const admin = test.server.urls.admin
    expect((await fetch(`${admin}/readyz`)).status).toBe(200)
    expect((await fetch(`${admin}/metrics`)).status).toBe(401)
    const metrics = await fetch(`${admin}/metrics`, { headers: { authorization: 'Bearer owner-token-of-the-tests' } })
    expect(await metrics.text()).toMatch(/switchyard_voice_requests_total \d+/)
  })

  it('a one-time link signs one browser in, once', async () => {
    const code = new URL((await test.server.signInLink()).replace('/#/', '/')).searchParams.get('code')
    const take = () =>
      fetch(`${test.server.urls.admin}/api/v1/session`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ code }),
      })
    const first = await take()
    expect(first.status).toBeLessThan(300)
    expect(first.headers.get('set-cookie')).toMatch(/HttpOnly.*SameSite=Strict/i)
    expect((await take()).status).toBe(401)
  })
})

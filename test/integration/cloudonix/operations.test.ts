import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { createSessionBook, startFakeApi, type FakeApi, type Fault } from '../../../server/simulator/index.ts'
import { createSite, newToken, numberOf, voiceRequest, type Site } from '../../support/site.ts'
import { startTestServer, type TestServer } from '../../support/test-server.ts'

const apiKey = 'XIabcdefghijklmnopqrstuvwxyz012345'
const trunkPassword = 'trunk-password-of-the-simulator'
const sessions = createSessionBook()
let fault: Fault | undefined
let platform: FakeApi
let test: TestServer
let site: Site
/** Every domain has its own ten requests, so each group of tests has its own domain. */
const domains = ['example.cloudonix.net', 'keyless.cloudonix.net', 'hangup.cloudonix.net', 'stranger.cloudonix.net']

beforeAll(async () => {
  platform = await startFakeApi({ apiKey, sessions, domains: domains.slice(0, 3), fault: () => fault })
  test = await startTestServer({ cloudonixUrl: platform.url })
  site = await createSite(test, { cloudonixApiKey: apiKey })
})
beforeEach(() => {
  fault = undefined
})
afterAll(async () => {
  await test.close()
  await platform.close()
})

const aTenant = async (domain: string, more: object = {}) => {
  const { body } = await test.api<{ id: string; tenantKey: string }>('POST', '/tenants', {
    name: domain,
    domain,
    ...more,
  })
  return { ...body, path: `/tenants/${body.id}` }
}

describe('the connection to Cloudonix', () => {
  it('is tested with the key of the tenant, and says what is there', async () => {
    const { status, body } = await test.api('POST', `${site.path}/cloudonix/test`)
    expect({ status, body }).toEqual({
      status: 200,
      body: {
        ok: true,
        domain: 'example.cloudonix.net',
        domainUuid: '11111111-2222-4333-8444-555555555555',
        isDomainActive: true,
        trunks: 5,
        outboundTrunks: 2,
        sessions: 0,
      },
    })
  })

  it('lists trunks without their secrets', async () => {
    const { status, body, text } = await test.api<{ items: Record<string, unknown>[] }>(
      'GET',
      `${site.path}/cloudonix/trunks`,
    )
    expect(status).toBe(200)
    expect(body.items).toHaveLength(5)
    expect(body.items[1]).toEqual({
      id: '3102',
      name: 'carrier-out',
      uuid: '77777777-0000-4000-8000-000000003102',
      direction: 'outbound',
      address: '203.0.113.102',
      port: 5060,
      transport: 'udp',
      prefix: '9',
      isActive: true,
      isDeleted: false,
      isOutboundChoice: true,
    })
    expect(text).not.toContain(trunkPassword)
    expect(text).not.toContain(apiKey)
  })

  it('needs a key, and says where it goes', async () => {
    const { path } = await aTenant('keyless.cloudonix.net')
    for (const [method, what] of [
      ['POST', 'test'],
      ['GET', 'trunks'],
    ] as const) {
      const { status, text } = await test.api(method, `${path}/cloudonix/${what}`)
      expect(status).toBe(409)
      expect(text).toMatch(/keyless\.cloudonix\.net has no key for the Cloudonix API; set its cloudonixApiKey/)
    }
    expect((await test.api('POST', '/tenants/nobody/cloudonix/test')).status).toBe(404)
  })

  it('fails with what stands in the way', async () => {
    const { path } = await aTenant('stranger.cloudonix.net', { cloudonixApiKey: apiKey })
    expect(await test.api('POST', `${path}/cloudonix/test`)).toMatchObject({
      status: 404,
      text: expect.stringContaining('knows no domain stranger.cloudonix.net') as string,
    })
    const patched = await test.api('PATCH', path, { version: 1, cloudonixApiKey: 'XI-wrong' })
    expect(patched.status).toBe(200)
    const { status, text } = await test.api('POST', `${path}/cloudonix/test`)
    expect(status).toBe(409)
    expect(text).toContain('HTTP 401')
    expect(text).not.toContain('XI-wrong')
  })

  it('does not hold up changes of the tenant while the platform keeps it waiting', async () => {
    fault = { kind: 'silence' }
    const before = platform.requests.length
    const waiting = test.api('POST', `${site.path}/cloudonix/test`)
    await expect.poll(() => platform.requests.length).toBeGreaterThan(before)
    const { body } = await test.api<{ version: number }>('GET', site.path)
    expect((await test.api('PATCH', site.path, { version: body.version, name: 'Renamed' })).status).toBe(200)
    // The server closes without waiting for the platform.
    await test.restart({ cloudonixUrl: platform.url })
    await expect(waiting).resolves.toMatchObject({ status: 503 })
  })
})

describe('hanging up', () => {
  it('asks the platform to end a live call, once for each time it is asked, and says when there is none', async () => {
    const { path, tenantKey, ...tenant } = await aTenant('hangup.cloudonix.net', {
      defaultTarget: { type: 'number', value: '+12025550190' },
    })
    const token = newToken()
    const { hangUp } = sessions.begin({ id: 9, token, from: '+1', to: '+2' })
    const call = () => test.api<{ id: string; state: string }>('GET', `${path}/calls/${token}`)
    await test.webhook(`/voice/${tenantKey}/application`, voiceRequest(token, numberOf.priority))
    await expect.poll(async () => (await call()).body.state).toBe('connecting')
    const { id } = (await call()).body

    expect(await test.api('POST', `${path}/calls/${id}/hangup`)).toMatchObject({
      status: 409,
      text: expect.stringContaining('set its cloudonixApiKey') as string,
    })
    await test.api('PATCH', path, { version: 1, cloudonixApiKey: apiKey })
    const { body: analyst } = await test.api('GET', `/tenants/${tenant.id}`)
    expect(analyst).toMatchObject({ hasCloudonixApiKey: true })
    expect((await test.api('POST', `${path}/calls/${id}/hangup`)).status).toBe(204)
    expect(hangUp.aborted).toBe(true)
    expect((await test.api('POST', `${path}/calls/${token}/hangup`)).status).toBe(204)

    fault = { kind: 'answer', status: 404, body: '{"status":false,"message":"Not found"}' }
    expect(await test.api('POST', `${path}/calls/${id}/hangup`)).toMatchObject({
      status: 404,
      text: expect.stringContaining('knows no such session') as string,
    })
    const cdr = { session: { token, callEndTime: Date.now() }, disposition: 'CANCEL', domain: 'hangup.cloudonix.net' }
    expect((await test.webhook(`/voice/${tenantKey}/cdr`, cdr)).status).toBe(200)
    const asked = platform.requests.length
    expect(await test.api('POST', `${path}/calls/${id}/hangup`)).toMatchObject({
      status: 409,
      text: expect.stringMatching(/is over \(no_answer\)/) as string,
    })
    expect((await test.api('POST', `${path}/calls/nothing/hangup`)).status).toBe(404)
    expect(platform.requests).toHaveLength(asked)
  })
})

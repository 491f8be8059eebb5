import { afterAll, beforeAll, expect, it } from 'vitest'
import { createSite, type Site } from '../../support/site.ts'
import { startTestServer, type TestServer } from '../../support/test-server.ts'

let test: TestServer
let site: Site
beforeAll(async () => {
  test = await startTestServer()
  site = await createSite(test)
})
afterAll(() => test.close())

const tokenFor = async (role: 'admin' | 'analyst') =>
  (await test.server.access.tokens.create({ name: role, role, tenantId: site.tenant.id })).token

it('who is bound to a tenant sees neither where the data lie nor the figures of all tenants', async () => {
  const token = await tokenFor('analyst')
  const info = await test.api('GET', '/system/info', undefined, token)
  expect(info).toMatchObject({ status: 200, body: { actor: { tenantId: site.tenant.id } } })
  expect(info.text).not.toContain(test.dataDir)
  const health = await test.api('GET', '/system/health', undefined, token)
  expect(health.body).toEqual({ status: 'ok', problems: [] })
  expect((await test.api('GET', '/system/info')).body).toMatchObject({ dataDir: test.dataDir })
})

it('an unknown tenant is not found, whatever is asked of it', async () => {
  for (const path of ['calls', 'calls/live', 'calls/x', 'webhook-events', 'webhook-events/x', 'voice-agents'])
    expect(await test.api('GET', `/tenants/nobody/${path}`)).toMatchObject({
      status: 404,
      body: { error: { message: 'There is no tenant nobody' } },
    })
})

it('a token for one tenant is refused the site, and unknown tenants get none', async () => {
  const token = await tokenFor('admin')
  expect(await test.api('POST', '/tenants', { name: 'X', domain: 'x.example.com' }, token)).toMatchObject({
    status: 403,
  })
  await expect(test.server.access.tokens.create({ name: 'x', role: 'admin', tenantId: 'nobody' })).rejects.toThrow(
    'There is no tenant nobody',
  )
  await expect(
    test.server.access.tokens.create({ name: 'x', role: 'owner', tenantId: site.tenant.id }),
  ).rejects.toThrow('role admin')
})

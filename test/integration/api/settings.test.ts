import { afterAll, beforeAll, expect, it } from 'vitest'
import type { AgentGroup } from '../../../shared/contract/agent-groups.ts'
import type { Tenant } from '../../../shared/contract/tenants.ts'
import { createSite, type Site } from '../../support/site.ts'
import { startTestServer, type TestServer } from '../../support/test-server.ts'

let test: TestServer
let site: Site
beforeAll(async () => {
  test = await startTestServer()
  site = await createSite(test)
})
afterAll(() => test.close())

it('every setting of a tenant can be taken back', async () => {
  const settings = {
    ringTimeoutSeconds: 30,
    timeLimitSeconds: 600,
    onCancelled: 'retry',
    emergencyTarget: { type: 'hangup' },
    webhookAuth: { cdr: 'required' },
    circuit: { failures: 5, coolOffSeconds: 60 },
    providerLimits: { vapi: 10 },
    sayLanguage: 'de-DE',
  }
  const change = (body: object) => test.api<Tenant>('PATCH', site.path, body)
  const set = await change({ version: 1, domainUuid: 'uuid', settings })
  expect(set.body).toMatchObject({ domainUuid: 'uuid', settings })
  const one = await change({ version: 2, settings: { sayLanguage: null } })
  expect(one.body.settings).toEqual({ ...settings, sayLanguage: undefined })
  const none = Object.fromEntries(Object.keys(settings).map((name) => [name, null]))
  const cleared = await change({ version: 3, domainUuid: null, settings: none })
  expect(cleared).toMatchObject({ status: 200, body: { settings: {} } })
  const { body } = await test.api<Tenant>('GET', site.path)
  expect(body.settings).toEqual({})
  expect(body).not.toHaveProperty('domainUuid')
})

it('the optional settings of a group can be taken back', async () => {
  const path = `${site.path}/agent-groups/${site.groups.priority.id}`
  const set = await test.api<AgentGroup>('PATCH', path, {
    version: 1,
    settings: { ringTimeoutSeconds: 30, retryOn: ['busy'], maxSeconds: 60, stickyMinutes: 5 },
  })
  expect(set.body.settings).toMatchObject({
    ringTimeoutSeconds: 30,
    retryOn: ['busy'],
    maxSeconds: 60,
    stickyMinutes: 5,
  })
  const cleared = await test.api<AgentGroup>('PATCH', path, {
    version: 2,
    settings: { ringTimeoutSeconds: null, retryOn: null, maxSeconds: null, stickyMinutes: null },
  })
  expect(cleared).toMatchObject({ status: 200 })
  expect((await test.api<AgentGroup>('GET', path)).body.settings).toEqual({ windowHours: 24, maxAttempts: 3 })
})

it('two changes at once cannot make a circle that each alone would not', async () => {
  for (let round = 0; round < 5; round += 1) {
    const groups: AgentGroup[] = []
    for (const name of ['one', 'two'])
      groups.push((await test.api<AgentGroup>('POST', `${site.path}/agent-groups`, { name: `${name} ${round}` })).body)
    const [one, two] = groups as [AgentGroup, AgentGroup]
    const lead = (from: AgentGroup, to: AgentGroup) =>
      test.api('PATCH', `${site.path}/agent-groups/${from.id}`, { version: 1, fallback: { type: 'group', id: to.id } })
    const answers = await Promise.all([lead(one, two), lead(two, one)])
    expect(answers.map(({ status }) => status).sort()).toEqual([200, 400])
  }
})

it('a refusal to delete points at the users in paths without blanks', async () => {
  const answer = await test.api<{ error: { details: { path: string }[] } }>(
    'DELETE',
    `${site.path}/voice-agents/${site.agents[0]?.id}`,
  )
  expect(answer.status).toBe(409)
  expect(answer.body.error.details.length).toBeGreaterThan(0)
  for (const { path } of answer.body.error.details) expect(path).toMatch(/^\/group-member\/[\w-]+$/)
})

it('an agent deleted by force leaves its groups, which is told, and its results are forgotten', async () => {
  const heard: string[] = []
  const stop = test.server.events.subscribe(({ name, payload }) => {
    if (name === 'group.changed') heard.push(payload.id)
  })
  const agent = site.agents[2]
  const one = await test.api('DELETE', `${site.path}/voice-agents/${agent?.id}?force=true`)
  expect(one.status).toBe(204)
  expect([...heard].sort()).toEqual(
    Object.values(site.groups)
      .map(({ id }) => id)
      .sort(),
  )
  heard.length = 0
  const many = await test.api('POST', `${site.path}/voice-agents/bulk`, {
    action: 'delete',
    ids: [site.agents[1]?.id],
    force: true,
  })
  expect(many.body).toEqual({ changed: 1 })
  stop()
  expect(heard.length).toBe(3)
  const group = await test.api<AgentGroup>('GET', `${site.path}/agent-groups/${site.groups.priority.id}`)
  expect(group.body.members.map(({ agentId }) => agentId)).toEqual([site.agents[0]?.id])
})

import { rm } from 'node:fs/promises'
import { execFile } from 'node:child_process'
import { join, resolve } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, expect, it } from 'vitest'
import type { AuditEntry, AuditVerification } from '../../../shared/contract/audit-log.ts'
import { runCommand } from '../../support/command.ts'
import { createSite, type Site } from '../../support/site.ts'
import { ownerToken, startTestServer, type TestServer } from '../../support/test-server.ts'
import { until } from '../../support/until.ts'

let test: TestServer
let site: Site
beforeAll(async () => {
  test = await startTestServer()
  site = await createSite(test)
})
afterAll(async () => {
  const { dataDir } = test
  await test.close()
  await rm(dataDir, { recursive: true, force: true })
})

interface Listed {
  readonly items: AuditEntry[]
  readonly nextCursor?: string
}
const list = async (query = '', token?: string): Promise<AuditEntry[]> =>
  (await test.api<Listed>('GET', `/audit-log?limit=200${query}`, undefined, token)).body.items
const newest = async (): Promise<number> => (await list())[0]?.seq ?? 0
/** What came into the log while something was done. */
const during = async (work: () => Promise<unknown>): Promise<AuditEntry[]> => {
  const before = await newest()
  await work()
  return (await list()).filter(({ seq }) => seq > before).reverse()
}
const command = (...args: string[]) =>
  runCommand(args, { PATH: process.env['PATH'], SWITCHYARD_DATA_DIR: test.dataDir })

it('REST says which token asked, and from where', async () => {
  const told = await during(() =>
    test.api('POST', `${site.path}/voice-agents`, { name: 'R', provider: 'vapi', value: '+12025550190' }),
  )
  expect(told).toMatchObject([
    {
      tenantId: site.tenant.id,
      noun: 'voiceAgents',
      action: 'create',
      actor: { kind: 'token', name: 'bootstrap', role: 'owner' },
      origin: { transport: 'rest', address: '127.0.0.1' },
      after: { name: 'R', provider: 'vapi' },
    },
  ])
  expect(JSON.stringify(told)).not.toContain('2025550190')
})

it('a change of each kind over REST is one row', async () => {
  const { path, agents } = site
  const [agent] = agents
  const ids = agents.slice(1).map(({ id }) => id)
  const actions = async (work: () => Promise<unknown>) =>
    (await during(work)).map(({ noun, action, id }) => `${noun} ${action} ${id ?? ''}`)
  expect(await actions(() => test.api('POST', `${path}/voice-agents/${agent!.id}/drain`, { draining: true }))).toEqual([
    `voiceAgents update ${agent!.id}`,
  ])
  expect(await actions(() => test.api('POST', `${path}/voice-agents/${agent!.id}/circuit`, { state: 'open' }))).toEqual(
    [`voiceAgents update ${agent!.id}`],
  )
  expect(await actions(() => test.api('POST', `${path}/voice-agents/bulk`, { action: 'disable', ids }))).toEqual(
    ids.map((id) => `voiceAgents update ${id}`),
  )
  expect(await actions(() => test.api('POST', `${path}/rotate-key`, {}))).toEqual([`tenants update ${site.tenant.id}`])
  expect(await actions(() => test.api('PATCH', '/retention', { version: 1, callDays: 3000 }))).toEqual([
    'retention create ',
  ])
  expect(
    await actions(() => test.api('POST', `${path}/voice-agents`, { name: 'R', provider: 'nobody', value: 'x' })),
  ).toEqual([])
})

it('IPC, the command line and the server itself say so', { timeout: 120_000 }, async () => {
  const owner = { kind: 'local', name: 'Local owner', role: 'owner' } as const
  const input = { tenantId: site.tenant.id, name: 'Busy ones', filter: { state: ['busy'] } }
  expect(
    await during(() => test.server.dispatch(owner, 'savedFilters.create', input, { transport: 'ipc' })),
  ).toMatchObject([{ noun: 'savedFilters', actor: owner, origin: { transport: 'ipc' } }])
  expect(await during(() => command('token', 'create', '--name', 'from here'))).toMatchObject([
    {
      noun: 'apiTokens',
      action: 'create',
      actor: { kind: 'local', role: 'owner' },
      origin: { transport: 'cli' },
      after: { name: 'from here' },
    },
  ])
  expect(await during(() => test.server.signInLink())).toMatchObject([
    { noun: 'signInCodes', actor: { kind: 'system', name: 'Switchyard' }, origin: { transport: 'system' } },
  ])
  const [first] = (await list('&noun=apiTokens')).reverse()
  expect(first).toMatchObject({ actor: { kind: 'system' }, after: { name: 'bootstrap' } })
})

it('signing in and out is told, and failing to', async () => {
  const code = new URL((await test.server.signInLink()).replace('/#/', '/')).searchParams.get('code')
  const url = `${test.server.urls.admin}/api/v1/session`
  const headers = { 'content-type': 'application/json' }
  const open = () => fetch(url, { method: 'POST', headers, body: JSON.stringify({ code }) })
  let opened: Response | undefined
  const told = await during(async () => {
    opened = await open()
    const cookie = opened.headers.get('set-cookie')?.split(';')[0] ?? ''
    const { csrfToken } = (await opened.json()) as { csrfToken: string }
    await fetch(url, { method: 'DELETE', headers: { cookie, 'x-csrf-token': csrfToken } })
    expect((await open()).status).toBe(401)
    await until(async () => (await list())[0]?.action === 'sign-in-refused')
  })
  expect(told.map(({ noun, action, origin }) => [noun, action, origin])).toEqual(
    ['sign-in', 'sign-out', 'sign-in-refused'].map((action) => [
      'sessions',
      action,
      { transport: 'rest', address: '127.0.0.1' },
    ]),
  )
  expect(told[0]?.id).toBe(told[1]?.id)
})

it('what a role does not allow is told, though not without end', async () => {
  const { token, id } = await test.server.access.tokens.create({
    name: 'Ben',
    role: 'analyst',
    tenantId: site.tenant.id,
  })
  const told = await during(async () => {
    for (let n = 0; n < 40; n += 1)
      expect((await test.api('POST', `${site.path}/voice-agents`, {}, token)).status).toBe(403)
    await until(async () => (await list())[0]?.action === 'forbidden')
  })
  expect(told[0]).toMatchObject({
    tenantId: site.tenant.id,
    noun: 'refusals',
    actor: { kind: 'token', id, name: 'Ben', role: 'analyst' },
    after: { operation: 'voiceAgents.create' },
  })
  expect(told.length).toBeLessThanOrEqual(21)
})

it('who holds for one tenant sees what concerns that one, and analysts see nothing', async () => {
  const { token } = await test.server.access.tokens.create({ name: 'Cleo', role: 'admin', tenantId: site.tenant.id })
  const seen = await list('', token)
  expect(seen.length).toBeGreaterThan(5)
  expect(new Set(seen.map(({ tenantId }) => tenantId))).toEqual(new Set([site.tenant.id]))
  expect((await test.api('GET', '/audit-log?tenantId=another', undefined, token)).status).toBe(404)
  const analyst = await test.server.access.tokens.create({ name: 'Dan', role: 'analyst' })
  expect((await test.api('GET', '/audit-log', undefined, analyst.token)).status).toBe(403)
})

it('the chain is verified without Switchyard while that is running', async () => {
  const tool = resolve(import.meta.dirname, '../../../tools/verify-audit.mjs')
  const { stdout } = await promisify(execFile)(process.execPath, [tool, join(test.dataDir, 'switchyard.db')])
  const { items } = (await test.api<Listed>('GET', '/audit-log?limit=1')).body
  expect(stdout).toContain(': the chain is whole')
  expect(stdout).toContain(`end ${items[0]!.seq}:${items[0]!.hash}`)
})

it('the chain is verified over REST and by the command line, which lists it too', { timeout: 120_000 }, async () => {
  const { body } = await test.api<AuditVerification & Record<string, unknown>>('GET', '/audit-log/verify')
  expect(body).toMatchObject({ isIntact: true, problems: [], problemCount: 0 })
  expect(body.rows).toBe(body.head?.seq)
  const access = ['--api', test.server.urls.admin, '--token', ownerToken]
  const verified = await command('audit', 'verify', ...access)
  expect(verified).toMatchObject({
    code: 0,
    stdout: expect.stringMatching(/^\d+ rows, each as it was written\nThe end is \d+:[0-9a-f]{64}\n$/),
  })
  const listed = await command('audit', 'list', ...access, '--noun', 'agentGroups', '--limit', '2')
  expect(listed.stdout.trim().split('\n')).toHaveLength(2)
  expect(listed.stdout).toContain('bootstrap (owner, rest, 127.0.0.1)  agentGroups create')
  const json = await command('audit', 'list', ...access, '--noun', 'agentGroups', '--limit', '1', '--json')
  expect(JSON.parse(json.stdout)).toMatchObject({ noun: 'agentGroups' })
  expect(await command('audit', 'verify', '--api', test.server.urls.admin, '--token', 'wrong')).toMatchObject({
    code: 1,
  })
})

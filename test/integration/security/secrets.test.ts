import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { runCommand } from '../../support/command.ts'
import { freePort, startServerProcess, type ServerProcess } from '../../support/server-process.ts'
import { answeredCdr, newToken, voiceRequest } from '../../support/site.ts'
import { ownerToken } from '../../support/talk.ts'
import { until } from '../../support/until.ts'

/** Each is somewhere once, and must be nowhere else. */
const secrets = {
  ownerToken,
  webhookApiKey: 'seeded-webhook-key-7c1',
  cloudonixApiKey: 'XI-seeded-platform-key-4e8',
  agentPassword: 'seeded-agent-password-b52',
  userPassword: 'seeded user password 93d',
  wrongPassword: 'seeded wrong password 20f',
  wrongBearer: 'seeded-wrong-bearer-a66',
}
/** Of the caller; what is written down of calls holds it, and a log or a refusal does not. */
const caller = '+13035550188'

let dataDir: string
let server: ServerProcess
let heard = ''
/** What was answered where secrets and numbers have no business. */
const refusals: string[] = []
const made: Record<string, string> = {}

const refused = async (answer: Promise<{ status: number; text: string }>): Promise<void> => {
  const { status, text } = await answer
  expect(status).toBeGreaterThanOrEqual(400)
  refusals.push(text)
}
const expectMade = async <T = { id: string }>(method: string, path: string, body?: unknown): Promise<T> => {
  const answer = await server.api<T>(method, path, body)
  if (answer.status >= 300) throw new Error(`${method} ${path}: ${answer.status} ${answer.text}`)
  refusals.push(answer.text)
  return answer.body
}

/** A site on which everything that is secret was used, rightly and wrongly. */
const live = async (): Promise<void> => {
  const { webhookApiKey, cloudonixApiKey, agentPassword, userPassword, wrongPassword, wrongBearer } = secrets
  const tenant = await server.api<{ id: string; tenantKey: string; version: number }>('POST', '/tenants', {
    name: 'Acme',
    domain: 'acme.example.com',
    webhookApiKey,
    cloudonixApiKey,
  })
  expect(tenant.status).toBe(201)
  made['tenantKey'] = tenant.body.tenantKey
  const path = `/tenants/${tenant.body.id}`
  const agent = {
    name: 'A',
    provider: 'sip',
    value: 'sip:agent@sip.example.com',
    username: 'u',
    password: agentPassword,
  }
  const agentMade = await server.api<{ id: string }>('POST', `${path}/voice-agents`, agent)
  expect([agentMade.status, agentMade.text]).toEqual([201, expect.not.stringContaining(agentPassword)])
  await refused(server.api('POST', `${path}/voice-agents`, { ...agent, colour: webhookApiKey.length }))
  await refused(server.api('POST', `${path}/voice-agents`, agent))
  await expectMade('POST', `${path}/inbound-rules`, {
    pattern: '+13035550100',
    target: { type: 'agent', id: agentMade.body.id },
  })
  const user = await expectMade('POST', '/users', {
    email: 'ada@example.com',
    name: 'Ada',
    role: 'owner',
    password: userPassword,
  })
  const signIn = (password: string) =>
    fetch(`${server.admin}/api/v1/session`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ email: 'ada@example.com', password }),
    })
  const opened = await signIn(userPassword)
  const cookies = opened.headers.getSetCookie()
  for (const name of ['session', 'device'])
    made[`${name} cookie`] = new RegExp(`switchyard_${name}=([^;]+)`).exec(cookies.join('\n'))?.[1] ?? ''
  made['csrf token'] = ((await opened.json()) as { csrfToken: string }).csrfToken
  const wrong = await signIn(wrongPassword)
  await refused(Promise.resolve({ status: wrong.status, text: await wrong.text() }))
  await refused(server.api('GET', '/tenants', undefined, wrongBearer))
  const link = await server.api<{ code: string }>('POST', `/users/${user.id}/sign-in-link`)
  made['sign-in code'] = link.body.code
  const token = await server.api<{ token: string }>('POST', '/api-tokens', { name: 'CI', role: 'analyst' })
  made['API token'] = token.body.token

  const stream = await fetch(`${server.admin}/api/v1/events`, { headers: { authorization: `Bearer ${ownerToken}` } })
  const reader = stream.body!.pipeThrough(new TextDecoderStream()).getReader()
  const listening = (async () => {
    for (let piece = await reader.read(); !piece.done; piece = await reader.read()) heard += piece.value
  })().catch(() => undefined)

  const base = `/voice/${tenant.body.tenantKey}`
  const call = newToken()
  const ask = (bearer: string, body: object) =>
    server.webhook(`${base}/application`, body, { authorization: `Bearer ${bearer}` })
  const request = voiceRequest(call, '+13035550100', caller)
  // A document for Cloudonix says how to reach the agent; nobody else gets one.
  expect((await ask(webhookApiKey, { ...request, Password: agentPassword })).text).toContain('<Dial')
  refusals.push((await ask(wrongBearer, request)).text)
  await server.webhook(`${base}/cdr`, answeredCdr(call, { from: caller, to: '+13035550100' }))
  await refused(server.webhook(`${base}/cdr`, `{"token": "${webhookApiKey}`))
  await until(() => heard.includes(call))
  const { items } = await expectMade<{ items: { id: string }[] }>('GET', `${path}/webhook-events`)
  for (const { id } of items) made[`shown ${id}`] = (await server.api('GET', `${path}/webhook-events/${id}`)).text
  made['shown call'] = (await server.api('GET', `${path}/calls/${call}`)).text
  made['shown audit'] = (await server.api('GET', '/audit-log?limit=200')).text
  const file = await expectMade('POST', `${path}/exports`, { format: 'json' })
  await until(async () => (await server.api('GET', `${path}/exports/${file.id}`)).body['state'] === 'done')
  await server.api('POST', `${path}/cloudonix/test`)
  await reader.cancel()
  await listening
}

beforeAll(async () => {
  dataDir = await mkdtemp(join(tmpdir(), 'switchyard-secrets-'))
  const ports = { port: await freePort(), adminPort: await freePort() }
  // Nobody answers there: the key goes nowhere.
  server = await startServerProcess(dataDir, ports, {
    SWITCHYARD_LOG_LEVEL: 'trace',
    SWITCHYARD_CLOUDONIX_URL: `http://127.0.0.1:${await freePort()}`,
  })
})
afterAll(async () => {
  await server.end('SIGKILL')
  await rm(dataDir, { recursive: true, force: true })
})

it('uses all that is secret, rightly and wrongly', live, 90_000)

const all = (): [string, string][] => [
  ...Object.entries(secrets),
  ...Object.entries(made).filter(([name]) => !name.startsWith('shown')),
]
const found = (text: string): string[] => all().flatMap(([name, secret]) => (text.includes(secret) ? [name] : []))

it('no secret is in any file of a running server, but for the key file', async () => {
  expect(all().filter(([, secret]) => secret.length < 12)).toEqual([])
  const names = (await readdir(dataDir, { recursive: true, withFileTypes: true })).filter((entry) => entry.isFile())
  expect(names.map(({ name }) => name)).toContain('switchyard.db-wal')
  expect(names.length).toBeGreaterThan(4)
  const masterKey = (await readFile(join(dataDir, 'master.key'), 'utf8')).trim()
  for (const { name, parentPath } of names) {
    if (name === 'master.key') continue
    const bytes = await readFile(join(parentPath, name), 'latin1')
    expect([name, found(bytes), bytes.includes(masterKey)]).toEqual([name, [], false])
    expect([name, bytes.includes(Buffer.from(masterKey, 'hex').toString('latin1'))]).toEqual([name, false])
  }
})

it('no secret is in events, in what is shown of webhooks, calls and changes, in refusals or in the log', async () => {
  expect(heard).toContain('call.')
  expect(refusals.length).toBeGreaterThan(8)
  const shown = Object.entries(made).filter(([name]) => name.startsWith('shown'))
  expect(shown.length).toBeGreaterThan(3)
  for (const [name, text] of [...shown, ['events', heard], ['answers', refusals.join('\n')], ['log', server.output()]])
    expect([name, found(text as string)]).toEqual([name, []])
})

it('no number of a caller is in the log or in the audit log', () => {
  const digits = caller.slice(1)
  expect(server.output()).not.toBe('')
  expect(server.output()).not.toContain(digits)
  expect(made['shown audit']).toContain('voiceAgents')
  expect(made['shown audit']).not.toContain(digits)
})

it('no secret is among the arguments of a process, nor in what commands print', async () => {
  const line = await readFile(`/proc/${server.pid}/cmdline`, 'latin1').catch(() => '')
  expect(found(line)).toEqual([])
  const { stdout, stderr } = await runCommand(['token', 'list'], { ...process.env, SWITCHYARD_DATA_DIR: dataDir })
  expect(stdout).toContain('CI')
  expect(found(stdout + stderr)).toEqual([])
}, 60_000)

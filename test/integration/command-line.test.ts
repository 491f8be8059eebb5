import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { runCommand } from '../support/command.ts'
import { startTestServer, type TestServer } from '../support/test-server.ts'

let test: TestServer
beforeAll(async () => {
  test = await startTestServer()
})
afterAll(() => test.close())

/** On the data directory of the running server. */
const run = async (...args: string[]): Promise<{ code: number | null; out: string; err: string }> => {
  const { code, stdout, stderr } = await runCommand(args, { ...process.env, SWITCHYARD_DATA_DIR: test.dataDir })
  return { code, out: stdout.trim(), err: stderr.trim() }
}

describe('switchyard beside a running server', { timeout: 30_000 }, () => {
  it('makes a token that works at once, lists it without its secret, and revokes it', async () => {
    const { code, out: token } = await run('token', 'create', '--name', 'ci', '--role', 'admin')
    expect(code).toBe(0)
    expect((await test.api('GET', '/tenants', undefined, token)).status).toBe(200)
    const { out: list } = await run('token', 'list')
    expect(list).toMatch(/admin {2}all tenants {2}\S+ {2}ci/)
    expect(list).not.toContain(token)
    const id =
      list
        .split('\n')
        .find((line) => line.endsWith('ci'))
        ?.split(' ')[0] ?? ''
    expect((await run('token', 'revoke', id)).code).toBe(0)
    expect((await test.api('GET', '/tenants', undefined, token)).status).toBe(401)
    expect(await run('token', 'revoke', id)).toMatchObject({
      code: 1,
      err: expect.stringContaining(`no API token ${id}`) as unknown,
    })
  })

  it('prints a link that signs a browser in, and finds the port without being told', async () => {
    const { out } = await run('sign-in-link')
    expect(out.startsWith(`${test.server.urls.admin}/#/sign-in?code=`)).toBe(true)
    const answer = await fetch(`${test.server.urls.admin}/api/v1/session`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ code: out.split('code=')[1] }),
    })
    expect(answer.ok).toBe(true)
  })

  it('adds a user, who comes by the link, chooses a password and signs in with it', async () => {
    const { out } = await run('user', 'add', 'ada@example.com', '--name', 'Ada', '--role', 'analyst')
    const { admin } = test.server.urls
    expect(out.startsWith(`${admin}/#/sign-in?code=`)).toBe(true)
    const post = (path: string, body: object, headers = {}) =>
      fetch(`${admin}/api/v1${path}`, {
        method: 'POST',
        headers: { 'content-type': 'application/json', ...headers },
        body: JSON.stringify(body),
      })
    const opened = await post('/session', { code: out.split('code=')[1] })
    const { csrfToken, actor } = (await opened.json()) as { csrfToken: string; actor: object }
    expect(actor).toMatchObject({ name: 'Ada', role: 'analyst' })
    const session = { cookie: opened.headers.get('set-cookie')!.split(';')[0]!, 'x-csrf-token': csrfToken }
    const password = 'correct horse battery'
    expect((await post('/account/password', { password }, session)).status).toBe(204)
    expect((await post('/session', { email: 'ada@example.com', password })).status).toBe(200)
    expect((await post('/session', { email: 'ada@example.com', password: 'wrong horse battery' })).status).toBe(401)
    const { body } = await test.api<{ items: object[] }>('GET', '/users')
    expect(body.items).toEqual([expect.objectContaining({ email: 'ada@example.com', hasPassword: true })])

    expect((await run('user', 'list')).out).toBe('ada@example.com  analyst  all tenants  enabled  Ada')
    expect((await run('user', 'link', 'ADA@example.com')).out.startsWith(`${admin}/#/sign-in?code=`)).toBe(true)
    expect((await run('user', 'remove', 'ada@example.com')).code).toBe(0)
    expect((await post('/account/password', { password }, session)).status).toBe(401)
    expect(await run('user', 'remove', 'ada@example.com')).toMatchObject({
      code: 1,
      err: expect.stringContaining('no user ada@example.com') as unknown,
    })
  }, 120_000)

  it('puts a new master key in place beside a running server', async () => {
    const key = () => readFile(join(test.dataDir, 'master.key'), 'utf8')
    const before = await key()
    expect(await run('key', 'rotate')).toMatchObject({
      code: 0,
      out: expect.stringContaining('new master key') as unknown,
    })
    expect(await key()).not.toBe(before)
    const both = await Promise.all([run('key', 'rotate'), run('key', 'rotate')])
    expect(both.map(({ code }) => code)).toEqual([0, 0])
    const { status } = await test.api('POST', '/tenants', { name: 'After', domain: 'after.example.com' })
    expect(status).toBe(201)
    await test.restart()
    expect((await test.api('GET', '/tenants?search=After')).body).toMatchObject({ total: 1 })
  }, 60_000)

  it('no longer names the port of a server that was closed', async () => {
    const { admin } = test.server.urls
    await test.server.close()
    expect((await run('sign-in-link')).out.startsWith('http://127.0.0.1:8081/#/sign-in?code=')).toBe(true)
    await test.restart()
    expect(test.server.urls.admin).not.toBe(admin)
    expect((await run('sign-in-link')).out.startsWith(`${test.server.urls.admin}/#/`)).toBe(true)
  })

  it('does not serve the same data directory a second time', async () => {
    const { code, err } = await run('serve')
    expect(code).toBe(1)
    expect(err).toContain(test.dataDir)
    expect(err).not.toContain('    at ')
  })
})

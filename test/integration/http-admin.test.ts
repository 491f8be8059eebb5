import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { request as httpRequest } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { FastifyInstance, InjectOptions } from 'fastify'
import { afterAll, afterEach, describe, expect, it } from 'vitest'
import { DomainError } from '../../server/domain/errors.ts'
import { operations } from '../../shared/contract/index.ts'
import type { Operation } from '../../shared/contract/operation.ts'
import { errorCodes } from '../../shared/vocabulary.ts'
import { anAdminApp, bearer, listen, owner, session } from './http-support.ts'

const opened: FastifyInstance[] = []
const anApp = async (...options: Parameters<typeof anAdminApp>) => {
  const made = await anAdminApp(...options)
  opened.push(made.app)
  return made
}
afterEach(async () => {
  await Promise.all(opened.splice(0).map((app) => app.close()))
})

const tenants = '/api/v1/tenants'

describe('operations over REST', () => {
  it.each(Object.entries<Operation>(operations))('%s is reached where the contract says', async (name, operation) => {
    const { app, calls } = await anApp()
    const url = operation.path.replace(':tenantId', 't1').replace(':id', 'x1')
    const answer = await app.inject({ method: operation.method, url, headers: bearer() })
    // Files are sent as they are; there is none here.
    if (!operation.isFile) {
      expect(answer.statusCode).toBe(operation.output === undefined ? 204 : (operation.status ?? 200))
      expect(answer.body).toBe(operation.output === undefined ? '' : JSON.stringify({ name }))
    }
    const ids = {
      ...(operation.path.includes(':tenantId') ? { tenantId: 't1' } : {}),
      ...(operation.path.includes(':id') ? { id: 'x1' } : {}),
    }
    expect(calls).toEqual([{ actor: owner, name, input: ids }])
  })

  it('makes one flat input of path, query and body, in rising order of query, body, path', async () => {
    const { app, calls } = await anApp()
    await app.inject({
      method: 'PATCH',
      url: `${tenants}/t1/voice-agents/x1?name=query&enabled=true`,
      headers: bearer(),
      payload: { name: 'body', id: 'other', version: 3 },
    })
    expect(calls[0]?.input).toEqual({ tenantId: 't1', id: 'x1', name: 'body', enabled: true, version: 3 })
  })

  it('reads numbers, truths and lists of the query as the schema means them', async () => {
    const { app, calls } = await anApp()
    const query =
      'limit=20&state=busy&agentId=a&agentId=b&from=123&failedOver=true&startMs=5&minDurationSeconds=1.5&maxDurationSeconds=x'
    await app.inject({ url: `${tenants}/t1/calls?${query}`, headers: bearer() })
    await app.inject({ method: 'DELETE', url: `${tenants}/t1/voice-agents/7?force`, headers: bearer() })
    expect(calls.map(({ input }) => input)).toEqual([
      {
        tenantId: 't1',
        limit: 20,
        state: 'busy',
        agentId: ['a', 'b'],
        from: '123',
        failedOver: true,
        startMs: 5,
        minDurationSeconds: 1.5,
        maxDurationSeconds: 'x',
      },
      { tenantId: 't1', id: '7', force: true },
    ])
  })

  it('leaves what the body says as it is', async () => {
    const { app, calls } = await anApp()
    const payload = { version: '3', enabled: 'true' }
    await app.inject({ method: 'PATCH', url: `${tenants}/t1/voice-agents/x1`, headers: bearer(), payload })
    expect(calls[0]?.input).toMatchObject(payload)
  })

  it.each(errorCodes.map((code) => [code]))('%s is told with its status', async (code) => {
    const { app } = await anApp({
      dispatch: async () => ({ ok: false, error: { code, message: 'no', details: [{ path: '/a', message: 'b' }] } }),
    })
    const answer = await app.inject({ url: tenants, headers: bearer() })
    const status = {
      INVALID_INPUT: 400,
      UNAUTHENTICATED: 401,
      FORBIDDEN: 403,
      NOT_FOUND: 404,
      CONFLICT: 409,
      TOO_LARGE: 413,
      TOO_MANY_REQUESTS: 429,
      UNAVAILABLE: 503,
      INTERNAL: 500,
    }[code]
    expect(answer.statusCode).toBe(status)
    expect(answer.json()).toEqual({ error: { code, message: 'no', details: [{ path: '/a', message: 'b' }] } })
  })

  it('hides what it did not expect and logs it without secrets', async () => {
    const { app, lines } = await anApp({
      dispatch: () => Promise.reject(new Error('no place at /voice/tenant-key/cdr with Bearer owner-token')),
    })
    const payload = { name: 'body-text' }
    const answer = await app.inject({ method: 'POST', url: `${tenants}?a=query-text`, headers: bearer(), payload })
    expect(answer.statusCode).toBe(500)
    expect(answer.json()).toEqual({ error: { code: 'INTERNAL', message: 'Internal error' } })
    expect(lines).toHaveLength(1)
    for (const secret of ['tenant-key', 'owner-token', 'body-text', 'query-text']) {
      expect(JSON.stringify(lines)).not.toContain(secret)
    }
  })

  it('tells a refusal that comes as an error', async () => {
    const { app, lines } = await anApp({ dispatch: () => Promise.reject(new DomainError('CONFLICT', 'taken')) })
    const answer = await app.inject({ url: tenants, headers: bearer() })
    expect([answer.statusCode, answer.json()]).toEqual([409, { error: { code: 'CONFLICT', message: 'taken' } }])
    expect(lines).toEqual([])
  })
})

describe('bodies that are no good', () => {
  const send = async (payload: string, contentType?: string) => {
    const { app, calls } = await anApp()
    const headers = { ...bearer(), ...(contentType === undefined ? {} : { 'content-type': contentType }) }
    const answer = await app.inject({ method: 'POST', url: tenants, headers, payload })
    return { answer, calls }
  }

  it.each([
    ['cut JSON', '{"name":"x', 'application/json', /JSON/],
    ['an array', '[1]', 'application/json', /no object/],
    ['null', 'null', 'application/json', /no object/],
    ['a form', 'name=x', 'application/x-www-form-urlencoded', /x-www-form-urlencoded.*send a JSON object/],
    ['no content type', '{"name":"x"}', undefined, /Content-Type: application\/json/],
    ['an unreadable content type', '{"name":"x"}', 'json', /Content-Type/],
    ['a nesting bomb', `{"a":${'['.repeat(100_000)}`, 'application/json', /deeper than 64/],
  ])('%s is refused with advice', async (_what, payload, contentType, message) => {
    const { answer, calls } = await send(payload, contentType)
    expect(answer.statusCode).toBe(400)
    expect(answer.json()).toMatchObject({ error: { code: 'INVALID_INPUT', message: expect.stringMatching(message) } })
    expect(calls).toEqual([])
  })

  it.each([
    ['a byte order mark', '\uFEFF{"name":"x"}', 'application/json'],
    ['another JSON type', '{"name":"x"}', 'application/merge-patch+json; charset=utf-8'],
    ['a key in the prototype position', '{"name":"x","__proto__":{"role":"owner"}}', 'application/json'],
  ])('%s does no harm', async (_what, payload, contentType) => {
    const { answer, calls } = await send(payload, contentType)
    expect(answer.statusCode).toBe(201)
    expect(calls[0]?.input).toEqual({ name: 'x' })
    expect((calls[0]?.input as { role?: unknown }).role).toBeUndefined()
  })

  it('nothing at all is an empty input', async () => {
    const { answer, calls } = await send('', 'application/json')
    expect([answer.statusCode, calls[0]?.input]).toEqual([201, {}])
  })

  it.each(['content-length', 'transfer-encoding'])(
    '2 MiB with %s get their answer over a real connection',
    async (how) => {
      const { app, calls } = await anApp()
      const port = await listen(app)
      const body = Buffer.alloc(2 * 1024 * 1024, 0x20)
      const status = await new Promise((settle, reject) => {
        const sent = httpRequest(
          {
            port,
            host: '127.0.0.1',
            method: 'POST',
            path: tenants,
            headers: {
              ...bearer(),
              'content-type': 'application/json',
              [how]: how === 'content-length' ? String(body.length) : 'chunked',
            },
          },
          (response) => {
            let text = ''
            response.on('data', (piece: Buffer) => (text += piece.toString()))
            response.on('end', () => settle([response.statusCode, JSON.parse(text)]))
          },
        )
        sent.on('error', reject)
        sent.end(body)
      })
      expect(status).toEqual([413, { error: { code: 'TOO_LARGE', message: 'The body is larger than 1 MiB' } }])
      expect(calls).toEqual([])
    },
  )
})

describe('who may come in', () => {
  const places: InjectOptions[] = [
    { url: tenants },
    { url: '/api/v1/events' },
    { url: '/api/v1/session' },
    { url: '/api/v1/nonsense' },
    { method: 'POST', url: tenants, payload: '{' },
    { url: '/metrics' },
    { url: '/openapi.json' },
    { url: '/docs/' },
    { url: '/docs/js/scalar.js' },
  ]
  const strangers: Record<string, Record<string, string>> = {
    nothing: {},
    'a wrong token': bearer('wrong'),
    'a token of 4000 characters': bearer('x'.repeat(4000)),
    'another scheme': { authorization: 'Basic b3duZXItdG9rZW4=' },
    'an ended session': { cookie: 'switchyard_session=gone' },
    'a wrong token beside a session': { ...session('csrf-1'), ...bearer('wrong') },
  }
  it.each(Object.keys(strangers))('nobody with %s', async (who) => {
    const { app, calls } = await anApp()
    for (const place of places) {
      const answer = await app.inject({ ...place, headers: strangers[who] })
      expect([place.url, answer.statusCode]).toEqual([place.url, 401])
      expect(answer.json()).toMatchObject({ error: { code: 'UNAUTHENTICATED' } })
      expect(answer.headers['www-authenticate']).toContain('Bearer')
    }
    expect(calls).toEqual([])
  })

  it('a browser at /docs is told what to do', async () => {
    const { app } = await anApp()
    const answer = await app.inject({ url: '/docs/', headers: { accept: 'text/html,*/*' } })
    expect(answer.statusCode).toBe(401)
    expect(answer.headers['content-type']).toContain('text/html')
    expect(answer.body).toContain('sign-in link')
  })

  it('a token by any spelling of the scheme', async () => {
    const { app, calls } = await anApp()
    await app.inject({ url: tenants, headers: { authorization: 'bearer  owner-token ' } })
    expect(calls[0]?.actor).toEqual(owner)
  })

  it.each([
    ['without a CSRF token', {}, 403],
    ['with a wrong CSRF token', { 'x-csrf-token': 'csrf-2' }, 403],
    ['with its CSRF token', { 'x-csrf-token': 'csrf-1' }, 201],
    ['from its own origin', { 'x-csrf-token': 'csrf-1', origin: 'http://localhost' }, 201],
    ['from another origin', { 'x-csrf-token': 'csrf-1', origin: 'http://evil.example' }, 403],
    ['from another port', { 'x-csrf-token': 'csrf-1', origin: 'http://localhost:3000' }, 403],
    ['from a hidden origin', { 'x-csrf-token': 'csrf-1', origin: 'null' }, 403],
    ['from the name of a proxy that is allowed', { 'x-csrf-token': 'csrf-1', origin: 'https://console.example' }, 201],
  ])('a change by a session %s', async (_how, headers, status) => {
    const { app, calls } = await anApp({ allowedHosts: ['console.example'] })
    const answer = await app.inject({
      method: 'POST',
      url: tenants,
      payload: { name: 'x' },
      headers: { ...session(), host: 'localhost', ...headers },
    })
    expect(answer.statusCode).toBe(status)
    if (status === 403) expect(answer.json()).toMatchObject({ error: { code: 'FORBIDDEN' } })
    expect(calls).toHaveLength(status === 403 ? 0 : 1)
  })

  it('reading needs no CSRF token, and a token of the API never does', async () => {
    const { app } = await anApp()
    expect((await app.inject({ url: tenants, headers: session() })).statusCode).toBe(200)
    const headers = { ...bearer(), origin: 'http://evil.example' }
    expect((await app.inject({ method: 'POST', url: tenants, headers, payload: {} })).statusCode).toBe(201)
  })

  it.each([
    ['localhost:8081', 200],
    ['LOCALHOST', 200],
    ['127.0.0.1:8081', 200],
    ['[::1]:8081', 200],
    ['console.example', 200],
    ['console.example.:443', 200],
    ['evil.example', 403],
    ['127.0.0.1.evil.example:8081', 403],
    ['localhost@evil.example', 403],
    [':8081', 403],
  ])('Host %s: %i', async (host, status) => {
    const { app } = await anApp({ allowedHosts: ['Console.Example:443'] })
    for (const url of [tenants, '/readyz', '/', '/nonsense.txt']) {
      const answer = await app.inject({ url, headers: { ...bearer(), host } })
      if (status === 403)
        expect(answer.json()).toMatchObject({
          error: { message: expect.stringContaining('SWITCHYARD_ADMIN_ALLOWED_HOSTS') },
        })
      expect([url, answer.statusCode === 403]).toEqual([url, status === 403])
    }
    expect((await app.inject({ url: '/healthz', headers: { host } })).statusCode).toBe(200)
  })
})

describe('signing a browser in', () => {
  const open = (app: FastifyInstance, payload: object, headers = {}) =>
    app.inject({ method: 'POST', url: '/api/v1/session', payload, headers })

  it('exchanges a code for a cookie that scripts cannot read, and ends it', async () => {
    const { app, sessions } = await anApp()
    const answer = await open(app, { code: 'good-code' }, { origin: 'http://localhost:80', host: 'localhost:80' })
    expect(answer.statusCode).toBe(403) // a browser leaves the default port out of both
    const opened = await open(app, { code: 'good-code' })
    const who = { csrfToken: 'csrf-1', actor: { ...owner, kind: 'session', sessionId: 'id of cookie-2' } }
    expect(opened.json()).toEqual(who)
    expect(opened.headers['set-cookie']).toBe(
      'switchyard_session=cookie-2; Max-Age=3600; Path=/; HttpOnly; SameSite=Strict',
    )
    const cookie = 'switchyard_session=cookie-2'
    const seen = await app.inject({ url: '/api/v1/session', headers: { cookie } })
    expect(seen.json()).toEqual(who)

    expect((await app.inject({ method: 'DELETE', url: '/api/v1/session', headers: { cookie } })).statusCode).toBe(403)
    const closed = await app.inject({
      method: 'DELETE',
      url: '/api/v1/session',
      headers: { cookie, 'x-csrf-token': 'csrf-1' },
    })
    expect(closed.statusCode).toBe(204)
    expect(closed.headers['set-cookie']).toContain('Max-Age=0')
    expect(sessions.has('cookie-2')).toBe(false)
    expect((await app.inject({ url: '/api/v1/session', headers: { cookie } })).statusCode).toBe(401)
  })

  it('with TLS the cookie travels over nothing else', async () => {
    const { app } = await anApp({ secureCookies: true })
    const opened = await open(app, { code: 'good-code' })
    expect(opened.headers['set-cookie']).toMatch(/^__Host-switchyard_session=cookie-2;.*; Secure/)
    const cookie = '__Host-switchyard_session=cookie-2'
    expect((await app.inject({ url: '/api/v1/session', headers: { cookie } })).statusCode).toBe(200)
  })

  it.each([
    [{ code: 'used-code' }, 401],
    [{ code: '' }, 400],
    [{ code: 7 }, 400],
    [{ code: 'x'.repeat(5000) }, 400],
    [{}, 400],
  ])('%j is refused', async (payload, status) => {
    const { app } = await anApp()
    const answer = await open(app, payload)
    expect([answer.statusCode, answer.headers['set-cookie']]).toEqual([status, undefined])
  })

  it('takes an e-mail address and a password, and has the browser keep that it did', async () => {
    const { app } = await anApp()
    const ada = { email: 'ada@example.com', password: 'good-password' }
    const opened = await open(app, ada)
    expect(opened.json()).toMatchObject({ csrfToken: 'csrf-1' })
    expect(opened.headers['set-cookie']).toEqual([
      'switchyard_device=device-1!; Max-Age=34560000; Path=/; HttpOnly; SameSite=Strict',
      'switchyard_session=cookie-3; Max-Age=3600; Path=/; HttpOnly; SameSite=Strict',
    ])
    const again = await open(app, ada, { cookie: 'switchyard_device=device-1' })
    expect(String(again.headers['set-cookie'])).toContain('switchyard_device=device-1!;')
    expect((await open(app, { ...ada, email: 'bob@example.com' })).statusCode).toBe(401)
    const slowed = await open(app, { ...ada, password: 'bad' })
    expect([slowed.statusCode, slowed.json().error.code]).toEqual([429, 'TOO_MANY_REQUESTS'])
    for (const wrong of [{ email: 'ada@example.com' }, { email: 7, password: 'x' }, { email: '', password: 'x' }])
      expect((await open(app, wrong)).statusCode).toBe(400)
  })

  it('sends the cookie anew when its secret has changed', async () => {
    const { app } = await anApp({
      authenticate: async () => ({
        actor: { ...owner, kind: 'session', sessionId: 's' },
        csrfToken: 'csrf-1',
        renewed: { cookie: 'cookie-9', maxAgeSeconds: 60 },
      }),
    })
    const answer = await app.inject({ url: tenants, headers: session() })
    expect(answer.headers['set-cookie']).toBe(
      'switchyard_session=cookie-9; Max-Age=60; Path=/; HttpOnly; SameSite=Strict',
    )
  })

  it('knows a token too, which has no CSRF token and nothing to sign out of', async () => {
    const { app } = await anApp()
    expect((await app.inject({ url: '/api/v1/session', headers: bearer() })).json()).toEqual({ actor: owner })
    const closed = await app.inject({ method: 'DELETE', url: '/api/v1/session', headers: bearer() })
    expect(closed.statusCode).toBe(204)
  })

  it('refuses a page of somebody else', async () => {
    const { app } = await anApp()
    expect((await open(app, { code: 'good-code' }, { origin: 'http://evil.example' })).statusCode).toBe(403)
  })
})

describe('places that are not there', () => {
  it('names the methods a path takes', async () => {
    const { app } = await anApp()
    const answer = await app.inject({ method: 'PUT', url: `${tenants}/t1?x=1`, headers: bearer() })
    expect([answer.statusCode, answer.headers.allow]).toEqual([404, 'GET, PATCH, DELETE'])
    expect(answer.json()).toEqual({
      error: { code: 'NOT_FOUND', message: `PUT is not offered at ${tenants}/t1, which takes GET, PATCH, DELETE` },
    })
  })

  it.each([
    ['GET', '/api/v1/nonsense'],
    ['POST', '/api'],
    ['POST', '/nonsense'],
    ['GET', '/assets/missing.js'],
    ['GET', `${tenants}/${'x'.repeat(2000)}`],
  ])('%s %s', async (method, url) => {
    const { app } = await anApp()
    const answer = await app.inject({ method: method as 'GET', url, headers: bearer() })
    expect([404, 400]).toContain(answer.statusCode)
    expect(['NOT_FOUND', 'INVALID_INPUT']).toContain(answer.json().error.code)
  })

  it('a path that is no path', async () => {
    const { app } = await anApp()
    const answer = await app.inject({ url: `${tenants}/%zz`, headers: bearer() })
    expect([answer.statusCode, answer.json().error.code]).toEqual([400, 'INVALID_INPUT'])
  })
})

describe('probes', () => {
  it('ready or not', async () => {
    const problems = [{ part: 'store', message: 'disk full', sinceMs: 5 }]
    const { app } = await anApp({ readiness: () => ({ ready: false, status: 'degraded', problems }) })
    const answer = await app.inject('/readyz')
    expect([answer.statusCode, answer.json()]).toEqual([503, { ready: false, status: 'degraded', problems }])
    const { app: other } = await anApp()
    expect((await other.inject('/readyz')).statusCode).toBe(200)
  })

  it('metrics of the whole site are not for whoever is bound to a tenant', async () => {
    const { app } = await anAdminApp()
    const answer = await app.inject({ url: '/metrics', headers: bearer('analyst-token') })
    expect(answer.statusCode).toBe(403)
    expect(answer.body).not.toContain('switchyard_up')
  })

  it('metrics in the text form of Prometheus', async () => {
    const { app } = await anApp()
    const answer = await app.inject({ url: '/metrics', headers: bearer() })
    expect(answer.headers['content-type']).toBe('text/plain; version=0.0.4; charset=utf-8')
    expect(answer.body).toBe('switchyard_up 1\n')
  })
})

describe('the console', () => {
  const folder = mkdtempSync(join(tmpdir(), 'switchyard-console-'))
  mkdirSync(join(folder, 'assets'))
  writeFileSync(join(folder, 'index.html'), '<title>console</title>')
  writeFileSync(join(folder, 'assets', 'index-D1f_-b3x.js'), 'export {}')
  writeFileSync(join(folder, 'icon.svg'), '<svg/>')
  afterAll(() => rmSync(folder, { recursive: true }))

  it.each(['/', '/calls', '/agents/a1?x=1'])(
    'answers its page at %s, never cached and without foreign scripts',
    async (url) => {
      const { app } = await anApp({ consoleDir: folder })
      const answer = await app.inject(url)
      expect([answer.statusCode, answer.body]).toEqual([200, '<title>console</title>'])
      expect(answer.headers['cache-control']).toBe('no-store')
      const policy = String(answer.headers['content-security-policy'])
      expect(policy).toContain("script-src 'self';")
      expect(policy).toContain("frame-ancestors 'none'")
      expect(answer.headers).toMatchObject({ 'x-content-type-options': 'nosniff', 'referrer-policy': 'same-origin' })
    },
  )

  it('lets browsers keep what is named by its content', async () => {
    const { app } = await anApp({ consoleDir: folder })
    const script = await app.inject('/assets/index-D1f_-b3x.js')
    expect(script.headers['cache-control']).toBe('public, max-age=31536000, immutable')
    expect(script.headers['content-type']).toContain('javascript')
    expect((await app.inject('/icon.svg')).headers['cache-control']).toBe('no-cache')
  })

  it('has its icon also where a browser looks for one that no page names', async () => {
    const { app } = await anApp({ consoleDir: folder })
    const answer = await app.inject('/favicon.ico')
    expect([answer.statusCode, answer.headers['content-type'], answer.body]).toEqual([200, 'image/svg+xml', '<svg/>'])
  })

  it.each(['/../package.json', '/..%2fpackage.json', '/assets/', '/assets/none.js', '/docs.html'])(
    '%s shows no file',
    async (url) => {
      const { app } = await anApp({ consoleDir: folder })
      const answer = await app.inject(url)
      expect(answer.body).not.toContain('"name"')
      expect([200, 400, 403, 404]).toContain(answer.statusCode)
    },
  )

  it.each([undefined, '/nowhere/at/all'])('says how to build it where it is missing (%s)', async (consoleDir) => {
    const { app } = await anApp({ consoleDir })
    for (const url of ['/', '/calls']) {
      const answer = await app.inject(url)
      expect(answer.statusCode).toBe(503)
      expect(answer.body).toContain('<code>npm run build</code>')
    }
  })
})

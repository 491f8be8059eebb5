import { afterEach, describe, expect, it } from 'vitest'
import { Agent, request } from 'node:http'
import type { FastifyInstance } from 'fastify'
import { aWebhookApp, listen, rawExchange, rejectDocument, xml } from './http-support.ts'

const opened: FastifyInstance[] = []
const anApp = (...options: Parameters<typeof aWebhookApp>) => {
  const made = aWebhookApp(...options)
  opened.push(made.app)
  return made
}
afterEach(async () => {
  await Promise.all(opened.splice(0).map((app) => app.close()))
})

const application = '/voice/key-1/application'
const post = (
  app: FastifyInstance,
  payload: string | Buffer,
  contentType?: string,
  url = application,
  headers: Record<string, string> = {},
) =>
  app.inject({
    method: 'POST',
    url,
    payload,
    headers: { ...headers, ...(contentType === undefined ? {} : { 'content-type': contentType }) },
  })

const aNest = (depth: number) => '['.repeat(depth) + ']'.repeat(depth)

describe('what a webhook is decoded to', () => {
  it.each([
    ['/voice/key-1/application', 'POST', 'voice_request'],
    ['/voice/key-1/application?CallSid=a', 'GET', 'voice_request'],
    ['/voice/key-1/dial-result', 'POST', 'dial_result'],
    ['/voice/key-1/dial-result?CallSid=a', 'GET', 'dial_result'],
    ['/voice/key-1/session', 'POST', 'session_update'],
    ['/voice/key-1/cdr', 'POST', 'cdr'],
    ['/voice/key-1/cdr/', 'POST', 'cdr'],
    ['//voice//key-1/application', 'POST', 'voice_request'],
  ] as const)('%s by %s is a %s', async (url, method, kind) => {
    const { app, asked } = anApp()
    const answer = await app.inject({ url, method })
    expect(answer.statusCode).toBe(200)
    expect(asked).toMatchObject([{ kind, tenantKey: 'key-1', receivedAtMicros: 42 }])
  })

  it.each([
    ['JSON', '{"CallSid":"a"}', 'application/json', { CallSid: 'a' }],
    ['JSON with a byte order mark', '\uFEFF{"CallSid":"a"}', 'application/json', { CallSid: 'a' }],
    ['JSON that says it is a form', ' {"CallSid":"a"}', 'application/x-www-form-urlencoded', { CallSid: 'a' }],
    ['JSON that says it is text', '{"CallSid":"a"}', 'text/plain', { CallSid: 'a' }],
    ['JSON with an unreadable content type', '{"CallSid":"a"}', 'json', { CallSid: 'a' }],
    ['JSON with a charset', '{"CallSid":"ü"}', 'application/json; charset=UTF-8', { CallSid: 'ü' }],
    ['JSON without a content type', '{"CallSid":"a"}', undefined, { CallSid: 'a' }],
    ['an array', '[{"id":1}]', 'application/json', [{ id: 1 }]],
    ['a null', 'null', 'application/json', null],
    ['a text', '"hello"', 'application/json', 'hello'],
    ['a key that comes twice', '{"CallSid":"a","CallSid":"b"}', 'application/json', { CallSid: 'b' }],
    [
      'a form',
      'CallSid=a&From=%2B1202&Name=J+C',
      'application/x-www-form-urlencoded',
      { CallSid: 'a', From: '+1202', Name: 'J C' },
    ],
    ['a form that says it is JSON', 'CallSid=a&From=b', 'application/json', { CallSid: 'a', From: 'b' }],
    ['a form without a content type', 'CallSid=a', undefined, { CallSid: 'a' }],
    ['a form with a broken escape', 'CallSid=a%zz', 'application/x-www-form-urlencoded', { CallSid: 'a%zz' }],
    ['a form field that comes twice', 'CallSid=a&CallSid=b', 'application/x-www-form-urlencoded', { CallSid: 'b' }],
    ['an object in the prototype position', '{"a":1,"__proto__":{"b":2}}', 'application/json', { a: 1 }],
    ['the same written with escapes', String.raw`{"a":1,"\u005f_proto__":{"b":2}}`, 'application/json', { a: 1 }],
    [
      'the same with another letter escaped',
      String.raw`{"a":1,"__\u0070roto__":{"b":2}}`,
      'application/json',
      { a: 1 },
    ],
    ['a form in the prototype position', 'a=1&__proto__=2&constructor=3', undefined, { a: '1', constructor: '3' }],
    [
      'SessionData as a text',
      '{"SessionData":"{\\"token\\":\\"a\\"}"}',
      'application/json',
      { SessionData: '{"token":"a"}' },
    ],
    [
      'a token of 4000 characters',
      JSON.stringify({ CallSid: 'x'.repeat(4000) }),
      'application/json',
      { CallSid: 'x'.repeat(4000) },
    ],
    ['nothing', '', 'application/json', {}],
    [
      'brackets in a text',
      JSON.stringify({ a: '['.repeat(500) + '\\"{' }),
      'application/json',
      { a: '['.repeat(500) + '\\"{' },
    ],
    [
      'many flat lists',
      JSON.stringify(Array.from({ length: 300 }, () => [])),
      'application/json',
      Array.from({ length: 300 }, () => []),
    ],
  ])('reads %s', async (_what, payload, contentType, fields) => {
    const { app, asked } = anApp()
    await post(app, payload, contentType)
    expect(asked).toHaveLength(1)
    expect(asked[0]?.unreadable).toBeUndefined()
    expect(structuredClone(asked[0]?.fields)).toEqual(fields)
    expect(asked[0]?.payload).toBe(payload.replace('\uFEFF', ''))
    expect(({} as { b?: unknown }).b).toBeUndefined()
  })

  it.each([
    ['truncated JSON', '{"CallSid":"a', 'application/json', /not valid JSON at position|too early/],
    ['JSON cut after a bracket', '{', 'application/json', /not valid JSON|too early/],
    ['plain words', 'hello there', 'text/plain', /not valid JSON/],
    ['XML', '<a b="c"/>', 'application/xml', /not valid JSON/],
    ['a nesting bomb', aNest(100_000), 'application/json', /deeper than 64/],
    ['a nesting bomb without an end', '[{"a":'.repeat(1000), 'application/json', /deeper than 64/],
    [
      'a multipart form',
      '--x\r\nContent-Disposition: form-data; name="a"\r\n\r\nb\r\n--x--',
      'multipart/form-data; boundary=x',
      /multipart/,
    ],
  ])('says why it cannot read %s, without repeating it', async (_what, payload, contentType, reason) => {
    const { app, asked } = anApp()
    const answer = await post(app, payload, contentType, '/voice/key-1/cdr?x=1')
    expect(answer.statusCode).toBe(400)
    expect(asked[0]?.unreadable?.reason).toMatch(reason)
    expect(asked[0]?.unreadable?.tooLarge).toBe(false)
    expect(asked[0]?.unreadable?.reason).not.toContain('CallSid')
    expect(asked[0]?.fields).toEqual({ x: '1' })
  })

  it('does not guess at a body that is encoded', async () => {
    const { app, asked } = anApp()
    await post(app, Buffer.from([0x1f, 0x8b, 8]), 'application/json', application, { 'content-encoding': 'gzip' })
    expect(asked[0]?.unreadable?.reason).toContain('gzip')
  })

  it('lays the body over the query, whatever spelling the names have', async () => {
    const { app, asked } = anApp()
    await post(app, '{"CallSid":"body","From":"b"}', 'application/json', `${application}?call_sid=query&sig=s&sig=t`)
    expect(asked[0]?.fields).toEqual({ sig: 't', CallSid: 'body', From: 'b' })
    expect(asked[0]?.query).toEqual({ call_sid: 'query', sig: 't' })
  })

  it.each([
    ['null', { CallSid: 'q', From: 'f' }],
    ['[]', { CallSid: 'q', From: 'f' }],
    ['[null]', { CallSid: 'q', From: 'f' }],
    ['""', { CallSid: 'q', From: 'f' }],
    ['{}', { CallSid: 'q', From: 'f' }],
    ['[{"From":"b"}]', [{ CallSid: 'q', From: 'b' }]],
    ['[{"call_sid":"b"}]', [{ From: 'f', call_sid: 'b' }]],
    ['[{"From":"b"},{"From":"c"}]', [{ From: 'b' }, { From: 'c' }]],
    ['"hello"', 'hello'],
  ])('lays %s over the query', async (body, fields) => {
    const { app, asked } = anApp()
    await post(app, body, 'application/json', `${application}?CallSid=q&From=f`)
    expect(structuredClone(asked[0]?.fields)).toEqual(fields)
    expect(asked[0]?.payload).toBe(body)
  })

  it('takes the query string as payload when there is no body', async () => {
    const { app, asked } = anApp()
    await app.inject({ method: 'GET', url: `${application}?CallSid=a&From=%2B1202` })
    await app.inject({ method: 'POST', url: `${application}?CallSid=a&From=%2B1202` })
    for (const { payload, fields } of asked) {
      expect(payload).toBe('CallSid=a&From=%2B1202')
      expect(fields).toEqual({ CallSid: 'a', From: '+1202' })
    }
    expect(asked).toHaveLength(2)
  })

  it('hands over headers in lower case as texts', async () => {
    const { app, asked } = anApp()
    await post(app, '{}', 'application/json', application, { 'X-Cx-Stageid': 's1', 'set-cookie': 'a=b' })
    expect(asked[0]?.headers).toMatchObject({ 'x-cx-stageid': 's1', 'set-cookie': 'a=b' })
  })

  it('takes a tenant key of any length and with any letters', async () => {
    const { app, asked } = anApp()
    const key = 'k'.repeat(4000)
    expect((await post(app, '{}', undefined, `/voice/${key}/application`)).statusCode).toBe(200)
    expect((await post(app, '{}', undefined, '/voice/%C3%BC%2F/cdr')).statusCode).toBe(200)
    expect(asked.map(({ tenantKey }) => tenantKey)).toEqual([key, 'ü/'])
  })
})

describe('what is answered without a decision', () => {
  it.each([
    ['PUT', '/voice/key-1/application'],
    ['HEAD', '/voice/key-1/application'],
    ['DELETE', '/voice/key-1/dial-result'],
    ['PROPFIND', '/voice/key-1/dial-result'],
    ['POST', '/voice/key-1/application/more'],
    ['POST', '/voice/%zz/application'],
    ['GET', '/voice//application'],
  ])('%s %s gets a document all the same', async (method, url) => {
    const { app, asked } = anApp()
    const answer = await app.inject({ method: method as 'PUT', url, headers: { 'content-type': 'nonsense' } })
    expect(answer.statusCode).toBe(200)
    expect(answer.headers['content-type']).toBe(xml)
    if (method !== 'HEAD') expect(answer.body).toBe(rejectDocument)
    expect(asked).toHaveLength(0)
  })

  it.each([
    ['GET', '/voice/key-1/session'],
    ['PUT', '/voice/key-1/cdr'],
    ['POST', '/voice/%zz/cdr'],
    ['GET', '/'],
    ['POST', '/api/v1/tenants'],
  ])('%s %s is not found', async (method, url) => {
    const { app } = anApp()
    const answer = await app.inject({ method: method as 'PUT', url, headers: { 'content-type': 'nonsense' } })
    expect(answer.statusCode).toBe(404)
    expect(answer.json()).toEqual({ error: { code: 'NOT_FOUND', message: 'There is nothing here' } })
  })

  it.each([
    ['rejects', () => Promise.reject(new Error('boom at /voice/secret-key/application with Bearer abc123'))],
    [
      'throws',
      () => {
        throw new Error('boom at /voice/secret-key/application with Bearer abc123')
      },
    ],
  ])('a handler that %s costs no call, and the log keeps the secrets', async (_how, handle) => {
    const { app, lines } = anApp({ handle })
    for (const url of ['/voice/secret-key/application?sig=s3', '/voice/secret-key/dial-result']) {
      const answer = await post(app, '{"a":"body-text"}', 'application/json', url, { authorization: 'Bearer abc123' })
      expect([answer.statusCode, answer.headers['content-type'], answer.body]).toEqual([200, xml, rejectDocument])
    }
    for (const url of ['/voice/secret-key/session', '/voice/secret-key/cdr']) {
      const answer = await post(app, '{}', 'application/json', url)
      expect([answer.statusCode, answer.json()]).toMatchObject([503, { error: { code: 'UNAVAILABLE' } }])
    }
    expect((await app.inject('/voice/secret-key/application?a=b')).body).toBe(rejectDocument)
    expect(lines).toHaveLength(5)
    const written = JSON.stringify(lines)
    for (const secret of ['secret-key', 'abc123', 'body-text', 's3']) expect(written).not.toContain(secret)
    expect(written).toContain('boom at /voice/…/application')
  })

  it('says so while closing, without asking anybody', async () => {
    const { app, asked } = anApp({ isClosing: () => true })
    expect((await post(app, '{}')).body).toBe(rejectDocument)
    expect((await post(app, '{}', undefined, '/voice/key-1/cdr')).statusCode).toBe(503)
    expect((await app.inject('/healthz')).statusCode).toBe(503)
    expect(asked).toHaveLength(0)
  })

  it('is healthy otherwise', async () => {
    const { app } = anApp()
    expect((await app.inject('/healthz')).json()).toEqual({ status: 'ok' })
    expect((await app.inject({ method: 'HEAD', url: '/healthz' })).statusCode).toBe(200)
  })
})

describe('over a real connection', () => {
  const twoMiB = Buffer.alloc(2 * 1024 * 1024, 0x61)

  const exchange = (port: number, path: string, body: Buffer, headers: Record<string, string> = {}, agent?: Agent) =>
    new Promise<{ status: number | undefined; body: string }>((settle, reject) => {
      const sent = request({ port, path, method: 'POST', headers, agent }, (response) => {
        let text = ''
        response.setEncoding('utf8')
        response.on('data', (piece: string) => (text += piece))
        response.on('end', () => settle({ status: response.statusCode, body: text }))
      })
      sent.on('error', reject)
      sent.end(body)
    })

  it.each([
    ['a declared length', { 'content-length': String(twoMiB.length) }],
    ['pieces of unknown number', { 'transfer-encoding': 'chunked' }],
  ])('answers 2 MiB sent with %s, and the connection goes on', async (_how, headers) => {
    const { app, asked } = anApp()
    const port = await listen(app)
    const agent = new Agent({ keepAlive: true, maxSockets: 1 })
    const json2 = { 'content-type': 'application/json' }
    const voice = await exchange(port, application, twoMiB, { ...headers, ...json2 }, agent)
    const cdr = await exchange(port, '/voice/key-1/cdr', twoMiB, { ...headers, ...json2 }, agent)
    const next = await exchange(port, application, Buffer.from('{"CallSid":"a"}'), json2, agent)
    agent.destroy()
    expect([voice.status, cdr.status, next.status]).toEqual([200, 413, 200])
    expect(asked.map(({ unreadable }) => unreadable?.tooLarge)).toEqual([true, true, undefined])
    expect(asked[0]?.payload).toBe('')
  })

  it('reads a body of exactly 1 MiB', async () => {
    const { app, asked } = anApp()
    const port = await listen(app)
    const body = Buffer.from(JSON.stringify({ CallSid: 'x'.repeat(1024 * 1024 - 14) }))
    expect(body).toHaveLength(1024 * 1024)
    await exchange(port, application, body)
    expect(asked[0]?.unreadable).toBeUndefined()
  })

  it('answers and hangs up on a body that is far too large', async () => {
    const { app, asked } = anApp()
    const port = await listen(app)
    const head = `POST ${application} HTTP/1.1\r\nHost: x\r\nContent-Length: 900000000\r\n\r\n`
    const heard = await rawExchange(port, [head, 'a'.repeat(1000)])
    expect(heard).toMatch(/^HTTP\/1\.1 200 OK/)
    expect(heard.toLowerCase()).toContain('connection: close')
    expect(asked[0]?.unreadable?.tooLarge).toBe(true)
  })

  it('hands over a body that broke off as unreadable', async () => {
    const { app, asked } = anApp()
    const port = await listen(app)
    const { connect } = await import('node:net')
    const socket = connect(port, '127.0.0.1')
    socket.write(`POST /voice/key-1/cdr HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\n{"a"`, () => socket.destroy())
    await expect.poll(() => asked[0]?.unreadable?.reason).toContain('broke off')
  })

  it('takes a request for any Host and a body that comes in two pieces within a letter', async () => {
    const { app, asked } = anApp()
    const port = await listen(app)
    const body = Buffer.from('{"CallSid":"ü"}')
    const head = `POST ${application} HTTP/1.1\r\nHost: evil.example\r\nConnection: close\r\nContent-Length: ${body.length}\r\n\r\n`
    const heard = await rawExchange(port, [head, body.subarray(0, 13), body.subarray(13)])
    expect(heard).toContain('<Hangup/>')
    expect(asked[0]?.fields).toEqual({ CallSid: 'ü' })
  })
})

import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { aWebhookApp, anAdminApp, bearer } from './http-support.ts'

const contentType = fc.oneof(
  fc.constantFrom(
    undefined,
    'application/json',
    'application/x-www-form-urlencoded',
    'text/plain',
    'multipart/form-data; boundary=x',
    'application/json; charset="',
    'nonsense',
    '/',
    ';',
  ),
  fc
    .string({ unit: fc.constantFrom('a', 'b', 'z', '/', ';', '=', '+', '-', '.', '"', '*', ' '), maxLength: 30 })
    .map((text) => text.trim()),
)
const body = fc.oneof(
  fc.uint8Array({ maxLength: 200 }).map((bytes) => Buffer.from(bytes)),
  fc.json().map((text) => Buffer.from(text)),
  fc.json().map((text) => Buffer.from(text.slice(0, Math.floor(text.length / 2)))),
  fc.webQueryParameters().map((text) => Buffer.from(text)),
  fc.nat(3000).map((depth) => Buffer.from('[{"a":'.repeat(depth))),
  fc.constantFrom('{"__proto__":{"x":1}}', '{"constructor":{"prototype":{"x":1}}}').map((text) => Buffer.from(text)),
)
const query = fc.oneof(
  fc.constant(''),
  fc.webQueryParameters().map((text) => `?${text}`),
)
const segment = fc.webSegment().map((text) => text.replaceAll('.', '_') || '_')
const headersOf = (type: string | undefined) => (type === undefined || type === '' ? {} : { 'content-type': type })

const webhooks = aWebhookApp()
let admin: Awaited<ReturnType<typeof anAdminApp>>
beforeAll(async () => {
  admin = await anAdminApp()
})
afterAll(async () => {
  await webhooks.app.close()
  await admin.app.close()
})

describe('whatever comes', () => {
  it('a CXML path answers 200 with a document', async () => {
    await fc.assert(
      fc.asyncProperty(
        segment,
        fc.constantFrom('application', 'dial-result'),
        fc.constantFrom('GET', 'POST', 'PUT', 'DELETE'),
        query,
        contentType,
        body,
        async (key, path, method, search, type, payload) => {
          const url = `/voice/${key}/${path}${search}`
          const answer = await webhooks.app.inject({
            method: method as 'GET',
            url,
            headers: headersOf(type),
            ...(method === 'GET' ? {} : { payload }),
          })
          expect(answer.statusCode).toBe(200)
          expect(answer.headers['content-type']).toBe('application/xml; charset=utf-8')
          expect(({} as { x?: unknown }).x).toBeUndefined()
        },
      ),
      { numRuns: 400 },
    )
  })

  it('a JSON path of Cloudonix answers in JSON and never fails', async () => {
    await fc.assert(
      fc.asyncProperty(
        segment,
        fc.constantFrom('session', 'cdr'),
        query,
        contentType,
        body,
        async (key, path, search, type, payload) => {
          const url = `/voice/${key}/${path}${search}`
          const answer = await webhooks.app.inject({ method: 'POST', url, headers: headersOf(type), payload })
          expect([200, 400]).toContain(answer.statusCode)
          expect(answer.headers['content-type']).toBe('application/json; charset=utf-8')
        },
      ),
      { numRuns: 300 },
    )
  })

  it('the API refuses or takes it, in its own shape', async () => {
    const path = fc.oneof(
      fc.constantFrom('tenants', 'tenants/t1/voice-agents', 'session', 'tenants/t1/calls/live', 'nonsense'),
      segment,
    )
    await fc.assert(
      fc.asyncProperty(
        path,
        fc.constantFrom('GET', 'POST', 'PUT', 'PATCH', 'DELETE'),
        query,
        contentType,
        body,
        async (place, method, search, type, payload) => {
          const answer = await admin.app.inject({
            method: method as 'GET',
            url: `/api/v1/${place}${search}`,
            headers: { ...bearer(), ...headersOf(type) },
            ...(method === 'GET' ? {} : { payload }),
          })
          expect(answer.statusCode).toBeLessThan(500)
          if (answer.statusCode >= 400) expect(answer.json().error).toMatchObject({ code: expect.any(String) })
        },
      ),
      { numRuns: 400 },
    )
  })
})

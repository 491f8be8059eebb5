import type { FastifyInstance } from 'fastify'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { anAdminApp } from '../http-support.ts'

let app: FastifyInstance
beforeAll(async () => {
  ;({ app } = await anAdminApp({ allowedHosts: ['console.example'], trustedProxies: ['10.0.0.0/8', 'fd00::1'] }))
})
afterAll(() => app.close())

const signIn = (remoteAddress: string, headers: Record<string, string>) =>
  app.inject({
    method: 'POST',
    url: '/api/v1/session',
    payload: { code: 'good-code' },
    remoteAddress,
    headers: { host: 'console.example', ...headers },
  })

it.each([
  ['of a trusted network', '10.1.2.3', { 'x-forwarded-proto': 'https' }, true],
  ['of a trusted address', 'fd00::1', { 'x-forwarded-proto': 'https' }, true],
  ['of a trusted network that was asked without TLS', '10.1.2.3', { 'x-forwarded-proto': 'http' }, false],
  ['of a trusted network that says nothing', '10.1.2.3', {}, false],
  ['of nobody we know', '192.0.2.7', { 'x-forwarded-proto': 'https' }, false],
  ['of this machine, which was not named', '127.0.0.1', { 'x-forwarded-proto': 'https' }, false],
])('a proxy %s', async (_who, address, headers, isSecure) => {
  const { statusCode, headers: answered } = await signIn(address, headers)
  expect(statusCode).toBe(200)
  const cookie = String(answered['set-cookie'])
  expect([cookie.startsWith('__Host-switchyard_session='), cookie.includes('; Secure')]).toEqual([isSecure, isSecure])
  expect(answered['strict-transport-security']).toBe(isSecure ? 'max-age=31536000' : undefined)
})

it.each([
  ['the name of the console', '10.1.2.3', 'console.example', 'console.example', 200],
  ['its own name, for the console', '10.1.2.3', 'localhost:8081', 'console.example', 200],
  ['a name that somebody else has', '10.1.2.3', 'localhost:8081', 'evil.example', 403],
  ['no name that we know, for the console', '10.1.2.3', 'evil.example', 'console.example', 403],
  ['what it may not say, and is not heard', '192.0.2.7', 'console.example', 'evil.example', 200],
  ['what it may not say, under a wrong name', '192.0.2.7', 'evil.example', 'console.example', 403],
])('who forwards a request says %s', async (_what, address, host, forwarded, status) => {
  const answer = await signIn(address, { host, 'x-forwarded-host': forwarded })
  expect(answer.statusCode).toBe(status)
})

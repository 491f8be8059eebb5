import { once } from 'node:events'
import { copyFile, mkdtemp, rename, rm, writeFile } from 'node:fs/promises'
import { request, type RequestOptions } from 'node:https'
import type { IncomingHttpHeaders } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { connect } from 'node:tls'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { readTlsPair } from '../../../server/adapters/http/tls-files.ts'
import { hasOpenssl, makeCertificate, shownBy, type TestCertificate } from '../../support/certificates.ts'
import { collect, freePort, spawnServer } from '../../support/server-process.ts'
import { ownerToken, startTestServer, type TestServer } from '../../support/test-server.ts'
import { until } from '../../support/until.ts'

const settings = { cert: 'SWITCHYARD_TLS_CERT', key: 'SWITCHYARD_TLS_KEY' }

interface Answer {
  readonly status: number | undefined
  readonly headers: IncomingHttpHeaders
  readonly text: string
}
const ask = (url: string, options: RequestOptions, body?: string): Promise<Answer> =>
  new Promise((settle, reject) => {
    const sent = request(url, { agent: false, ...options }, (response) => {
      let text = ''
      response.on('data', (piece: Buffer) => (text += piece.toString()))
      response.on('end', () => settle({ status: response.statusCode, headers: response.headers, text }))
    })
    sent.on('error', reject)
    sent.end(body)
  })
const portOf = (url: string): number => Number(new URL(url).port)

describe.skipIf(!hasOpenssl())('TLS by files', { timeout: 60_000 }, () => {
  let folder: string
  let one: TestCertificate
  let two: TestCertificate
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'switchyard-tls-'))
    one = await makeCertificate(folder, 'one')
    two = await makeCertificate(folder, 'two')
  })
  afterAll(() => rm(folder, { recursive: true, force: true }))

  const inUse = () => ({ certFile: join(folder, 'used.pem'), keyFile: join(folder, 'used.key') })
  const use = async ({ certFile, keyFile }: TestCertificate): Promise<void> => {
    const used = inUse()
    // As certificate clients do it: written beside, then put in its place.
    await copyFile(keyFile, `${used.keyFile}.new`)
    await copyFile(certFile, `${used.certFile}.new`)
    await rename(`${used.keyFile}.new`, used.keyFile)
    await rename(`${used.certFile}.new`, used.certFile)
  }

  describe('a pair that cannot work is refused, naming the file and the way out', () => {
    it.each<[string, (files: { certFile: string; keyFile: string }) => Promise<unknown>, RegExp]>([
      ['a missing file', ({ certFile }) => rm(certFile), /SWITCHYARD_TLS_CERT names .*, which is not there/],
      ['no certificate', ({ certFile }) => writeFile(certFile, 'hello'), /SWITCHYARD_TLS_CERT .* holds no certificate/],
      ['no key', ({ keyFile }) => writeFile(keyFile, 'hello'), /SWITCHYARD_TLS_KEY .* holds no key .* passphrase/],
      ['the key of another', ({ keyFile }) => copyFile(two.keyFile, keyFile), /does not belong to the certificate/],
      ['half a certificate', ({ certFile }) => writeFile(certFile, one.cert.slice(0, 200)), /holds no certificate/],
    ])('%s', async (_what, spoil, words) => {
      const files = { certFile: join(folder, 'spoilt.pem'), keyFile: join(folder, 'spoilt.key') }
      await copyFile(one.certFile, files.certFile)
      await copyFile(one.keyFile, files.keyFile)
      await readTlsPair(files, settings)
      await spoil(files)
      const refused = await readTlsPair(files, settings).catch((error: unknown) => error)
      expect(refused).toMatchObject({ name: 'DomainError', code: 'INVALID_INPUT' })
      expect((refused as Error).message).toMatch(words)
      expect((refused as Error).message).not.toContain('BEGIN')
    })
  })

  describe('on both listeners', () => {
    let test: TestServer
    beforeAll(async () => {
      await use(one)
      test = await startTestServer({ tls: inUse(), adminTls: inUse(), adminAllowedHosts: ['console.example'] })
    })
    afterAll(() => test.close())
    const trusted = () => ({ ca: [one.cert, two.cert] })
    const partsOf = async (): Promise<string> => (await ask(`${test.server.urls.admin}/readyz`, trusted())).text

    it('answers webhooks and the API over HTTPS, and nothing over HTTP', async () => {
      const { webhooks, admin } = test.server.urls
      expect([webhooks, admin].map((url) => new URL(url).protocol)).toEqual(['https:', 'https:'])
      const voice = await ask(`${webhooks}/voice/nobody/application`, { ...trusted(), method: 'POST' }, '{}')
      expect([voice.status, voice.text]).toEqual([200, expect.stringContaining('<Reject reason="rejected"/>')])
      const headers = { authorization: `Bearer ${ownerToken}` }
      expect((await ask(`${admin}/api/v1/tenants`, { ...trusted(), headers })).status).toBe(200)
      await expect(fetch(`http://127.0.0.1:${portOf(admin)}/healthz`)).rejects.toThrow()
    })

    it('takes no TLS older than 1.2', async () => {
      const socket = connect({
        port: portOf(test.server.urls.webhooks),
        host: '127.0.0.1',
        maxVersion: 'TLSv1.1',
        minVersion: 'TLSv1',
        ciphers: 'DEFAULT@SECLEVEL=0',
        rejectUnauthorized: false,
      })
      const [error] = (await once(socket, 'error')) as [Error]
      expect(error).toBeInstanceOf(Error)
    })

    it('has browsers keep to it, under names that are not of every machine', async () => {
      const hsts = async (host: string) =>
        (await ask(`${test.server.urls.admin}/readyz`, { ...trusted(), headers: { host } })).headers[
          'strict-transport-security'
        ]
      expect(await hsts('console.example')).toBe('max-age=31536000')
      expect(await hsts('localhost:8081')).toBeUndefined()
    })

    it('signs browsers in with a cookie that travels over nothing else', async () => {
      const code = (await test.server.signInLink()).split('code=')[1]
      const headers = { 'content-type': 'application/json' }
      const opened = await ask(
        `${test.server.urls.admin}/api/v1/session`,
        { ...trusted(), method: 'POST', headers },
        JSON.stringify({ code }),
      )
      expect(opened.headers['set-cookie']?.[0]).toMatch(/^__Host-switchyard_session=.*; Secure/)
    })

    it('shows a new certificate once its files are there, while connections go on with the old one', async () => {
      const port = portOf(test.server.urls.webhooks)
      expect(await shownBy(port)).toBe(one.fingerprint)
      const open = connect({ port, host: '127.0.0.1', ca: one.cert })
      await once(open, 'secureConnect')
      await use(two)
      await until(async () => (await shownBy(port)) === two.fingerprint, 20_000)
      await until(async () => (await shownBy(portOf(test.server.urls.admin))) === two.fingerprint, 20_000)
      open.write('GET /healthz HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n')
      const [heard] = (await once(open, 'data')) as [Buffer]
      expect(heard.toString()).toContain('200 OK')
      open.destroy()
    })

    it('goes on with the one before when the new one cannot work, says so, and recovers', async () => {
      const port = portOf(test.server.urls.webhooks)
      await use(two)
      await test.server.reloadTls()
      await writeFile(inUse().certFile, 'this is no certificate')
      expect(await test.server.reloadTls()).toBe(true)
      expect(await shownBy(port)).toBe(two.fingerprint)
      const told = await partsOf()
      expect(told).toContain('"tls_webhooks"')
      expect(told).toContain('the one before stays in use')
      await use(one)
      await until(async () => (await shownBy(port)) === one.fingerprint, 20_000)
      await until(async () => !(await partsOf()).includes('tls_'), 20_000)
    })

    it('tells of a certificate that is valid for few days more', async () => {
      await use(await makeCertificate(folder, 'short', 5))
      await test.server.reloadTls()
      const { status, text } = await ask(`${test.server.urls.admin}/readyz`, { rejectUnauthorized: false })
      expect([status, text]).toEqual([200, expect.stringContaining('is valid until')])
      await use(one)
      await test.server.reloadTls()
    })
  })

  it('closes with connections that have said nothing, and with those that are kept alive', async () => {
    await use(one)
    const test = await startTestServer({ tls: inUse() })
    const port = portOf(test.server.urls.webhooks)
    const [silent, kept] = [0, 1].map(() => connect({ port, host: '127.0.0.1', rejectUnauthorized: false }))
    await Promise.all([once(silent!, 'secureConnect'), once(kept!, 'secureConnect')])
    kept!.write('GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n')
    await once(kept!, 'data')
    const gone = Promise.all([once(silent!, 'close'), once(kept!, 'close')])
    for (const socket of [silent!, kept!]) socket.on('error', () => undefined).resume()
    await test.close()
    await gone
  })

  it('is read again on SIGHUP', async () => {
    await use(one)
    const dataDir = await mkdtemp(join(tmpdir(), 'switchyard-tls-'))
    const [port, adminPort] = [await freePort(), await freePort()]
    const { certFile, keyFile } = inUse()
    const child = spawnServer({
      SWITCHYARD_DATA_DIR: dataDir,
      SWITCHYARD_PORT: String(port),
      SWITCHYARD_ADMIN_PORT: String(adminPort),
      SWITCHYARD_TLS_CERT: certFile,
      SWITCHYARD_TLS_KEY: keyFile,
    })
    const output = collect(child)
    await until(() => output().includes('Console:'), 20_000)
    await use(two)
    child.kill('SIGHUP')
    await until(async () => (await shownBy(port)) === two.fingerprint)
    expect((await fetch(`http://127.0.0.1:${adminPort}/healthz`)).status).toBe(200)
    const gone = once(child, 'exit')
    child.kill('SIGTERM')
    await gone
    expect(child.exitCode).toBe(0)
    await rm(dataDir, { recursive: true, force: true })
  })
})

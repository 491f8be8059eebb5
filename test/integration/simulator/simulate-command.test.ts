import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Summary } from '../../../server/simulator/index.ts'
import { runCommand } from '../../support/command.ts'
import { startFakeControlPlane, type FakeControlPlane } from '../../support/fake-control-plane.ts'

const run = (...args: string[]) => runCommand(['simulate', ...args])

describe('switchyard simulate', () => {
  let server: FakeControlPlane
  let folder: string
  beforeAll(async () => {
    server = await startFakeControlPlane()
    folder = await mkdtemp(join(tmpdir(), 'simulate-'))
  })
  afterAll(async () => {
    await server.close()
    await rm(folder, { recursive: true })
  })
  const write = async (name: string, text: string): Promise<string> => {
    await writeFile(join(folder, name), text)
    return join(folder, name)
  }

  it('plays a scenario, the command line winning over the file, and prints JSON', async () => {
    const scenario = await write('good.json', JSON.stringify({ calls: 500, to: '+12025550111', duplicates: 0 }))
    const { code, stdout } = await run(
      '--url',
      server.url,
      '--tenant-key',
      'k',
      '--scenario',
      scenario,
      '--calls',
      '5',
      '--json',
    )
    const summary = JSON.parse(stdout) as Summary
    expect(summary).toMatchObject({ calls: 5, wrongAnswers: { count: 0 } })
    expect(server.requests.some(({ body }) => body.includes('"To":"+12025550111"'))).toBe(true)
    expect(code).toBe(0)
  })

  it('serves the Cloudonix API beside the calls, and stops with them', async () => {
    const scenario = await write('api.json', JSON.stringify({ calls: 3, api: { errors: 0.5 } }))
    const args = ['--url', server.url, '--tenant-key', 'k', '--scenario', scenario, '--api-port', '0', '--json']
    const { code, stdout, stderr } = await run(...args)
    expect(JSON.parse(stdout) as Summary).toMatchObject({ calls: 3, wrongAnswers: { count: 0 } })
    expect(stderr).toMatch(/Cloudonix API: http:\/\/127\.0\.0\.1:\d+ \(start the server with SWITCHYARD_CLOUDONIX_URL=/)
    expect(code).toBe(0)
    const taken = await run('--url', server.url, '--tenant-key', 'k', '--api-port', new URL(server.url).port)
    expect(taken.stderr).toContain('choose another with --api-port')
    expect(taken.code).toBe(1)
  })

  it('ends with 1 after wrong answers, and prints them', async () => {
    const broken = createServer((_request, response) => response.writeHead(500).end())
    await new Promise<void>((settle) => broken.listen(0, '127.0.0.1', settle))
    const { port } = broken.address() as AddressInfo
    const { code, stdout } = await run('--url', `http://127.0.0.1:${port}`, '--tenant-key', 'k', '--calls', '1')
    broken.close()
    expect(code).toBe(1)
    expect(stdout).toMatch(/Wrong answers: \d+/)
    expect(stdout).toContain('HTTP 500')
  })

  it('says in one line that nobody listens, and stops', async () => {
    const { code, stdout, stderr } = await run('--url', 'http://127.0.0.1:1', '--tenant-key', 'k', '--calls', '100')
    expect(code).toBe(1)
    expect(stdout).toBe('')
    expect(stderr.trim()).toBe(
      'error: Nobody listens at http://127.0.0.1:1 (ECONNREFUSED). Start the server, or name another with --url',
    )
  })

  it.each([
    ['a scenario that cannot be played', '{"calls":"many"}', 'error: calls must be'],
    ['a scenario that is not JSON', 'calls: 5', 'is not JSON'],
  ])('refuses %s', async (_what, text, message) => {
    const { code, stderr } = await run(
      '--url',
      server.url,
      '--tenant-key',
      'k',
      '--scenario',
      await write('bad.json', text),
    )
    expect(code).toBe(1)
    expect(stderr).toContain(message)
  })

  it('refuses a missing file, numbers that are none, and verification without access', async () => {
    expect(
      (await run('--url', server.url, '--tenant-key', 'k', '--scenario', join(folder, 'none.json'))).stderr,
    ).toContain('Cannot read the scenario')
    expect((await run('--tenant-key', 'k', '--calls', 'x')).stderr).toContain('Not a number')
    expect((await run('--tenant-key', 'k', '--url', 'localhost')).stderr).toContain('localhost is not a URL')
    expect((await run('--tenant-key', 'k', '--verify')).stderr).toContain('--verify needs --token and --tenant')
  })
})

import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { runCommand } from '../../support/command.ts'

const root = join(import.meta.dirname, '..', '..', '..')

let dataDir: string
beforeAll(async () => {
  dataDir = await mkdtemp(join(tmpdir(), 'switchyard-cli-'))
})
afterAll(() => rm(dataDir, { recursive: true, force: true }))

const run = (args: readonly string[], env: Record<string, string> = {}) =>
  runCommand(args, { PATH: process.env['PATH'], SWITCHYARD_DATA_DIR: dataDir, ...env })

describe('the command line', () => {
  it('tells its version and, for the server, every setting', async () => {
    const { version } = JSON.parse(await readFile(join(root, 'package.json'), 'utf8')) as { version: string }
    expect((await run(['--version'])).stdout.trim()).toBe(version)
    expect((await run(['serve', '--help'])).stdout).toContain('SWITCHYARD_ADMIN_ALLOWED_HOSTS')
  })

  it.each([
    [{ SWITCHYARD_ADMIN_HOST: '0.0.0.0' }, 'http://127.0.0.1:8081/#/sign-in?code='],
    [{ SWITCHYARD_ADMIN_HOST: '::', SWITCHYARD_ADMIN_PORT: '9000' }, 'http://[::1]:9000/#/sign-in?code='],
    [{ SWITCHYARD_ADMIN_HOST: 'fd00::1' }, 'http://[fd00::1]:8081/#/sign-in?code='],
  ])('prints a link that a browser can open, with %j', async (env, start) => {
    const { code, stdout } = await run(['sign-in-link'], env)
    expect(stdout.slice(0, start.length)).toBe(start)
    expect(code).toBe(0)
  })

  it.each<[string, string[], Record<string, string>, RegExp]>([
    ['a port that nobody knows yet', ['sign-in-link'], { SWITCHYARD_ADMIN_PORT: '0' }, /SWITCHYARD_ADMIN_PORT is 0/],
    ['a log level that is none', ['token', 'list'], { SWITCHYARD_LOG_LEVEL: 'loud' }, /wants one of trace, debug/],
    ['an unknown tenant', ['token', 'create', '--role', 'admin', '--tenant', 'x'], {}, /There is no tenant x/],
    ['an owner of one tenant', ['token', 'create', '--tenant', 'x'], {}, /choose the role admin/],
    [
      'a new key beside a key file',
      ['key', 'rotate'],
      { SWITCHYARD_NEW_MASTER_KEY: 'a'.repeat(64) },
      /leave SWITCHYARD_NEW_MASTER_KEY out/,
    ],
    [
      'no new key beside one of the environment',
      ['key', 'rotate'],
      { SWITCHYARD_MASTER_KEY: 'a'.repeat(64) },
      /Name the next one in SWITCHYARD_NEW_MASTER_KEY/,
    ],
    [
      'a public URL with a user',
      ['serve'],
      { SWITCHYARD_PUBLIC_URL: 'http://a:b@example.com' },
      /SWITCHYARD_PUBLIC_URL/,
    ],
  ])('refuses %s in one line', async (_name, args, env, words) => {
    const { code, stdout, stderr } = await run(args, env)
    expect(stderr).toMatch(words)
    expect(stderr.trim().split('\n')).toHaveLength(1)
    expect({ code, stdout }).toEqual({ code: 1, stdout: '' })
  })
})

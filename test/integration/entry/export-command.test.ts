import { execFileSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { mkdir, readFile, rmdir, symlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { createExportCommand } from '../../../server/entry/cli/export.ts'
import type { Export } from '../../../shared/contract/exports.ts'
import { addCallRows } from '../../support/call-rows.ts'
import { startCommand } from '../../support/command.ts'
import { exportFilesOf } from '../../support/exports.ts'
import { createSite, type Site } from '../../support/site.ts'
import { ownerToken, startTestServer, type TestServer } from '../../support/test-server.ts'

let test: TestServer
let site: Site
beforeAll(async () => {
  test = await startTestServer()
  site = await createSite(test)
  addCallRows(test.dataDir, site.tenant.id, site.agents[0]!.id, 20_000)
}, 60_000)
afterAll(() => test.close())

const start = (...args: string[]) =>
  startCommand(['export', 'calls', ...args, '--api', test.server.urls.admin], {
    ...process.env,
    SWITCHYARD_TOKEN: ownerToken,
  })
/** In this process; rejects with what would be printed. */
const run = async (...args: string[]): Promise<void> => {
  const command = createExportCommand()
  for (const one of [command, ...command.commands]) one.exitOverride().configureOutput({ writeErr: () => undefined })
  const told = vi.spyOn(process.stderr, 'write').mockReturnValue(true)
  try {
    await command.parseAsync(['calls', ...args, '--api', test.server.urls.admin, '--token', ownerToken], {
      from: 'user',
    })
  } finally {
    told.mockRestore()
  }
}
const range = ['--from', '2023-11-14T22:13:20Z', '--to', '2023-11-14T22:13:22Z', '--order', 'asc']
const busy = [...range, '--filter', '{"state":"busy"}', '--fields', 'state']
const exportsLeft = async (): Promise<Export[]> =>
  (await test.api<{ items: Export[] }>('GET', `${site.path}/exports`)).body.items

describe('switchyard export calls', () => {
  it('writes records to standard output, and leaves nothing on the server', { timeout: 30_000 }, async () => {
    const { code, stdout, stderr } = await start(...range, '--fields', 'startedAt, state', '--format', 'json').ended
    expect(stdout.split('\n')[0]).toBe('{"startedAt":"2023-11-14T22:13:20.000Z","state":"completed"}')
    expect([code, stderr]).toEqual([0, '5 calls exported\n'])
    expect(await exportsLeft()).toEqual([])
    expect(await exportFilesOf(test.dataDir)).toEqual([])
  })

  it('says in a line what is wrong', async () => {
    for (const [args, message] of [
      [['--fields', 'secret'], 'fields[0]'],
      [['--from', 'soon'], 'Write a date such as'],
      [['--filter', '{'], 'Write a JSON object'],
      [['--filter', '["busy"]'], 'Write a JSON object'],
      [['--filter', 'null'], 'Write a JSON object'],
      [['--tenant', 'nobody'], 'There is no tenant nobody'],
      [['--to', '2023-11-15', '--output', join(test.dataDir, 'no', 'folder.csv')], 'could not be written'],
    ] as const)
      await expect(run(...args)).rejects.toThrow(message)
    expect(await exportsLeft()).toEqual([])
  })

  it('replaces a file by a whole one only', async () => {
    const file = join(test.dataDir, 'kept.csv')
    await writeFile(file, 'before')
    const folder = join(test.dataDir, 'kept.csv.part')
    await mkdir(folder)
    await expect(run(...range, '--output', file)).rejects.toThrow('could not be written')
    expect(await readFile(file, 'utf8')).toBe('before')
    await rmdir(folder)
    await run(...busy, '--output', file)
    expect(await readFile(file, 'utf8')).toBe('state\r\nbusy\r\n')
    expect(await exportsLeft()).toEqual([])
  })

  it.skipIf(process.platform === 'win32')('writes where a link leads, and to a pipe, which stays', async () => {
    const file = join(test.dataDir, 'linked.csv')
    const link = join(test.dataDir, 'link.csv')
    await writeFile(file, 'before')
    await symlink(file, link)
    await run(...busy, '--output', link)
    expect(await readFile(file, 'utf8')).toBe('state\r\nbusy\r\n')
    const pipe = join(test.dataDir, 'pipe')
    execFileSync('sh', ['-c', `mkfifo '${pipe}'`])
    const [piped] = await Promise.all([readFile(pipe, 'utf8'), run(...busy, '--output', pipe)])
    expect([piped, existsSync(pipe)]).toEqual(['state\r\nbusy\r\n', true])
  })

  it('ends without a word when whoever reads has enough', { timeout: 30_000 }, async () => {
    const { child, ended } = start('--format', 'json')
    child.stdout.once('data', () => child.stdout.destroy())
    const { code, stderr } = await ended
    expect([code, stderr]).toEqual([0, ''])
    expect(await exportsLeft()).toEqual([])
  })

  it('cancels with Ctrl-C', { timeout: 30_000 }, async () => {
    const off = test.server.events.subscribe(({ name, payload }) => {
      if (name === 'export.changed' && payload.export.rows > 0) child.kill('SIGINT')
    })
    const { child, ended } = start('--format', 'xlsx', '--output', join(test.dataDir, 'never.xlsx'))
    const { code, stderr } = await ended
    off()
    expect(stderr).toContain('Cancelled')
    expect(code).toBe(130)
    expect(await exportsLeft()).toEqual([])
    expect(await exportFilesOf(test.dataDir)).toEqual([])
  })
})

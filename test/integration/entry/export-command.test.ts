import { spawn } from 'node:child_process'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Export } from '../../../shared/contract/exports.ts'
import { addCallRows } from '../../support/call-rows.ts'
import { exportFilesOf } from '../../support/exports.ts'
import { createSite, type Site } from '../../support/site.ts'
import { ownerToken, startTestServer, type TestServer } from '../../support/test-server.ts'

const cli = join(import.meta.dirname, '..', '..', '..', 'server', 'entry', 'cli', 'index.ts')

let test: TestServer
let site: Site
beforeAll(async () => {
  test = await startTestServer()
  site = await createSite(test)
  addCallRows(test.dataDir, site.tenant.id, site.agents[0]!.id, 60_000)
}, 60_000)
afterAll(() => test.close())

const start = (...args: string[]) => {
  const child = spawn(process.execPath, [cli, 'export', 'calls', ...args, '--api', test.server.urls.admin], {
    env: { ...process.env, SWITCHYARD_TOKEN: ownerToken },
  })
  const ended = new Promise<{ code: number | null; stdout: string; stderr: string }>((resolve, reject) => {
    let stdout = ''
    let stderr = ''
    child.stdout.on('data', (chunk) => (stdout += String(chunk)))
    child.stderr.on('data', (chunk) => (stderr += String(chunk)))
    child.on('error', reject)
    child.on('close', (code) => resolve({ code, stdout, stderr }))
  })
  return { child, ended }
}
const exportsLeft = async (): Promise<Export[]> =>
  (await test.api<{ items: Export[] }>('GET', `${site.path}/exports`)).body.items

describe('switchyard export calls', () => {
  it('writes records to standard output or a file, and leaves nothing on the server', { timeout: 30_000 }, async () => {
    const range = ['--from', '2023-11-14T22:13:20Z', '--to', '2023-11-14T22:13:22Z', '--order', 'asc']
    const { code, stdout, stderr } = await start(...range, '--fields', 'startedAt, state', '--format', 'json').ended
    expect(stdout.split('\n')[0]).toBe('{"startedAt":"2023-11-14T22:13:20.000Z","state":"completed"}')
    expect([code, stderr]).toEqual([0, '5 calls exported\n'])
    const file = join(test.dataDir, 'calls.csv')
    const saved = await start(...range, '--filter', '{"state":"busy"}', '--fields', 'state', '--output', file).ended
    expect([saved.code, saved.stdout, await readFile(file, 'utf8')]).toEqual([0, '', 'state\r\nbusy\r\n'])
    expect(await exportsLeft()).toEqual([])
    expect(await exportFilesOf(test.dataDir)).toEqual([])
  })

  it('says in a line what is wrong', { timeout: 30_000 }, async () => {
    for (const [args, message] of [
      [['--fields', 'secret'], 'fields[0]'],
      [['--from', 'soon'], 'Write a date such as'],
      [['--filter', '{'], 'Write a JSON object'],
      [['--tenant', 'nobody'], 'There is no tenant nobody'],
      [['--to', '2023-11-15', '--output', join(test.dataDir, 'no', 'folder.csv')], 'could not be written'],
    ] as const) {
      const { code, stderr } = await start(...args).ended
      expect(stderr).toContain(message)
      expect(code).toBe(1)
    }
    expect(await exportsLeft()).toEqual([])
  })

  it('cancels with Ctrl-C', { timeout: 30_000 }, async () => {
    const off = test.server.events.subscribe(({ name, payload }) => {
      if (name === 'export.changed' && payload.export.state === 'queued') setTimeout(() => child.kill('SIGINT'), 100)
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

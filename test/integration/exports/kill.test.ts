import { execFileSync } from 'node:child_process'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Export } from '../../../shared/contract/exports.ts'
import type { ExportFormat } from '../../../shared/vocabulary.ts'
import { addCallRows } from '../../support/call-rows.ts'
import { exportFilesOf, isUnderWay } from '../../support/exports.ts'
import { freePort, startServerProcess, type ServerProcess } from '../../support/server-process.ts'
import { ownerToken } from '../../support/test-server.ts'

const calls = 300_000
let dataDir: string
let ports: { port: number; adminPort: number }
let running: ServerProcess
let path: string

const api = async <T>(method: string, of: string, body?: object): Promise<T> => {
  const response = await fetch(`${running.admin}/api/v1${of}`, {
    method,
    headers: { authorization: `Bearer ${ownerToken}`, 'content-type': 'application/json' },
    ...(body && { body: JSON.stringify(body) }),
  })
  const text = await response.text()
  if (!response.ok) throw new Error(text)
  return (text === '' ? undefined : JSON.parse(text)) as T
}
const until = async (id: string, isSo: (row: Export) => boolean): Promise<Export> => {
  for (;;) {
    const row = await api<Export>('GET', `${path}/exports/${id}`)
    if (isSo(row)) return row
    await new Promise((resolve) => setTimeout(resolve, 20))
  }
}
const residentMiB = (): number =>
  Number(execFileSync('ps', ['-o', 'rss=', '-p', String(running.pid)]).toString()) / 1024
const fileOf = (id: string, extension: string): Promise<Buffer> =>
  readFile(join(dataDir, 'exports', path.split('/')[2]!, `${id}.${extension}`))

beforeAll(async () => {
  dataDir = await mkdtemp(join(tmpdir(), 'switchyard-export-'))
  ports = { port: await freePort(), adminPort: await freePort() }
  running = await startServerProcess(dataDir, ports)
  const tenant = await api<{ id: string }>('POST', '/tenants', { name: 'A', domain: 'a.cloudonix.net' })
  path = `/tenants/${tenant.id}`
  addCallRows(dataDir, tenant.id, 'agent', calls)
}, 120_000)
afterAll(async () => {
  await running.end('SIGKILL')
  await rm(dataDir, { recursive: true, force: true })
})

describe('an export of many calls', () => {
  it('takes no more memory for more of them', { timeout: 120_000 }, async () => {
    for (const format of ['csv', 'xlsx'] as const) {
      const { id } = await api<Export>('POST', `${path}/exports`, { format })
      await until(id, ({ rows }) => rows > calls / 6)
      const early = residentMiB()
      let most = early
      const done = await until(id, (row) => {
        most = Math.max(most, residentMiB())
        return !isUnderWay(row)
      })
      expect(done).toMatchObject({ state: 'done', rows: calls })
      expect(most - early).toBeLessThan(100)
      await api('DELETE', `${path}/exports/${id}`)
    }
  })

  it.each<[ExportFormat, string]>([
    ['csv', 'csv'],
    ['json', 'jsonl'],
    ['xlsx', 'xlsx'],
  ])(
    'as %s comes out the same when the server is killed in the middle',
    { timeout: 120_000 },
    async (format, extension) => {
      const filter = format === 'xlsx' ? { endMs: 1_700_000_030_000 } : {}
      const whole = await api<Export>('POST', `${path}/exports`, { format, filter })
      const done = await until(whole.id, (row) => !isUnderWay(row))
      const killed = await api<Export>('POST', `${path}/exports`, { format, filter })
      if (format !== 'xlsx') await until(killed.id, ({ rows }) => rows > calls / 2)
      await running.end('SIGKILL')
      if (format !== 'xlsx') expect(await exportFilesOf(dataDir)).toContain(`${killed.id}.${extension}.part`)
      running = await startServerProcess(dataDir, ports)
      const row = await until(killed.id, (one) => !isUnderWay(one))
      expect(row).toMatchObject({ state: 'done', rows: done.rows })
      const again = await fileOf(killed.id, extension)
      expect(again.equals(await fileOf(whole.id, extension)) || format === 'xlsx').toBe(true)
      expect(again.length).toBe(done.bytes)
      expect((await exportFilesOf(dataDir)).filter((name) => name.endsWith('.part'))).toEqual([])
    },
  )

  it('goes on where it was after a restart', { timeout: 120_000 }, async () => {
    const { id } = await api<Export>('POST', `${path}/exports`, { format: 'json', order: 'asc' })
    await until(id, ({ rows }) => rows > calls / 4)
    await running.end('SIGTERM')
    running = await startServerProcess(dataDir, ports)
    expect((await api<Export>('GET', `${path}/exports/${id}`)).rows).toBeGreaterThan(calls / 4 - 4001)
    expect(await until(id, (row) => !isUnderWay(row))).toMatchObject({ state: 'done', rows: calls })
    const lines = (await fileOf(id, 'jsonl')).toString().trimEnd().split('\n')
    expect(new Set(lines).size).toBe(calls)
  })
})

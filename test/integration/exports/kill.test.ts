import { execFileSync } from 'node:child_process'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Export } from '../../../shared/contract/exports.ts'
import { addCallRows } from '../../support/call-rows.ts'
import { exportFilesOf, isUnderWay, readExport } from '../../support/exports.ts'
import { freePort, startServerProcess, type ServerProcess } from '../../support/server-process.ts'

/** Few, for a computer with much to do, and large, so that their files take a second or two. */
const calls = 24_000
const reasonLength = 6000
let dataDir: string
let ports: { port: number; adminPort: number }
let running: ServerProcess
let path: string

const api = async <T>(method: string, of: string, body?: object): Promise<T> => {
  const { status, body: answer, text } = await running.api<T>(method, of, body)
  if (status >= 400) throw new Error(text)
  return answer
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
  addCallRows(dataDir, tenant.id, 'agent', calls, reasonLength)
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

  it('has each of them once when the server is killed in the middle', { timeout: 120_000 }, async () => {
    const { id } = await api<Export>('POST', `${path}/exports`, { format: 'csv' })
    await until(id, ({ rows }) => rows > calls / 8)
    await running.end('SIGKILL')
    expect(await exportFilesOf(dataDir)).toContain(`${id}.csv.part`)
    running = await startServerProcess(dataDir, ports)
    expect(await until(id, (row) => !isUnderWay(row))).toMatchObject({ state: 'done', rows: calls })
    const lines = (await fileOf(id, 'csv')).toString().split('\r\n')
    expect([lines.length, new Set(lines).size]).toEqual([calls + 2, calls + 2])
    expect(await exportFilesOf(dataDir)).toEqual([`${id}.csv`])
  })

  it('begins anew as a workbook when the server is killed in the middle', { timeout: 60_000 }, async () => {
    const filter = { endMs: 1_700_001_000_000 }
    const { id } = await api<Export>('POST', `${path}/exports`, { format: 'xlsx', filter })
    await until(id, ({ rows }) => rows > 0)
    await running.end('SIGKILL')
    expect(await exportFilesOf(dataDir)).toContain(`${id}.xlsx.part`)
    running = await startServerProcess(dataDir, ports)
    const { state, rows } = await until(id, (row) => !isUnderWay(row))
    const told = await readExport('xlsx', await fileOf(id, 'xlsx'))
    expect([state, rows, told.length]).toEqual(['done', 2999, 2999])
  })
})

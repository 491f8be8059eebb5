import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { createExportFiles } from '../../../server/adapters/exports/export-files.ts'
import type { Store } from '../../../server/adapters/sqlite/connect-store.ts'
import { openChangeLock, type ChangeLock } from '../../../server/adapters/sqlite/file/change-lock.ts'
import { createExportRunner, usualExportLimits } from '../../../server/operations/export-runner.ts'
import type { ExportSource } from '../../../server/ports/exports.ts'
import { addCallRows } from '../../support/call-rows.ts'
import { exportFilesOf } from '../../support/exports.ts'
import { aSqliteStore, silent } from '../../support/sqlite-store.ts'
import { aTenant } from '../../support/store-rows.ts'

const tenantId = aTenant().id
const request = { format: 'json', fields: ['id'], filter: {}, order: 'desc' } as const
let store: Store
let dataDir: string
let dispose: () => Promise<void>
beforeAll(async () => {
  ;({ store, dataDir, dispose } = await aSqliteStore())
  await store.configuration.tenants.create(aTenant())
  addCallRows(dataDir, tenantId, 'agent', 1200)
  const made = { state: 'queued', rows: 0, bytes: 0, createdBy: 'me', createdAtMs: 1 } as const
  await store.exports.create({ ...made, id: 'x', tenantId, request, shown: { filter: {}, times: 'utc' } }, 9)
})
afterAll(() => dispose())

const aNode = async (read: ExportSource['read']) => {
  const lock: ChangeLock = await openChangeLock(dataDir, 'exports.lock')
  const runner = createExportRunner({
    store: store.exports,
    source: { ...store.exportSource, read },
    files: createExportFiles(join(dataDir, 'exports')),
    events: { publish: () => undefined },
    // Far from each other, as clocks may be.
    clock: { nowMs: () => Math.round(Math.random() * 1e12), steadyMs: () => performance.now(), micros: () => 0 },
    wait: () => Promise.resolve(),
    log: silent,
    limits: usualExportLimits,
    alone: lock.aloneAtOnce,
  })
  return { lock, runner }
}

it('of two nodes one writes an export, whatever their clocks say, and the other goes on when that is gone', async () => {
  let reads = 0
  let stuck: () => void = () => undefined
  const isStuck = new Promise<void>((resolve) => (stuck = resolve))
  const first = await aNode((asked, from) => {
    reads += 1
    if (reads === 1) return store.exportSource.read(asked, from)
    stuck()
    return new Promise(() => undefined)
  })
  const second = await aNode(store.exportSource.read)
  void first.runner.work()
  await isStuck
  await second.runner.work()
  expect((await store.exports.get(tenantId, 'x'))?.state).toBe('running')
  first.lock.close()
  await second.runner.work()
  expect(await store.exports.get(tenantId, 'x')).toMatchObject({ state: 'done', rows: 1200 })
  expect(await exportFilesOf(dataDir)).toEqual(['x.jsonl'])
  const lines = (await readFile(join(dataDir, 'exports', tenantId, 'x.jsonl'), 'utf8')).trimEnd().split('\n')
  expect([lines.length, new Set(lines).size]).toEqual([1200, 1200])
  second.lock.close()
})

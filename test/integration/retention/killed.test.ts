import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { cp, readdir, readFile, rm } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { gunzipSync } from 'node:zlib'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createArchiveFiles } from '../../../server/adapters/archives/archive-files.ts'
import type { Store } from '../../../server/adapters/sqlite/connect-store.ts'
import { createArchiveEraser } from '../../../server/operations/erase-archives.ts'
import { createRetentionHandlers } from '../../../server/operations/retention.ts'
import { retained } from '../../support/old-records.ts'
import { allSettled } from '../../support/settled.ts'
import { aDataDir, openInlineStore, silent } from '../../support/sqlite-store.ts'

const { tenant, nowMs, day, owner, sought, calls, unit } = retained
const script = resolve(import.meta.dirname, '../../support/records-until-killed.ts')
const ids = Array.from({ length: calls }, (_, n) => unit(n).call!.id)
const isOfNumber = (id: string): boolean => ids.indexOf(id) % 10 === 0

const handlersOf = (store: Store, dataDir: string) =>
  createRetentionHandlers({
    retention: store.retention,
    storage: store.storage,
    archives: createArchiveFiles(dataDir),
    directory: { all: () => [{ tenant }] as never, byId: () => ({ tenant }) as never },
    meta: store.meta,
    isTenant: () => Promise.resolve(true),
    clock: { nowMs: () => nowMs },
    log: silent,
    alone: (work) => work(),
  }).handlers

/** Whether the process was killed before it was done. */
const killAt = async (dataDir: string, work: 'retain' | 'erase', step: number): Promise<boolean> => {
  const child = spawn(process.execPath, [script, dataDir, work, String(step)], {
    stdio: ['ignore', 'ignore', 'inherit'],
  })
  const [code, signal] = (await once(child, 'close')) as [number | null, string | null]
  expect(signal ?? code).toBe(signal === null ? 0 : 'SIGKILL')
  return signal !== null
}
const archivesIn = async (dataDir: string): Promise<string[]> =>
  readdir(join(dataDir, 'archives', 'tenant-1')).catch(() => [])
const idsInArchives = async (dataDir: string): Promise<string[]> => {
  const found: string[] = []
  for (const file of await archivesIn(dataDir))
    if (file.endsWith('.gz'))
      for (const line of gunzipSync(await readFile(join(dataDir, 'archives', 'tenant-1', file)))
        .toString()
        .split('\n'))
        if (line !== '') found.push((JSON.parse(line) as { call: { id: string } }).call.id)
  return found
}
const idsInStore = async (store: Store): Promise<string[]> => {
  const found: string[] = []
  for (let cursor: string | undefined; ;) {
    const page = await store.calls.list('tenant-1', {}, { limit: 200, cursor })
    found.push(...page.items.map(({ id }) => id))
    cursor = page.nextCursor
    if (cursor === undefined) return found.sort()
  }
}

let fresh: string
beforeAll(async () => {
  fresh = await aDataDir()
  const store = await openInlineStore(fresh)
  await store.configuration.tenants.create(tenant)
  await Promise.all(ids.map((_, n) => store.callLog.append(unit(n), 'written')))
  await allSettled(fresh)
  await store.close()
})
afterAll(() => rm(fresh, { recursive: true }))

describe('retention whose process is killed', { timeout: 180_000 }, () => {
  it('loses no call, has none twice, and brings all back, at whichever step it was', async () => {
    let step = 1
    for (; ; step += 1) {
      const dataDir = await aDataDir()
      await cp(fresh, dataDir, { recursive: true })
      const wasKilled = await killAt(dataDir, 'retain', step)
      const store = await openInlineStore(dataDir)
      const left = await idsInStore(store)
      expect(new Set([...left, ...(await idsInArchives(dataDir))])).toEqual(new Set(ids))

      const handlers = handlersOf(store, dataDir)
      await handlers['retention.run'](owner, { tenantId: 'tenant-1' })
      expect(await idsInStore(store)).toEqual([])
      expect(await archivesIn(dataDir)).toEqual([`calls-${day}.jsonl.gz`])
      expect((await idsInArchives(dataDir)).sort()).toEqual(ids)
      expect(await handlers['retention.restore'](owner, { tenantId: 'tenant-1', kind: 'calls', day })).toMatchObject({
        restored: calls,
      })
      expect(await idsInStore(store)).toEqual(ids)
      await store.close()
      await rm(dataDir, { recursive: true })
      if (!wasKilled) break
    }
    expect(step).toBeGreaterThan(6)
  })
})

describe('an erasure whose process is killed among archives', { timeout: 180_000 }, () => {
  it('leaves archives that can be brought back, and none of the number once it is asked for again', async () => {
    const archived = await aDataDir()
    await cp(fresh, archived, { recursive: true })
    expect(await killAt(archived, 'retain', 0)).toBe(false)
    const others = ids.filter((id) => !isOfNumber(id))
    let step = 1
    for (; ; step += 1) {
      const dataDir = await aDataDir()
      await cp(archived, dataDir, { recursive: true })
      const wasKilled = await killAt(dataDir, 'erase', step)
      const store = await openInlineStore(dataDir)
      const restore = () =>
        handlersOf(store, dataDir)['retention.restore'](owner, { tenantId: 'tenant-1', kind: 'calls', day })
      const archives = createArchiveFiles(dataDir)
      await restore()
      expect(await idsInStore(store)).toEqual(expect.arrayContaining(others))
      await archives.settle('tenant-1', await store.retention.archives('tenant-1'))
      await createArchiveEraser(archives, sought)('tenant-1', {
        label: 'erased',
        keep: false,
        tokens: new Set(),
        replace: (file) => store.retention.putArchive('tenant-1', file, nowMs),
      })
      expect((await idsInArchives(dataDir)).sort()).toEqual(others)
      expect(await archivesIn(dataDir)).toEqual([`calls-${day}.jsonl.gz`])
      await restore()
      await store.close()
      await rm(dataDir, { recursive: true })
      if (!wasKilled) break
    }
    expect(step).toBeGreaterThan(2)
    await rm(archived, { recursive: true })
  })
})

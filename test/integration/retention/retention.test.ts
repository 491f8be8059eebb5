import Database from 'better-sqlite3'
import { appendFile, mkdir, readdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { gunzipSync } from 'node:zlib'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createArchiveFiles } from '../../../server/adapters/archives/archive-files.ts'
import { databaseFile } from '../../../server/adapters/sqlite/file/data-directory.ts'
import { createRetentionHandlers } from '../../../server/operations/retention.ts'
import type { RetentionStore } from '../../../server/ports/retention-store.ts'
import type { StoredTenant } from '../../../server/ports/configuration.ts'
import { aTenant, aVoiceUnit } from '../../support/store-rows.ts'
import { allSettled } from '../../support/settled.ts'
import { aSqliteStore, silent } from '../../support/sqlite-store.ts'

const dayMs = 86_400_000
const nowMs = 1_790_000_000_000
const oldMs = Math.floor((nowMs - 100 * dayMs) / dayMs) * dayMs + 5000
const day = new Date(oldMs).toISOString().slice(0, 10)
const calls = 250

const aSite = async (retention: StoredTenant['settings']['retention'] = { callDays: 30, webhookEventDays: 30 }) => {
  const { store, dataDir, dispose } = await aSqliteStore()
  const tenant = aTenant({ id: 'tenant-1', settings: { retention } })
  await store.configuration.tenants.create(tenant)
  const units = Array.from({ length: calls }, (_, n) => {
    const unit = aVoiceUnit('tenant-1', n, oldMs + n)
    const call = { ...unit.call!, state: 'completed' as const, disposition: 'answered' as const, endedAtMs: oldMs + n }
    return { ...unit, call }
  })
  await Promise.all(units.map((unit) => store.callLog.append(unit, 'written')))
  await allSettled(dataDir)
  const make = (over: Partial<RetentionStore>, others: readonly string[] = []) =>
    createRetentionHandlers({
      retention: { ...store.retention, ...over },
      storage: store.storage,
      archives: createArchiveFiles(dataDir),
      directory: {
        all: () => [{ tenant }, ...others.map((id) => ({ tenant: { ...tenant, id } }))] as never,
        byId: (id) => (id === tenant.id ? ({ tenant } as never) : undefined),
      },
      meta: store.meta,
      isTenant: async (id) => (await store.configuration.tenants.get(undefined, id)) !== undefined,
      clock: { nowMs: () => nowMs },
      log: silent,
      alone: (work) => work(),
    })
  const open = (over: Partial<RetentionStore> = {}) => make(over).handlers
  const runAll = (others: readonly string[]): Promise<void> => make({}, others).run()
  return { store, dataDir, dispose, open, runAll, tokens: units.map(({ call }) => call.token) }
}
type Made = Awaited<ReturnType<typeof aSite>>
const owner = { kind: 'token', name: 't', role: 'owner' } as const
const detail = ({ store }: Made, token: string): Promise<unknown> => store.calls.get('tenant-1', token)
const archived = async ({ dataDir }: Made, kind: string): Promise<string[]> =>
  gunzipSync(await readFile(join(dataDir, 'archives', 'tenant-1', `${kind}-${day}.jsonl.gz`)))
    .toString()
    .trimEnd()
    .split('\n')
const total = async ({ store }: Made): Promise<number> =>
  (await store.calls.list('tenant-1', {}, { limit: 1 })).total ?? 0

let site: Made
beforeAll(async () => {
  site = await aSite()
})
afterAll(() => site.dispose())

describe('retention', () => {
  it('archives what is too old, removes it in small steps, and brings it back as it was', async () => {
    const handlers = site.open()
    const before = await Promise.all(site.tokens.map((token) => detail(site, token)))
    const steps: number[] = []
    const drop: RetentionStore['drop'] = async (...of) => {
      const dropped = await site.store.retention.drop(...of)
      steps.push(dropped)
      return dropped
    }
    const week = { fromMs: oldMs - dayMs, untilMs: oldMs + dayMs }
    const sums = () => site.store.analytics.sums('tenant-1', { dimension: 'tenant', key: '' }, [week])
    const figures = await sums()
    expect(figures).toMatchObject([{ calls }])
    expect(await site.open({ drop })['retention.run'](owner, { tenantId: 'tenant-1' })).toEqual({
      calls,
      webhookEvents: calls,
    })
    expect(Math.max(...steps)).toBeLessThanOrEqual(300)
    expect(steps.filter((step) => step > 0).length).toBeGreaterThan(3)
    expect(await total(site)).toBe(0)
    expect(await detail(site, site.tokens[7]!)).toBeUndefined()
    expect(await archived(site, 'calls')).toHaveLength(calls)

    await site.store.analytics.requestRebuild('tenant-1', nowMs)
    await site.store.analytics.rebuild()
    expect(await sums()).toEqual(figures)

    for (const kind of ['webhook_events', 'calls'] as const) {
      const restore = () => handlers['retention.restore'](owner, { tenantId: 'tenant-1', kind, day })
      expect(await restore()).toEqual({ restored: calls, keptUntilMs: nowMs + 30 * dayMs })
      expect(await restore()).toMatchObject({ restored: 0 })
    }
    expect(await Promise.all(site.tokens.map((token) => detail(site, token)))).toEqual(before)
    expect(await sums()).toEqual(figures)
    // It was brought back to be looked at.
    expect(await handlers['retention.run'](owner, { tenantId: 'tenant-1' })).toEqual({ calls: 0, webhookEvents: 0 })
  })

  it('loses nothing and keeps nothing twice when it ends between the archive and the last row', async () => {
    const made = await aSite({ callDays: 30 })
    let steps = 0
    const drop: RetentionStore['drop'] = async (...of) => {
      if ((steps += 1) === 2) throw new Error('killed')
      return made.store.retention.drop(...of)
    }
    await expect(made.open({ drop })['retention.run'](owner, { tenantId: 'tenant-1' })).rejects.toThrow('killed')
    expect(await total(made)).toBe(calls - 100)
    await made.open()['retention.run'](owner, { tenantId: 'tenant-1' })
    expect(await total(made)).toBe(0)
    const ids = (await archived(made, 'calls')).map((line) => (JSON.parse(line) as { call: { id: string } }).call.id)
    expect(ids).toHaveLength(calls)
    expect(new Set(ids).size).toBe(calls)
    await made.dispose()
  })

  it('refuses a damaged archive by its name, and brings nothing of it back', async () => {
    const made = await aSite({ callDays: 30 })
    const handlers = made.open()
    await handlers['retention.run'](owner, { tenantId: 'tenant-1' })
    const folder = join(made.dataDir, 'archives', 'tenant-1')
    const [file] = await readdir(folder)
    await appendFile(join(folder, file!), 'x')
    await expect(handlers['retention.restore'](owner, { tenantId: 'tenant-1', kind: 'calls', day })).rejects.toThrow(
      file,
    )
    expect(await total(made)).toBe(0)
    await expect(
      handlers['retention.restore'](owner, { tenantId: 'tenant-1', kind: 'calls', day: '2026-02-31' }),
    ).rejects.toThrow('no day')
    await expect(
      handlers['retention.restore'](owner, { tenantId: 'tenant-1', kind: 'calls', day: '2020-01-01' }),
    ).rejects.toThrow('no archive')
    await made.dispose()
  })

  it('removes without an archive where that is set, old sums too, and gives the room back', async () => {
    const made = await aSite({ callDays: 30, webhookEventDays: 30, rollupDays: 60, archive: false })
    await made.open()['retention.run'](owner, { tenantId: 'tenant-1' })
    expect(await readdir(made.dataDir)).not.toContain('archives')
    const size = await made.open()['retention.size'](owner, { tables: true })
    expect(size).toMatchObject({ shrinks: true, archiveBytes: 0, exportBytes: 0 })
    expect(size.tables?.map(({ name }) => name)).toContain('call_records')
    expect(size.freeBytes).toBeGreaterThan(0)
    await made.store.storage.shrink()
    const after = await made.open()['retention.size'](owner, {})
    expect(after.freeBytes).toBe(0)
    expect(after.databaseBytes).toBeLessThan(size.databaseBytes)
    expect(after.tables).toBeUndefined()
    await made.dispose()
  })

  it('goes by the site where the tenant says nothing, and by the tenant where it does', async () => {
    const made = await aSite({ webhookEventDays: 3650 })
    const handlers = made.open()
    expect(await handlers['retention.get'](owner, {})).toEqual({ version: 1 })
    const changed = { version: 2, callDays: 30, webhookEventDays: 30, archive: false, updatedAtMs: nowMs }
    expect(
      await handlers['retention.update'](owner, { version: 1, callDays: 30, webhookEventDays: 30, archive: false }),
    ).toEqual(changed)
    await expect(handlers['retention.update'](owner, { version: 1, callDays: 1 })).rejects.toThrow('you saw version 1')
    expect(await handlers['retention.get'](owner, {})).toEqual(changed)
    expect(await handlers['retention.run'](owner, { tenantId: 'tenant-1' })).toEqual({ calls, webhookEvents: 0 })
    expect(await readdir(made.dataDir)).not.toContain('archives')
    expect(await handlers['retention.update'](owner, { version: 2, callDays: null })).toEqual({
      version: 3,
      webhookEventDays: 30,
      archive: false,
      updatedAtMs: nowMs,
    })
    await made.dispose()
  })

  it('keeps everything for good unless told otherwise', async () => {
    const made = await aSite({})
    expect(await made.open()['retention.run'](owner, { tenantId: 'tenant-1' })).toEqual({ calls: 0, webhookEvents: 0 })
    expect(await total(made)).toBe(calls)
    await made.dispose()
  })

  it('leaves what changed while it was archived, and goes on with the next day', async () => {
    const made = await aSite({ callDays: 30 })
    const late = aVoiceUnit('tenant-1', calls, oldMs)
    const next = aVoiceUnit('tenant-1', calls + 1, oldMs + dayMs)
    for (const [{ call, ...unit }, updatedAtMs] of [
      [late, nowMs - 60_000],
      [next, oldMs + dayMs],
    ] as const)
      await made.store.callLog.append(
        { ...unit, call: { ...call!, state: 'completed', disposition: 'answered', updatedAtMs } },
        'written',
      )
    await allSettled(made.dataDir)
    await made.open()['retention.run'](owner, { tenantId: 'tenant-1' })
    const { items } = await made.store.calls.list('tenant-1', {}, { limit: 10 })
    expect(items.map(({ id }) => id)).toEqual([late.call!.id])
    await made.dispose()
  })

  it('waits with a day whose calls are not all settled, whenever they are', async () => {
    const made = await aSite({ callDays: 30 })
    const db = new Database(databaseFile(made.dataDir))
    const pending = (isPending: 0 | 1) =>
      db.prepare('UPDATE call_records SET is_pending = ? WHERE no % 2 = 0').run(isPending)
    const archivedOnes = async () => (await archived(made, 'calls')).length
    pending(1)
    // As when settling goes on just then.
    const settling: Partial<RetentionStore> = {
      putArchive: async (...of) => {
        await made.store.retention.putArchive(...of)
        pending(0)
      },
    }
    const run = (over: Partial<RetentionStore>) => made.open(over)['retention.run'](owner, { tenantId: 'tenant-1' })
    expect(await run(settling)).toMatchObject({ calls: 0 })
    expect(await total(made)).toBe(calls)
    pending(0)
    // As when a call ends late while its day is archived.
    const ending: Partial<RetentionStore> = {
      putArchive: async (...of) => {
        await made.store.retention.putArchive(...of)
        pending(1)
      },
    }
    expect(await run(ending)).toMatchObject({ calls: 0 })
    expect(await total(made)).toBe(calls)
    pending(0)
    expect(await run({})).toMatchObject({ calls })
    expect([await total(made), await archivedOnes()]).toEqual([0, calls])
    db.close()
    await made.dispose()
  })

  it('goes on with the next tenant when one has a damaged archive, and removes archives of nobody', async () => {
    const made = await aSite({ callDays: 30 })
    const other = aTenant({ id: 'tenant-2', settings: { retention: { callDays: 30 } } })
    await made.store.configuration.tenants.create(other)
    const { call, ...unit } = aVoiceUnit('tenant-2', calls + 2, oldMs)
    await made.store.callLog.append(
      { ...unit, call: { ...call!, state: 'completed', disposition: 'answered' } },
      'written',
    )
    await allSettled(made.dataDir)
    for (const [folder, file] of [
      ['tenant-1', `calls-${day}.jsonl.gz`],
      ['tenant-0', 'calls-2020-01-01.jsonl.gz'],
    ] as const) {
      await mkdir(join(made.dataDir, 'archives', folder), { recursive: true })
      await writeFile(join(made.dataDir, 'archives', folder, file), 'not compressed')
    }
    await made.runAll([other.id])
    expect((await made.store.calls.list('tenant-1', {}, { limit: 1 })).total).toBe(calls)
    expect((await made.store.calls.list('tenant-2', {}, { limit: 1 })).total).toBe(0)
    expect((await readdir(join(made.dataDir, 'archives'))).sort()).toEqual(['tenant-1', 'tenant-2'])
    await made.dispose()
  })
})

import { mkdtemp, rm, stat } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { performance } from 'node:perf_hooks'
import { databaseFile } from '../server/adapters/sqlite/file/data-directory.ts'
import { loadMasterKey, openSqliteStore } from '../server/adapters/sqlite/open-sqlite-store.ts'
import { aVoiceUnit } from '../test/support/store-rows.ts'
import { type Bench, percentile } from './figures.ts'
import { benchTenant, quiet, tenantId } from './site.ts'

const open = 200
/** What waits for the disk besides voice requests: session updates and CDRs. */
const syncedShare = 0.25

/**
 * How many webhooks' worth of writes the store takes: typical voice requests, each a call with an attempt, four transitions,
 * a decision with its explanation, a webhook event and an answer.
 */
export const benchStore: Bench = async ({ seconds }) => {
  const dataDir = await mkdtemp(join(tmpdir(), 'switchyard-bench-'))
  const store = await openSqliteStore({ dataDir, masterKey: await loadMasterKey(dataDir), log: quiet })
  try {
    await store.configuration.tenants.create(benchTenant)
    const written: number[] = []
    const synced: number[] = []
    let units = 0
    const loop = performance.eventLoopUtilization()
    const cpu = process.cpuUsage()
    const startedAt = performance.now()
    const endsAt = startedAt + seconds * 1000
    const appendMany = async (): Promise<void> => {
      while (performance.now() < endsAt) {
        const n = units++
        const durability = n % (1 / syncedShare) === 0 ? 'synced' : 'written'
        const at = performance.now()
        await store.callLog.append(aVoiceUnit(tenantId, n), durability)
        const waits = durability === 'synced' ? synced : written
        waits.push(performance.now() - at)
      }
    }
    await Promise.all(Array.from({ length: open }, appendMany))
    const elapsed = (performance.now() - startedAt) / 1000
    const busyMicros = performance.eventLoopUtilization(loop).active * 1000
    const { user, system } = process.cpuUsage(cpu)
    await store.close()
    const bytes = (await stat(databaseFile(dataDir))).size
    return {
      title: 'Store: units of work, each what one voice request leaves behind',
      figures: [
        { what: 'written', value: units / elapsed, unit: 'units/s' },
        { what: 'processor time, all threads', value: (user + system) / units, unit: 'µs/unit' },
        { what: 'of the main thread, making the unit included', value: busyMicros / units, unit: 'µs/unit' },
        { what: 'wait until written, p50', value: percentile(written, 0.5), unit: 'ms' },
        { what: 'wait until written, p99', value: percentile(written, 0.99), unit: 'ms' },
        { what: 'wait until synced, p99', value: percentile(synced, 0.99), unit: 'ms' },
        { what: 'on disk', value: bytes / units, unit: 'bytes/unit' },
      ],
      notes: [`${open} units open at once, one in ${1 / syncedShare} waits until it would survive a power cut`],
    }
  } finally {
    await store.close()
    await rm(dataDir, { recursive: true, force: true })
  }
}

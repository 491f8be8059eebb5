import { mkdtemp, rm, stat } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { performance } from 'node:perf_hooks'
import { loadMasterKey, openSqliteStore } from '../server/adapters/sqlite/open-sqlite-store.ts'
import { aTenant, aVoiceUnit } from '../test/support/store-rows.ts'

/**
 * How many webhooks' worth of writes the store takes per second: typical voice requests, each a call with an attempt, four
 * transitions, a decision with its explanation, a webhook event and an answer. `node bench/store.ts [units] [window]`.
 */
const units = Number(process.argv[2] ?? 50_000)
const window = Number(process.argv[3] ?? 2000)

const quiet = { info: () => undefined, warn: console.warn, error: console.error }
const dataDir = await mkdtemp(join(tmpdir(), 'switchyard-bench-'))
const store = await openSqliteStore({ dataDir, masterKey: await loadMasterKey(dataDir), log: quiet })
await store.configuration.tenants.create(aTenant({ id: 'tenant-0000000000001' }))

const made = Array.from({ length: units }, (_, n) => aVoiceUnit('tenant-0000000000001', n))
const waits: number[] = []
const cpu = process.threadCpuUsage()
const startedAt = performance.now()
let open = 0
let next = 0
await new Promise<void>((resolve) => {
  const more = () => {
    while (open < window && next < units) {
      const unit = made[next++]
      const at = performance.now()
      open += 1
      void store.callLog.append(unit!, next % 4 === 0 ? 'synced' : 'written').then(() => {
        waits.push(performance.now() - at)
        open -= 1
        if (waits.length === units) resolve()
        else if (open < window / 2) more()
      })
    }
  }
  more()
})
const seconds = (performance.now() - startedAt) / 1000
const { user, system } = process.threadCpuUsage(cpu)
waits.sort((a, b) => a - b)
const at = (share: number) => waits[Math.floor((waits.length - 1) * share)]?.toFixed(1)
await store.close()
const bytes = (await stat(join(dataDir, 'switchyard.db'))).size
await rm(dataDir, { recursive: true })

console.log(`${Math.round(units / seconds)} units/s, ${Math.round(bytes / units)} bytes per unit`)
console.log(`${((user + system) / units).toFixed(1)} µs of the main thread per unit`)
console.log(`waited ${at(0.5)} ms (half), ${at(0.99)} ms (99 %), ${at(1)} ms (worst) with ${window} open at once`)

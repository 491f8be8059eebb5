import { writeSync } from 'node:fs'
import { loadMasterKey, openSqliteStore } from '../../server/adapters/sqlite/open-sqlite-store.ts'
import { aVoiceUnit } from './store-rows.ts'

/**
 * Appends calls for ever and prints the number of each one acknowledged, until somebody kills this process.
 * `node append-until-killed.ts <dataDir> <tenantId>`
 */
const [, , dataDir = '', tenantId = ''] = process.argv
const log = { info: () => undefined, warn: console.error, error: console.error }
const store = await openSqliteStore({ dataDir, masterKey: await loadMasterKey(dataDir), log })
let n = 0
const appendNext = async (): Promise<void> => {
  for (;;) {
    const mine = n++
    const tally = {
      epoch: 'e',
      epochStartedAtMs: 1,
      members: new Map([['a', { offset: 0, buckets: [{ startMs: 0, count: mine + 1 }] }]]),
    }
    store.journal.saveTally(tenantId, 'group-1', tally, 'a')
    await store.callLog.append(aVoiceUnit(tenantId, mine), mine % 3 === 0 ? 'synced' : 'written')
    // Synchronously: what is printed is acknowledged, also when the next instant never comes.
    writeSync(1, `${mine}\n`)
  }
}
await Promise.all(Array.from({ length: 50 }, appendNext))

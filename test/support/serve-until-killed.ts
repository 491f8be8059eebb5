import { writeSync } from 'node:fs'
import { loadMasterKey, openSqliteStore } from '../../server/adapters/sqlite/open-sqlite-store.ts'

/** Opens a store as a server does, says so, and keeps it open until somebody kills this process. */
const [, , dataDir = '', occupant = 'server'] = process.argv
const log = { info: () => undefined, warn: console.error, error: console.error }
await openSqliteStore({
  dataDir,
  masterKey: await loadMasterKey(dataDir),
  log,
  occupant: occupant as 'server' | 'node',
})
writeSync(1, 'open\n')

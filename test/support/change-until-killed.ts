import { writeSync } from 'node:fs'
import { loadMasterKey, openSqliteStore } from '../../server/adapters/sqlite/open-sqlite-store.ts'
import { aRule } from './store-rows.ts'

/**
 * Makes rules for ever, of a tenant that is there, and prints the id of each one stored, until somebody kills this process.
 * `node change-until-killed.ts <dataDir> <tenantId> <name>`
 */
const [, , dataDir = '', tenantId = '', name = ''] = process.argv
const log = { info: () => undefined, warn: console.error, error: console.error }
const store = await openSqliteStore({
  dataDir,
  masterKey: await loadMasterKey(dataDir),
  log,
  occupant: 'node',
  provenance: { current: () => ({ actor: { kind: 'token', name, role: 'admin' }, origin: { transport: 'rest' } }) },
})
for (let n = 0; ; n += 1) {
  const id = `${name}-${n}`
  await store.configuration.inboundRules.create(aRule({ tenantId, id, name: id }))
  writeSync(1, `${id}\n`)
}

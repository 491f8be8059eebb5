import { loadMasterKey, openSqliteStore } from '../../server/adapters/sqlite/open-sqlite-store.ts'
import { createArchiveFiles } from '../../server/adapters/archives/archive-files.ts'
import { createArchiveEraser } from '../../server/operations/erase-archives.ts'
import { createRetentionHandlers } from '../../server/operations/retention.ts'
import type { RetentionStore } from '../../server/ports/retention-store.ts'
import { silent } from './sqlite-store.ts'
import { retained } from './old-records.ts'

/**
 * Archives old records, or erases a number from archives, and kills itself at the n-th step of that.
 * `node records-until-killed.ts <dataDir> retain|erase <n>`
 */
const [, , dataDir = '', work = '', killAt = ''] = process.argv
const store = await openSqliteStore({ dataDir, masterKey: await loadMasterKey(dataDir), log: silent })
let steps = 0
const step = (): void => {
  steps += 1
  if (steps === Number(killAt)) process.kill(process.pid, 'SIGKILL')
}
const from = <Args extends unknown[], Result>(call: (...args: Args) => Promise<Result>) => {
  return (...args: Args): Promise<Result> => {
    step()
    return call(...args)
  }
}
const retention: RetentionStore = {
  ...store.retention,
  slice: from(store.retention.slice),
  putArchive: from(async (...args) => {
    await store.retention.putArchive(...args)
    step()
  }),
  drop: from(store.retention.drop),
}
const archives = createArchiveFiles(dataDir)
if (work === 'retain') {
  const { tenant, nowMs, owner } = retained
  await createRetentionHandlers({
    retention,
    storage: store.storage,
    archives,
    directory: { all: () => [{ tenant }] as never, byId: () => ({ tenant }) as never },
    meta: store.meta,
    isTenant: () => Promise.resolve(true),
    clock: { nowMs: () => nowMs },
    log: silent,
    alone: (job) => job(),
  }).handlers['retention.run'](owner, { tenantId: tenant.id })
} else
  await createArchiveEraser(archives, retained.sought)(retained.tenant.id, {
    label: 'erased',
    keep: false,
    tokens: new Set(),
    replace: (file) => retention.putArchive(retained.tenant.id, file, retained.nowMs),
  })
await store.close()

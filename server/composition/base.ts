import { createEventBus } from '../adapters/memory/event-bus.ts'
import { createEventLog } from '../adapters/memory/event-log.ts'
import { loadMasterKey } from '../adapters/sqlite/keys/master-key.ts'
import { MasterKeyError, openSqliteStore } from '../adapters/sqlite/open-sqlite-store.ts'
import { systemClock, systemWait } from '../adapters/system/clock.ts'
import { systemCrypto } from '../adapters/system/crypto.ts'
import { newId, newSecret } from '../adapters/system/ids.ts'
import { createLog } from '../adapters/system/log.ts'
import { createProvenance } from '../adapters/system/provenance.ts'
import { createHealth } from '../operations/health.ts'
import { createRefusalNotes } from '../operations/refusal-notes.ts'
import { createTenantDirectory } from '../operations/tenant-directory.ts'
import type { ServerConfig } from '../server-config.ts'
import type { OnClose } from './closing.ts'

/** A key file may be replaced between reading it and opening the database: then the new one opens it. */
const openWithMasterKey = async (
  { dataDir, masterKey }: ServerConfig,
  options: Omit<Parameters<typeof openSqliteStore>[0], 'masterKey'>,
) => {
  const key = await loadMasterKey(dataDir, masterKey)
  try {
    return await openSqliteStore({ ...options, masterKey: key })
  } catch (error) {
    if (!(error instanceof MasterKeyError)) throw error
    const again = await loadMasterKey(dataDir, masterKey)
    if (Buffer.compare(key, again) === 0) throw error
    return openSqliteStore({ ...options, masterKey: again })
  }
}

export type Base = Awaited<ReturnType<typeof openBase>>

/** What every part builds on: the system, the store, the configuration in force, events and health. */
export const openBase = async (config: ServerConfig, onClose: OnClose) => {
  const log = createLog(config.logLevel ?? 'info')
  const clock = systemClock
  const startedAtMs = clock.nowMs()
  const provenance = createProvenance()
  const store = await openWithMasterKey(config, {
    dataDir: config.dataDir,
    log,
    appVersion: config.version,
    occupant: config.redisUrl === undefined ? 'server' : 'node',
    provenance,
  })
  onClose(() => store.close())
  const refusals = createRefusalNotes({ store: store.audit, provenance, clock, log })
  onClose(refusals.settled)
  const bus = createEventBus()
  const directory = createTenantDirectory(store.configuration, log)
  await directory.loadAll()
  return {
    config,
    onClose,
    log,
    clock,
    crypto: systemCrypto,
    newId,
    newSecret,
    wait: systemWait,
    chance: Math.random,
    startedAtMs,
    store,
    provenance,
    refusals,
    /** Of this process alone; other nodes are told by `events` of the runtime state. */
    bus,
    eventLog: createEventLog(bus, { epoch: newId() }),
    health: createHealth(clock, bus),
    directory,
    /** Without a slash at its end. */
    publicUrl: config.publicUrl?.replace(/\/+$/, ''),
  }
}

import {
  changeKeyFile,
  loadMasterKey,
  openChangeLock,
  openSqliteStore,
  readEnvironmentKey,
} from './adapters/sqlite/open-sqlite-store.ts'
import { createLog } from './adapters/system/log.ts'
import { atCommandLine } from './at-command-line.ts'
import { DomainError } from './domain/errors.ts'
import type { ServerConfig } from './server-config.ts'

export const newKeyVariable = 'SWITCHYARD_NEW_MASTER_KEY'

/**
 * Has another master key open the data directory from now on, whether or not servers run on it. With a key file it makes one;
 * with a key from the environment the new one is handed in, and has to be there at the next start.
 */
export const changeMasterKey = async (
  config: Pick<ServerConfig, 'dataDir' | 'masterKey' | 'logLevel'>,
  newKey: string | undefined,
): Promise<'key file' | 'environment'> => {
  const next = readEnvironmentKey(newKeyVariable, newKey)
  const isGiven = readEnvironmentKey('SWITCHYARD_MASTER_KEY', config.masterKey) !== undefined
  if (isGiven !== (next !== undefined))
    throw new DomainError(
      'INVALID_INPUT',
      isGiven
        ? `The master key comes from SWITCHYARD_MASTER_KEY. Name the next one in ${newKeyVariable}, and put it there afterwards`
        : `The master key lies in the data directory, where a new one is made: leave ${newKeyVariable} out`,
    )
  // Of two at once, the later one begins when the first has put its key in place.
  const lock = await openChangeLock(config.dataDir, 'key.lock')
  try {
    return await lock.alone(() => change(config, next))
  } finally {
    lock.close()
  }
}

const change = async (
  config: Pick<ServerConfig, 'dataDir' | 'masterKey' | 'logLevel'>,
  next: Uint8Array | undefined,
): Promise<'key file' | 'environment'> => {
  const store = await openSqliteStore({
    dataDir: config.dataDir,
    masterKey: await loadMasterKey(config.dataDir, config.masterKey),
    log: createLog(config.logLevel ?? 'warn'),
    isInline: true,
    provenance: { current: () => atCommandLine },
  })
  try {
    if (next) await store.keys.seal(next)
    else await changeKeyFile(config.dataDir, store.keys.seal)
  } finally {
    await store.close()
  }
  return next ? 'environment' : 'key file'
}

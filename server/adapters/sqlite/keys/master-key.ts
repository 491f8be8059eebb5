import { randomBytes } from 'node:crypto'
import { readFile, stat, open } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { databaseFile, prepareDataDirectory, syncDirectory } from '../file/data-directory.ts'
import { errorCode, MasterKeyError } from '../errors/store-errors.ts'

const keyBytes = 32

const parseKey = (text: string): Uint8Array | undefined => {
  const trimmed = text.trim()
  if (/^[0-9a-f]{64}$/i.test(trimmed)) return Buffer.from(trimmed, 'hex')
  if (!/^[A-Za-z0-9+/_-]{43}=?$/.test(trimmed)) return undefined
  const bytes = Buffer.from(trimmed, 'base64')
  return bytes.length === keyBytes ? bytes : undefined
}

const isNotEmpty = async (file: string): Promise<boolean> => {
  try {
    return (await stat(file)).size > 0
  } catch {
    return false
  }
}

/** Another process that starts just now makes an empty file first. */
const longestEmptyMs = 2000
const lookAgainMs = 20

const readKeyText = async (file: string): Promise<string> => {
  for (let waitedMs = 0; ; waitedMs += lookAgainMs) {
    const text = await readFile(file, 'latin1')
    if (text !== '' || waitedMs >= longestEmptyMs) return text
    await sleep(lookAgainMs)
  }
}

const createKeyFile = async (dataDir: string, file: string): Promise<Uint8Array> => {
  const key = randomBytes(keyBytes)
  // `wx`: of two processes starting at once one makes the key and the other reads it.
  const handle = await open(file, 'wx', 0o600)
  try {
    await handle.writeFile(`${key.toString('hex')}\n`)
    await handle.sync()
  } finally {
    await handle.close()
  }
  await syncDirectory(dataDir)
  return key
}

/** The key that wraps all others: from the environment, else from the key file, which the first start makes. */
export const loadMasterKey = async (dataDir: string, environmentValue?: string): Promise<Uint8Array> => {
  if (environmentValue !== undefined && environmentValue.trim() !== '') {
    const key = parseKey(environmentValue)
    if (!key) throw new MasterKeyError('SWITCHYARD_MASTER_KEY must be 32 bytes as 64 hexadecimal digits or as base64')
    return key
  }
  await prepareDataDirectory(dataDir)
  const file = join(dataDir, 'master.key')
  const read = async () => {
    const key = parseKey(await readKeyText(file))
    if (!key)
      throw new MasterKeyError(
        `${file} does not hold a master key (64 hexadecimal digits). Restore it from a backup, or set SWITCHYARD_MASTER_KEY`,
      )
    return key
  }
  const readIfThere = async () => {
    try {
      return await read()
    } catch (error) {
      if (errorCode(error) !== 'ENOENT') throw error
      return undefined
    }
  }
  const isOlderDatabase = await isNotEmpty(databaseFile(dataDir))
  const there = await readIfThere()
  if (there) return there
  // A new key could not open what an older one locked; making one would only hide what is missing.
  if (isOlderDatabase)
    throw new MasterKeyError(
      `${file} is missing, and ${databaseFile(dataDir)} needs it. Restore the key file from a backup, or set SWITCHYARD_MASTER_KEY`,
    )
  try {
    return await createKeyFile(dataDir, file)
  } catch (error) {
    if (errorCode(error) === 'EEXIST') return read()
    throw error
  }
}

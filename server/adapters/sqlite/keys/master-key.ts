import { randomBytes } from 'node:crypto'
import { open, readFile, rename, stat } from 'node:fs/promises'
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

const keyFile = (dataDir: string): string => join(dataDir, 'master.key')
/** The key that is to be next, until the database goes by it. */
const nextKeyFile = (dataDir: string): string => join(dataDir, 'master.key.new')

// `wx`: of two processes starting at once one makes the key and the other reads it.
const createKeyFile = async (dataDir: string, file: string, flag: 'wx' | 'w' = 'wx'): Promise<Uint8Array> => {
  const key = randomBytes(keyBytes)
  const handle = await open(file, flag, 0o600)
  try {
    await handle.writeFile(`${key.toString('hex')}\n`)
    await handle.sync()
  } finally {
    await handle.close()
  }
  await syncDirectory(dataDir)
  return key
}

/** A key that the environment gives; undefined where it gives none. */
export const readEnvironmentKey = (name: string, text = ''): Uint8Array | undefined => {
  if (text.trim() === '') return undefined
  const key = parseKey(text)
  if (!key) throw new MasterKeyError(`${name} must be 32 bytes as 64 hexadecimal digits or as base64`)
  return key
}

/** The key that opens all others: from the environment, else from the key file, which the first start makes. */
export const loadMasterKey = async (dataDir: string, environmentValue?: string): Promise<Uint8Array> => {
  const given = readEnvironmentKey('SWITCHYARD_MASTER_KEY', environmentValue)
  if (given) return given
  await prepareDataDirectory(dataDir)
  const file = keyFile(dataDir)
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

/** Puts the next key in place of the one of before; nothing where somebody else was first. */
const takeNextKey = async (dataDir: string): Promise<void> => {
  try {
    await rename(nextKeyFile(dataDir), keyFile(dataDir))
  } catch (error) {
    if (errorCode(error) !== 'ENOENT') throw error
  }
  await syncDirectory(dataDir)
}

/**
 * Makes a new master key and puts it into the key file; `seal` has the database opened by it from then on, and resolves when a
 * power cut cannot undo that. Whatever ends this halfway, one of the two files opens the database, and the next start finds out
 * which. Only one at a time: the caller sees to that.
 */
export const changeKeyFile = async (dataDir: string, seal: (key: Uint8Array) => Promise<void>): Promise<void> => {
  const next = await createKeyFile(dataDir, nextKeyFile(dataDir), 'w')
  await seal(next)
  await takeNextKey(dataDir)
}

/** `work` with a master key; where that is not the one any more, with the next one, which a change left behind that was ended halfway. */
export const withNextKey = async <T>(
  dataDir: string,
  masterKey: Uint8Array,
  work: (masterKey: Uint8Array) => Promise<T>,
): Promise<T> => {
  try {
    return await work(masterKey)
  } catch (error) {
    if (!(error instanceof MasterKeyError)) throw error
    const text = await readFile(nextKeyFile(dataDir), 'latin1').catch(() => '')
    const next = parseKey(text)
    if (!next) throw error
    const done = await work(next)
    await takeNextKey(dataDir)
    return done
  }
}

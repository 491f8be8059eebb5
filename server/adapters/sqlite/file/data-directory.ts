import { existsSync } from 'node:fs'
import { access, constants, mkdir, open, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { DataDirectoryError, DiskFullError, errorCode } from '../errors/store-errors.ts'

export const databaseFile = (dataDir: string): string => join(dataDir, 'switchyard.db')

const wayOut = 'Give this user write permission there, or name another directory with SWITCHYARD_DATA_DIR'

const reasons: Readonly<Record<string, string>> = {
  EACCES: 'permission denied',
  EPERM: 'permission denied',
  EROFS: 'the file system is read-only',
  ENOTDIR: 'a part of the path is a file, not a directory',
  EEXIST: 'there is a file of that name',
}

/** Makes the directory, for its owner only, and finds out now whether it can be written to. */
export const prepareDataDirectory = async (dataDir: string): Promise<void> => {
  try {
    await mkdir(dataDir, { recursive: true, mode: 0o700 })
    if (!(await stat(dataDir)).isDirectory())
      throw new DataDirectoryError(`${dataDir} is a file, not a directory. ${wayOut}`)
    await access(dataDir, constants.W_OK | constants.X_OK)
    // SQLite gives its side files the mode of the database, so making that one first keeps all of them private.
    if (!existsSync(databaseFile(dataDir))) await (await open(databaseFile(dataDir), 'a', 0o600)).close()
  } catch (error) {
    if (error instanceof DataDirectoryError) throw error
    const code = errorCode(error) ?? ''
    if (code === 'ENOSPC')
      throw new DiskFullError(`The disk that holds ${dataDir} is full. Free some space and start again`)
    const reason = reasons[code] ?? (error instanceof Error ? error.message : String(error))
    throw new DataDirectoryError(`The data directory ${dataDir} cannot be created or written: ${reason}. ${wayOut}`, {
      cause: error,
    })
  }
}

/** A new file's directory entry survives a power cut only once the directory itself was synced. */
export const syncDirectory = async (dataDir: string): Promise<void> => {
  // Windows cannot open directories and does not need it.
  if (process.platform === 'win32') return
  const directory = await open(dataDir, 'r')
  try {
    await directory.sync()
  } finally {
    await directory.close()
  }
}

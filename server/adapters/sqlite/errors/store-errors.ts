/** The store cannot be opened. The message is for the operator: what is wrong, and the way out. */
export class StoreOpenError extends Error {
  override readonly name: string = 'StoreOpenError'
}

export class DataDirectoryError extends StoreOpenError {
  override readonly name = 'DataDirectoryError'
}

export class DataDirectoryInUseError extends StoreOpenError {
  override readonly name = 'DataDirectoryInUseError'
}

export class SchemaFromFutureError extends StoreOpenError {
  override readonly name = 'SchemaFromFutureError'
}

export class NotADatabaseError extends StoreOpenError {
  override readonly name = 'NotADatabaseError'
}

export class MasterKeyError extends StoreOpenError {
  override readonly name = 'MasterKeyError'
}

export class DiskFullError extends StoreOpenError {
  override readonly name = 'DiskFullError'
}

export const storeOpenErrors = {
  StoreOpenError,
  DataDirectoryError,
  DataDirectoryInUseError,
  SchemaFromFutureError,
  NotADatabaseError,
  MasterKeyError,
  DiskFullError,
} as const

/** The `code` of a system or SQLite error; undefined for anything else. */
export const errorCode = (error: unknown): string | undefined => {
  const code = (error as { code?: unknown } | null | undefined)?.code
  return typeof code === 'string' ? code : undefined
}

/** Nothing can be stored right now, whatever is written: trying each row again would only take longer. */
export const isStorageFault = (error: unknown): boolean =>
  /^SQLITE_(FULL|IOERR|READONLY|CORRUPT|NOTADB|CANTOPEN|NOMEM|BUSY|PROTOCOL)/.test(errorCode(error) ?? '')

/** What went wrong while opening, in the operator's words. */
export const explainOpenError = (error: unknown, file: string): Error => {
  if (error instanceof StoreOpenError) return error
  const code = errorCode(error) ?? ''
  const cause = { cause: error }
  if (code === 'SQLITE_NOTADB' || code.startsWith('SQLITE_CORRUPT'))
    return new NotADatabaseError(
      `${file} is not a SQLite database, or it is damaged. Restore a backup, or move it away to start with an empty one`,
      cause,
    )
  if (code === 'SQLITE_FULL' || code === 'ENOSPC')
    return new DiskFullError(`The disk that holds ${file} is full. Free some space and start again`, cause)
  if (/^SQLITE_(CANTOPEN|READONLY|IOERR|PERM)/.test(code))
    return new DataDirectoryError(
      `${file} cannot be opened for writing (${code}). Give this user write permission to it and its directory, ` +
        'or name another directory with SWITCHYARD_DATA_DIR',
      cause,
    )
  return error instanceof Error ? error : new Error(String(error))
}

import { DomainError } from '../../domain/errors.ts'

const codeOf = (error: unknown): string => (error as NodeJS.ErrnoException | undefined)?.code ?? ''

const reasons: Readonly<Record<string, string>> = {
  ENOSPC: 'The disk is full; free some space, or narrow the filter, and export again',
  EDQUOT: 'The disk quota is used up; free some space, or narrow the filter, and export again',
  EACCES: 'The folder of the exports cannot be written to; give the server write permission there and export again',
  EROFS: 'The file system of the exports is read-only; make it writable and export again',
}

/** What can be mended by whoever runs the machine is said in words; all else is a fault. */
export const sayFileError = (error: unknown): never => {
  const reason = reasons[codeOf(error)]
  if (reason === undefined) throw error
  throw new DomainError('UNAVAILABLE', reason)
}

export const isMissing = (error: unknown): boolean => codeOf(error) === 'ENOENT'

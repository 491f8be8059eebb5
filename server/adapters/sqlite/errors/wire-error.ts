import { DomainError } from '../../../domain/errors.ts'
import type { ErrorCode } from '../../../../shared/vocabulary.ts'
import { errorCode, isStorageFault, StoreOpenError, storeOpenErrors } from './store-errors.ts'

/** An error on its way between threads, where classes are lost. */
export type WireError =
  | {
      readonly kind: 'domain'
      readonly code: ErrorCode
      readonly message: string
      readonly details: DomainError['details']
    }
  | { readonly kind: 'open'; readonly name: string; readonly message: string }
  | {
      readonly kind: 'other'
      readonly name: string
      readonly message: string
      readonly code: string | undefined
      readonly stack: string | undefined
    }

/** A fault inside a store thread. */
class StoreError extends Error {
  override readonly name = 'StoreError'
  /** SQLite's or the system's code, if it was theirs. */
  readonly code: string | undefined

  constructor(message: string, code?: string, options?: ErrorOptions) {
    super(message, options)
    this.code = code
  }
}

const faults: readonly (readonly [code: RegExp, message: string])[] = [
  [/^SQLITE_FULL/, 'Nothing can be stored: the disk is full. Free some space'],
  [/^SQLITE_BUSY/, 'Nothing can be stored: another program holds the database locked'],
  [/^SQLITE_READONLY/, 'Nothing can be stored: the database may only be read'],
  [/./, 'Nothing can be stored: the disk reports errors'],
]

export const toWireError = (error: unknown): WireError => {
  if (error instanceof DomainError)
    return { kind: 'domain', code: error.code, message: error.message, details: error.details }
  if (error instanceof StoreOpenError) return { kind: 'open', name: error.name, message: error.message }
  const code = errorCode(error)
  if (isStorageFault(error)) {
    const [, message] = faults.find(([pattern]) => pattern.test(code ?? '')) ?? ['', 'Nothing can be stored']
    return { kind: 'domain', code: 'UNAVAILABLE', message: `${message} (${code})`, details: undefined }
  }
  if (!(error instanceof Error)) return { kind: 'other', name: 'Error', message: String(error), code, stack: undefined }
  return { kind: 'other', name: error.name, message: error.message, code, stack: error.stack }
}

export const fromWireError = (wire: WireError): Error => {
  if (wire.kind === 'domain') return new DomainError(wire.code, wire.message, wire.details)
  if (wire.kind === 'open') {
    const Class = storeOpenErrors[wire.name as keyof typeof storeOpenErrors]
    return new Class(wire.message)
  }
  const error = new StoreError(wire.message, wire.code)
  if (wire.stack !== undefined) error.stack = wire.stack
  return error
}

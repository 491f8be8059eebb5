import type { ErrorCode } from '../../shared/vocabulary.ts'

/** An expected refusal: told to the caller as it is, naming the thing and the way out. Any other throw is a bug. */
export class DomainError extends Error {
  override readonly name = 'DomainError'
  readonly code: ErrorCode
  readonly details: readonly { readonly path: string; readonly message: string }[] | undefined

  constructor(
    code: ErrorCode,
    message: string,
    details?: readonly { readonly path: string; readonly message: string }[],
    options?: ErrorOptions,
  ) {
    super(message, options)
    this.code = code
    this.details = details
  }
}

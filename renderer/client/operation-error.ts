import type { Failure, Reply } from '../../shared/contract/index.ts'

/** A refusal as something that can be thrown, for those who wait on a promise. */
export class OperationError extends Error {
  readonly failure: Failure

  constructor(failure: Failure) {
    super(failure.message)
    this.name = 'OperationError'
    this.failure = failure
  }
}

export const unwrap = <T>(reply: Reply<T>): T => {
  if (!reply.ok) throw new OperationError(reply.error)
  return reply.value
}

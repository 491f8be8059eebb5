import type { Failure } from '../../shared/contract/index.ts'
import { errorCodes, type ErrorCode } from '../../shared/vocabulary.ts'

const byStatus: Readonly<Record<number, ErrorCode>> = {
  400: 'INVALID_INPUT',
  401: 'UNAUTHENTICATED',
  403: 'FORBIDDEN',
  404: 'NOT_FOUND',
  409: 'CONFLICT',
  413: 'TOO_LARGE',
  429: 'TOO_MANY_REQUESTS',
  502: 'UNAVAILABLE',
  503: 'UNAVAILABLE',
  504: 'UNAVAILABLE',
}

const isFailure = (value: unknown): value is Failure =>
  typeof value === 'object' &&
  value !== null &&
  'code' in value &&
  'message' in value &&
  typeof value.message === 'string' &&
  errorCodes.some((code) => code === value.code)

/** What went wrong, also when a proxy in between answered with something that is not ours. */
export const readFailure = (status: number, body: unknown): Failure => {
  const error = typeof body === 'object' && body !== null && 'error' in body ? body.error : undefined
  if (isFailure(error)) return error
  return { code: byStatus[status] ?? 'INTERNAL', message: `The server answered with status ${status} and no reason` }
}

export const unreachable: Failure = {
  code: 'UNAVAILABLE',
  message: 'Switchyard does not answer. Check that the server is running and that this computer still reaches it.',
}

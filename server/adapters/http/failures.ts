import type { FastifyReply } from 'fastify'
import type { Failure } from '../../../shared/contract/index.ts'
import type { ErrorCode } from '../../../shared/vocabulary.ts'

export const statusOf: Readonly<Record<ErrorCode, number>> = {
  INVALID_INPUT: 400,
  UNAUTHENTICATED: 401,
  FORBIDDEN: 403,
  NOT_FOUND: 404,
  CONFLICT: 409,
  TOO_LARGE: 413,
  TOO_MANY_REQUESTS: 429,
  INTERNAL: 500,
  UNAVAILABLE: 503,
}

export const sendFailure = (reply: FastifyReply, error: Failure): FastifyReply => {
  if (error.code === 'UNAUTHENTICATED') void reply.header('www-authenticate', 'Bearer realm="switchyard"')
  return reply.code(statusOf[error.code]).send({ error })
}

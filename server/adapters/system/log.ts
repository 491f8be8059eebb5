import { pino, type DestinationStream } from 'pino'
import { DomainError } from '../../domain/errors.ts'
import type { Log } from '../../ports/system.ts'
import { describeError } from './describe-error.ts'

const levels = ['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent']

const asError = (error: unknown): unknown => describeError(error)

/** Structured lines on stderr, so that what a command prints stays alone on stdout. Secrets are named here once more, in case one slips in. */
export const createLog = (level: string, destination?: DestinationStream): Log => {
  if (!levels.includes(level))
    throw new DomainError('INVALID_INPUT', `SWITCHYARD_LOG_LEVEL is "${level}"; it wants one of ${levels.join(', ')}`)
  const logger = pino(
    {
      level,
      base: undefined,
      serializers: { err: asError, error: asError },
      redact: {
        paths: [
          ...['authorization', 'password', 'token', 'tenantKey', 'apiKey', 'webhookApiKey', 'cloudonixApiKey'],
          ...['*.authorization', '*.password', '*.tenantKey', '*.apiKey', '*.webhookApiKey', '*.cloudonixApiKey'],
        ],
        censor: '***',
      },
    },
    destination ?? pino.destination({ dest: 2, sync: false }),
  )
  return {
    info: (fields, message) => logger.info(fields, message),
    warn: (fields, message) => logger.warn(fields, message),
    error: (fields, message) => logger.error(fields, message),
  }
}

import { pino, type Logger } from 'pino'
import type { Log } from '../../ports/system.ts'

/** Structured lines on stderr, so that what a command prints stays alone on stdout. Secrets are named here once more, in case one slips in. */
export const createLog = (level: string): Log => {
  const logger: Logger = pino(
    {
      level,
      base: undefined,
      redact: {
        paths: ['authorization', 'password', 'token', 'tenantKey', '*.authorization', '*.password', '*.tenantKey'],
        censor: '***',
      },
    },
    pino.destination({ dest: 2, sync: false }),
  )
  return {
    info: (fields, message) => logger.info(fields, message),
    warn: (fields, message) => logger.warn(fields, message),
    error: (fields, message) => logger.error(fields, message),
  }
}

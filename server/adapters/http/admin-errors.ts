import type { FastifyError, FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import type { Failure } from '../../../shared/contract/index.ts'
import { DomainError } from '../../domain/errors.ts'
import type { Log } from '../../ports/system.ts'
import { sendFailure } from './failures.ts'
import { parseJson } from './parse-json.ts'
import { bodyLimitBytes, drain } from './read-body.ts'
import { describeError, maskedPath } from './redact.ts'

const sendJson = 'send a JSON object with Content-Type: application/json'

/** Bodies are JSON objects; everything else is refused in words that say what to do about it. */
const readJsonBody = (request: FastifyRequest, text: string): unknown => {
  const content = text.replace(/^\uFEFF/, '').trim()
  if (content === '') return undefined
  const type = request.headers['content-type'] ?? ''
  if (!/^application\/([\w.+-]+\+)?json\b/i.test(type)) {
    throw new DomainError('INVALID_INPUT', `A body of type "${type}" is not read here: ${sendJson}`)
  }
  const reading = parseJson(content)
  if (!reading.ok) throw new DomainError('INVALID_INPUT', `The body is ${reading.reason}: ${sendJson}`)
  if (typeof reading.value !== 'object' || reading.value === null || Array.isArray(reading.value)) {
    throw new DomainError('INVALID_INPUT', `The body is JSON but no object: ${sendJson}`)
  }
  return reading.value
}

const sizeText = (bytes: number): string => (bytes < bodyLimitBytes ? `${bytes / 1024} KiB` : '1 MiB')

const failureOf = (error: FastifyError | DomainError, request: FastifyRequest): Failure | undefined => {
  if (error instanceof DomainError) return { code: error.code, message: error.message, details: error.details }
  if (error.code === 'FST_ERR_CTP_BODY_TOO_LARGE')
    return { code: 'TOO_LARGE', message: `The body is larger than ${sizeText(request.routeOptions.bodyLimit)}` }
  if (error.code === 'FST_ERR_CTP_INVALID_MEDIA_TYPE') {
    return { code: 'INVALID_INPUT', message: `The Content-Type is not readable: ${sendJson}` }
  }
  if (error.statusCode === 404) return { code: 'NOT_FOUND', message: 'There is nothing here' }
  if (error.statusCode !== undefined && error.statusCode >= 400 && error.statusCode < 500) {
    return { code: 'INVALID_INPUT', message: `The request is not readable (${error.code})` }
  }
  return undefined
}

export const answerError =
  (log: Log) =>
  async (error: FastifyError | DomainError, request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply> => {
    const failure = failureOf(error, request)
    if (failure?.code === 'TOO_LARGE') await drain(request.raw, request.headers['content-length'])
    if (failure) return sendFailure(reply, failure)
    log.error({ method: request.method, path: maskedPath(request.url), ...describeError(error) }, 'A request failed')
    return sendFailure(reply, { code: 'INTERNAL', message: 'Internal error' })
  }

export const useJsonBodies = (app: FastifyInstance): void => {
  app.removeAllContentTypeParsers()
  app.addContentTypeParser<string>('*', { parseAs: 'string' }, (request, text: string, done) => {
    try {
      done(null, readJsonBody(request, text))
    } catch (error) {
      done(error as Error)
    }
  })
}

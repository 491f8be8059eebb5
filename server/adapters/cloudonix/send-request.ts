import { Agent, errors, request } from 'undici'

export interface PlatformAnswer {
  readonly status: number
  readonly contentType: string
  readonly retryAfter?: string | undefined
  readonly body: string
}

/** There was no answer, or none that anybody would read. */
export class NoAnswerError extends Error {
  override readonly name = 'NoAnswerError'
  readonly reason: 'late' | 'unreachable' | 'too large'
  /** The system's word for what went wrong, such as ECONNREFUSED. */
  readonly code: string | undefined

  constructor(reason: NoAnswerError['reason'], cause: unknown) {
    super(reason, { cause })
    this.reason = reason
    this.code = cause instanceof Error && 'code' in cause && typeof cause.code === 'string' ? cause.code : undefined
  }
}

export interface Sender {
  send(method: 'GET' | 'DELETE', url: string, apiKey: string): Promise<PlatformAnswer>
  /** Breaks off what is under way. */
  close(): Promise<void>
}

const reasonOf = (error: unknown): NoAnswerError['reason'] => {
  if (error instanceof errors.ResponseExceededMaxSizeError) return 'too large'
  const isLate =
    error instanceof errors.ConnectTimeoutError || (error instanceof Error && error.name === 'TimeoutError')
  return isLate ? 'late' : 'unreachable'
}

const one = (header: string | string[] | undefined): string | undefined => (Array.isArray(header) ? header[0] : header)

/** One request, one answer, as it came. Redirects are not followed: they would carry the key to wherever they lead. */
export const createSender = (limits: { readonly timeoutMs: number; readonly mostBytes: number }): Sender => {
  const { timeoutMs, mostBytes } = limits
  const dispatcher = new Agent({ connect: { timeout: timeoutMs }, maxResponseSize: mostBytes })
  return {
    async send(method, url, apiKey) {
      try {
        const { statusCode, headers, body } = await request(url, {
          method,
          dispatcher,
          headers: { accept: 'application/json', authorization: `Bearer ${apiKey}` },
          signal: AbortSignal.timeout(timeoutMs),
        })
        return {
          status: statusCode,
          contentType: one(headers['content-type']) ?? '',
          retryAfter: one(headers['retry-after']),
          body: await body.text(),
        }
      } catch (error) {
        throw new NoAnswerError(reasonOf(error), error)
      }
    },
    close: () => dispatcher.destroy(),
  }
}

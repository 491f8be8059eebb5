import { performance } from 'node:perf_hooks'
import { Pool } from 'undici'

export interface Answer {
  readonly status: number
  readonly contentType: string
  readonly body: string
  /** From the request leaving to the last byte of the answer, without the wait for a free connection. */
  readonly tookMs: number
}

export interface HttpClient {
  /** Rejects when there was no answer. */
  post(path: string, headers: Readonly<Record<string, string>>, body: string): Promise<Answer>
  close(): Promise<void>
}

/** Keep-alive connections to one origin. Uses undici's lowest level: at ten thousand requests a second the rest shows. */
export const createHttpClient = (origin: string, connections: number, timeoutMs = 30_000): HttpClient => {
  const pool = new Pool(origin, { connections, pipelining: 1, headersTimeout: timeoutMs, bodyTimeout: timeoutMs })
  const post: HttpClient['post'] = (path, headers, body) =>
    new Promise((resolve, reject) => {
      let startedMs = 0
      let status = 0
      let contentType = ''
      let text = ''
      const chunks: Buffer[] = []
      pool.dispatch(
        { path, method: 'POST', headers, body },
        {
          onRequestStart() {
            startedMs = performance.now()
          },
          onResponseStart(_controller, statusCode, answerHeaders) {
            status = statusCode
            contentType = String(answerHeaders['content-type'] ?? '')
          },
          onResponseData(_controller, chunk) {
            chunks.push(chunk)
          },
          onResponseEnd() {
            text = (chunks.length === 1 ? chunks[0] : Buffer.concat(chunks))?.toString('utf8') ?? ''
            resolve({ status, contentType, body: text, tookMs: performance.now() - startedMs })
          },
          onResponseError(_controller, error) {
            reject(error)
          },
        },
      )
    })
  return { post, close: () => pool.close() }
}

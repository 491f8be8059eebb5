import { STATUS_CODES } from 'node:http'
import type { Socket } from 'node:net'
import type { ErrorCode } from '../../../shared/vocabulary.ts'

interface Refusal {
  readonly status: number
  readonly code: ErrorCode
  readonly message: string
}

const unreadable: Refusal = { status: 400, code: 'INVALID_INPUT', message: 'This is no readable HTTP request' }
const refusals: Readonly<Record<string, Refusal>> = {
  ERR_HTTP_REQUEST_TIMEOUT: { status: 408, code: 'INVALID_INPUT', message: 'The request took too long to arrive' },
  HPE_HEADER_OVERFLOW: { status: 431, code: 'TOO_LARGE', message: 'The head of the request is too large' },
}

/** What is no request that could be given to a route gets its answer here, in the shape of all refusals, and is hung up on. */
export const refuseBroken = (error: Error & { code?: string }, socket: Socket): void => {
  // Who never said anything waits for no answer, and may be one of thousands.
  const isNobody = error.code === 'ECONNRESET' || !socket.writable || socket.bytesRead === 0
  if (isNobody) return void socket.destroy()
  const { status, code, message } = refusals[error.code ?? ''] ?? unreadable
  const body = JSON.stringify({ error: { code, message } })
  const head = [
    `HTTP/1.1 ${status} ${STATUS_CODES[status] ?? ''}`,
    'Content-Type: application/json; charset=utf-8',
    `Content-Length: ${Buffer.byteLength(body)}`,
    'Connection: close',
  ]
  socket.write(`${head.join('\r\n')}\r\n\r\n${body}`)
  socket.destroySoon()
}

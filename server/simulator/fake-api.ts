import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Fault } from './fake-api-faults.ts'
import { domainRow, sessionRow, trunkRow, usualTrunks, type FakeTrunk } from './fake-api-rows.ts'
import { ScenarioError } from './scenario.ts'
import { createSessionBook, type SessionBook } from './session-book.ts'

/** A request as it arrived. Credentials are not kept, only whether they were good. */
export interface ApiRequest {
  readonly atMs: number
  readonly method: string
  readonly path: string
  readonly isAuthorized: boolean
}

export interface FakeApiSettings {
  /** 0 takes a free one. */
  readonly port?: number | undefined
  /** The key that is let in; any key unless set. */
  readonly apiKey?: string | undefined
  readonly domains?: readonly string[] | undefined
  readonly trunks?: readonly FakeTrunk[] | undefined
  readonly sessions?: SessionBook | undefined
  /** Requests per domain in 10 s. */
  readonly requestsPerWindow?: number | undefined
  /** Comes with a 429, where set; the platform is not known to send it. */
  readonly retryAfter?: string | undefined
  readonly nowMs?: (() => number) | undefined
  readonly fault?: ((request: ApiRequest, n: number) => Fault | undefined) | undefined
}

export interface FakeApi {
  readonly url: string
  /** The last ten thousand. */
  readonly requests: readonly ApiRequest[]
  close(): Promise<void>
}

interface Answer {
  readonly status: number
  readonly headers?: Readonly<Record<string, string>> | undefined
  readonly content?: unknown
}

const windowMs = 10_000
const mostRequestsKept = 10_000
const no = (status: number, message: string): Answer => ({ status, content: { status: false, message } })
const notFound = no(404, 'Not found')

const listen = (server: ReturnType<typeof createServer>, port: number): Promise<void> =>
  new Promise((settle, reject) => {
    server.once('error', (cause: Error & { code?: string }) =>
      reject(
        new ScenarioError(
          `Cannot serve the API on port ${port} (${cause.code ?? cause.message}); choose another with --api-port`,
          { cause },
        ),
      ),
    )
    server.listen(port, '127.0.0.1', () => settle())
  })

/** The part of the platform's REST API that a router of calls uses, with its oddities, on loopback. */
export const startFakeApi = async (settings: FakeApiSettings = {}): Promise<FakeApi> => {
  const { apiKey, requestsPerWindow = 10, retryAfter, nowMs = Date.now, fault } = settings
  const { sessions = createSessionBook(), trunks = usualTrunks, domains = ['example.cloudonix.net'] } = settings
  const domainRows = domains.map(domainRow)
  const trunkRows = trunks.map(trunkRow)
  const requests: ApiRequest[] = []
  const accepted = new Map<number, number[]>()
  let arrived = 0

  const isAuthorized = ({ headers }: IncomingMessage): boolean => {
    const sent = /^Bearer (\S+)$/.exec(headers.authorization ?? '')?.[1]
    return sent !== undefined && (apiKey === undefined || sent === apiKey)
  }

  const isTooMany = (domainId: number, atMs: number): boolean => {
    const recent = (accepted.get(domainId) ?? []).filter((earlierMs) => earlierMs > atMs - windowMs)
    const isFull = recent.length >= requestsPerWindow
    accepted.set(domainId, isFull ? recent : [...recent, atMs])
    return isFull
  }

  /** The nouns below a domain. What the platform has and this has not answers 501, so that nobody takes it for missing. */
  const answerNoun = (domain: string, method: string, noun: string, id: string | undefined): Answer => {
    if (method === 'GET' && noun === 'trunks' && id === undefined)
      return trunkRows.length === 0 ? notFound : { status: 200, content: trunkRows }
    if (method === 'GET' && noun === 'trunks') {
      const row = trunkRows.find((trunk) => [String(trunk.id), trunk.name, trunk.uuid].includes(id ?? ''))
      return row ? { status: 200, content: row } : notFound
    }
    if (method === 'GET' && noun === 'sessions' && id === undefined)
      return { status: 200, content: sessions.list().map((session) => sessionRow(domain, session)) }
    if (method === 'GET' && noun === 'sessions') {
      const session = sessions.find(id ?? '')
      return session ? { status: 200, content: sessionRow(domain, session) } : notFound
    }
    if (method === 'DELETE' && noun === 'sessions' && id !== undefined)
      return sessions.hangUp(id) ? { status: 204 } : notFound
    return no(501, 'The simulator does not play this part of the API')
  }

  const answer = ({ method, path, atMs, isAuthorized: isLetIn }: ApiRequest): Answer => {
    const segments = path.split('/').slice(1).map(decodeURIComponent)
    const rest = segments[0] === 'customers' ? segments.slice(2) : segments
    const [root, domainKey, noun, id, ...more] = rest
    if (root !== 'domains' || more.length > 0) return notFound
    if (!isLetIn) return no(401, 'Unauthorized')
    if (domainKey === undefined)
      return method === 'GET' ? { status: 200, content: domainRows } : no(501, 'The simulator has fixed domains')
    const row = domainRows.find(({ id: rowId, domain, uuid }) =>
      [String(rowId), domain, uuid].includes(domainKey.toLowerCase()),
    )
    if (!row) return notFound
    if (isTooMany(row.id, atMs))
      return {
        ...no(429, 'Rate limit exceeded'),
        headers: retryAfter === undefined ? undefined : { 'retry-after': retryAfter },
      }
    if (noun !== undefined) return answerNoun(row.domain, method, noun, id)
    return method === 'GET' ? { status: 200, content: row } : no(501, 'The simulator has fixed domains')
  }

  const send = (response: ServerResponse, { status, headers, content }: Answer): void => {
    response.writeHead(status, { ...(content !== undefined && { 'content-type': 'application/json' }), ...headers })
    response.end(content === undefined ? undefined : JSON.stringify(content))
  }

  const handle = async (incoming: IncomingMessage, response: ServerResponse): Promise<void> => {
    const { pathname } = new URL(incoming.url ?? '/', 'http://fake.invalid')
    const request = {
      atMs: nowMs(),
      method: incoming.method ?? 'GET',
      path: pathname,
      isAuthorized: isAuthorized(incoming),
    }
    requests.push(request)
    if (requests.length > mostRequestsKept) requests.shift()
    const wrong = fault?.(request, (arrived += 1))
    if (wrong?.kind === 'answer') {
      response.writeHead(wrong.status, { 'content-type': 'application/json', ...wrong.headers })
      response.end(wrong.body ?? JSON.stringify({ status: false, message: `Fault ${wrong.status}` }))
      return
    }
    if (wrong?.kind === 'silence' || wrong?.kind === 'cut') {
      if (wrong.isDone === true) answer(request)
      if (wrong.kind === 'cut') incoming.socket.destroy()
      return
    }
    if (wrong?.kind === 'slow') await sleep(wrong.ms)
    send(response, answer(request))
  }

  const server = createServer((incoming, response) => {
    handle(incoming, response).catch(() => send(response, no(400, 'Bad request')))
  })
  await listen(server, settings.port ?? 0)
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    requests,
    close: () =>
      new Promise((settle) => {
        server.close(() => settle())
        server.closeAllConnections()
      }),
  }
}

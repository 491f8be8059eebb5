import type { IncomingMessage, ServerOptions, ServerResponse } from 'node:http'
import type { Socket } from 'node:net'
import type { TlsOptions } from 'node:tls'
import type { FastifyInstance } from 'fastify'

const idleSweepMs = 50

/** Time for the head of a request; a connection that sends nothing is ended by it too. */
const headersTimeoutMs = 10_000
/**
 * How often Node looks for who is over its time. It ends them all at once while calls wait, so it does so often: then
 * those that came at once are not many.
 */
const checkEveryMs = 100

/** What keeps slow and silent clients from staying, as Fastify takes it; with TLS for the server that speaks it. */
export const connectionOptions = ({
  requestTimeoutMs,
  maxHeaderBytes,
  tls,
}: {
  /** For the whole request, body included. */
  readonly requestTimeoutMs: number
  readonly maxHeaderBytes: number
  readonly tls: TlsOptions | undefined
}): { http: ServerOptions } => {
  const http = {
    headersTimeout: Math.min(headersTimeoutMs, requestTimeoutMs),
    connectionsCheckingInterval: checkEveryMs,
    maxHeaderSize: maxHeaderBytes,
  }
  if (!tls) return { http }
  // Fastify has another type for servers with TLS; what is done with them here is the same.
  return { https: { ...http, handshakeTimeout: headersTimeoutMs, ...tls } } as unknown as { http: ServerOptions }
}

const peerOf = ({ remoteAddress, remotePort }: Socket): string => `${String(remoteAddress)} ${String(remotePort)}`

/**
 * Keeps connections that say nothing from being in the way.
 *
 * When the listener closes, Node waits for those that never carried a request as for any that might still speak, and
 * browsers open such ones ahead of need, so a clean shutdown would hang on them. The same holds for those that are kept
 * alive after the answer to what was under way.
 *
 * While it listens, at most `most` are open. The next one takes the place of the one that has been silent for longest,
 * else of those that are kept alive without a request, else of the one whose body takes longest: whoever opens thousands
 * and sends nothing crowds out nobody but themselves.
 */
export const guardConnections = (
  app: FastifyInstance,
  { most = Infinity }: { most?: number | undefined } = {},
): void => {
  /** Never carried a request; the oldest comes first. */
  const silent = new Set<Socket>()
  // With TLS, requests come on a socket that is laid over the one of the connection.
  const isTls = 'setSecureContext' in app.server
  const byPeer = new Map<string, Socket>()
  const below = new WeakMap<Socket, Socket>()
  /** Under way; the oldest comes first. */
  const requests = new Set<IncomingMessage>()
  let open = 0

  const slowestBody = (): Socket | undefined => {
    for (const request of requests) if (!request.complete) return request.socket
    return undefined
  }

  const makeRoomFor = (newest: Socket): void => {
    const [oldest] = silent
    if (oldest && oldest !== newest) {
      silent.delete(oldest)
      oldest.destroy()
      return
    }
    app.server.closeIdleConnections()
    // Those are gone, and counted as such, at the end of a turn of the event loop.
    setImmediate(setImmediate, () => {
      if (open > most) (slowestBody() ?? newest).destroy()
    })
  }

  app.server.on('connection', (socket: Socket) => {
    open += 1
    silent.add(socket)
    const peer = isTls ? peerOf(socket) : ''
    if (isTls) byPeer.set(peer, socket)
    socket.once('close', () => {
      open -= 1
      silent.delete(socket)
      if (byPeer.get(peer) === socket) byPeer.delete(peer)
    })
    if (open > most) makeRoomFor(socket)
  })
  app.server.on('secureConnection', (secure: Socket) => {
    const socket = byPeer.get(peerOf(secure))
    if (socket) below.set(secure, socket)
  })
  app.server.on('request', (request: IncomingMessage, response: ServerResponse) => {
    const { socket } = request
    silent.delete(below.get(socket) ?? socket)
    requests.add(request)
    response.once('close', () => requests.delete(request))
  })

  app.addHook('preClose', (done) => {
    for (const socket of silent) socket.destroy()
    const sweep = setInterval(() => app.server.closeIdleConnections(), idleSweepMs)
    app.server.once('close', () => clearInterval(sweep))
    done()
  })
}

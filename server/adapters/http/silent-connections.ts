import type { FastifyInstance } from 'fastify'
import type { Socket } from 'node:net'

const idleSweepMs = 50

/**
 * Ends connections that never carried a request when the listener closes. Node waits for them as for any that might
 * still speak, and browsers open such ones ahead of need, so a clean shutdown would hang on them. The same holds for
 * those that are kept alive after the answer to what was under way.
 */
export const endSilentConnections = (app: FastifyInstance): void => {
  const silent = new Set<Socket>()
  app.server.on('connection', (socket: Socket) => {
    silent.add(socket)
    socket.once('close', () => silent.delete(socket))
  })
  app.server.on('request', ({ socket }: { socket: Socket }) => silent.delete(socket))
  app.addHook('preClose', (done) => {
    for (const socket of silent) socket.destroy()
    const sweep = setInterval(() => app.server.closeIdleConnections(), idleSweepMs)
    app.server.once('close', () => clearInterval(sweep))
    done()
  })
}

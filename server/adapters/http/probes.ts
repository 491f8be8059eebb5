import type { FastifyInstance } from 'fastify'
import type { Access } from './access.ts'
import { sendFailure } from './failures.ts'

export interface Readiness {
  readonly ready: boolean
  readonly status: string
  readonly problems: readonly { readonly part: string; readonly message: string; readonly sinceMs: number }[]
}

/** For whoever watches the process: alive, ready to route, and how much of everything. */
export const addProbes = (
  app: FastifyInstance,
  deps: {
    readonly access: Access
    readonly readiness: () => Readiness
    readonly metrics: () => Promise<string> | string
  },
): void => {
  app.get('/healthz', () => ({ status: 'ok' }))
  app.get('/readyz', (_request, reply) => {
    const readiness = deps.readiness()
    return reply
      .code(readiness.ready ? 200 : 503)
      .header('cache-control', 'no-store')
      .send(readiness)
  })
  app.get('/metrics', { onRequest: app.admitOnly }, async (request, reply) => {
    if (request.actor?.tenantId !== undefined) {
      const message = 'The metrics are of the whole site; a token for one tenant does not show them'
      return sendFailure(reply, { code: 'FORBIDDEN', message })
    }
    return reply.type('text/plain; version=0.0.4; charset=utf-8').send(await deps.metrics())
  })
}

import type { FastifyInstance } from 'fastify'
import { sendFailure } from './failures.ts'

const ownNames = ['localhost', '127.0.0.1', '[::1]']

/** `name`, `name:port`, `[::1]:port` → the name alone, in lower case. */
export const hostName = (host: string): string =>
  (/^(\[[^\]]*\]|[^:]*)(?::\d*)?$/.exec(host.trim().toLowerCase())?.[1] ?? '').replace(/\.$/, '')

/** A name that this machine has for itself. */
export const isOwnName = (host: string | undefined): boolean => ownNames.includes(hostName(host ?? ''))

/**
 * A page elsewhere can make its own name point at this machine and then read what is here with its visitor's browser
 * (DNS rebinding). Such requests carry that name as Host, so only names known beforehand are answered.
 * What a trusted proxy says it was asked for must be known as well as the name under which it asks.
 */
export const guardHost = (app: FastifyInstance, allowedHosts: readonly string[]): void => {
  const known = new Set([...ownNames, ...allowedHosts.map(hostName)])
  app.addHook('onRequest', async (request, reply) => {
    const named = request.headers.host ?? ''
    if (known.has(hostName(named)) && known.has(hostName(request.host))) return
    if (request.url === '/healthz') return // says nothing, and probes come by address
    return sendFailure(reply, {
      code: 'FORBIDDEN',
      message: `This server is not known as "${known.has(hostName(named)) ? request.host : named}". Use localhost, or add the name to the allowed hosts in SWITCHYARD_ADMIN_ALLOWED_HOSTS.`,
    })
  })
}

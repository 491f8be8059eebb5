import type { FastifyInstance, FastifyRequest } from 'fastify'
import { isOwnName } from './host-guard.ts'

const policy = (rules: Readonly<Record<string, string>>): string =>
  Object.entries({ ...rules, 'object-src': "'none'", 'base-uri': "'none'", 'frame-ancestors': "'none'" })
    .map(([directive, sources]) => `${directive} ${sources}`)
    .join('; ')

/** For answers that are data: nothing in them may ever run. */
const dataPolicy = policy({ 'default-src': "'none'" })

/** The console's scripts and styles come from its own files alone. */
export const consolePolicy = policy({
  'default-src': "'self'",
  'script-src': "'self'",
  'style-src': "'self'",
  'img-src': "'self' data:",
  'font-src': "'self' data:",
  'connect-src': "'self'",
  'form-action': "'self'",
})

/** The API reference starts with one small script inside its page, which is named by its hash. */
export const docsPolicy = (scriptHashes: readonly string[]): string =>
  policy({
    'default-src': "'self'",
    'script-src': ["'self'", ...scriptHashes.map((hash) => `'sha256-${hash}'`)].join(' '),
    'style-src': "'self' 'unsafe-inline'",
    'img-src': "'self' data: blob:",
    'font-src': "'self' data:",
    'connect-src': "'self'",
    'worker-src': "'self' blob:",
    'form-action': "'none'",
  })

/** What browsers do unless they are told not to. The policy is the strictest; pages that need more set their own. */
const always: Readonly<Record<string, string>> = {
  'content-security-policy': dataPolicy,
  'x-content-type-options': 'nosniff',
  'x-frame-options': 'DENY',
  'x-permitted-cross-domain-policies': 'none',
  'x-dns-prefetch-control': 'off',
  'referrer-policy': 'same-origin',
  'permissions-policy': 'camera=(), microphone=(), geolocation=(), payment=(), usb=()',
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-resource-policy': 'same-origin',
  'origin-agent-cluster': '?1',
}

/** A year, as browsers forget. */
const httpsFromNowOn = { 'strict-transport-security': 'max-age=31536000' }

export const addSecurityHeaders = (app: FastifyInstance, isSecure: (request: FastifyRequest) => boolean): void => {
  app.addHook('onRequest', async (request, reply) => {
    void reply.headers(always)
    // A browser would take it for every port of its own machine.
    if (isSecure(request) && !isOwnName(request.headers.host)) void reply.headers(httpsFromNowOn)
  })
}

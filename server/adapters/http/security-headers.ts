import type { FastifyInstance } from 'fastify'

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

export const addSecurityHeaders = (app: FastifyInstance): void => {
  app.addHook('onRequest', async (_request, reply) => {
    void reply.headers({
      'content-security-policy': dataPolicy,
      'x-content-type-options': 'nosniff',
      'x-frame-options': 'DENY',
      'referrer-policy': 'same-origin',
      'cross-origin-opener-policy': 'same-origin',
      'cross-origin-resource-policy': 'same-origin',
    })
  })
}

import { createHash } from 'node:crypto'
import apiReference from '@scalar/fastify-api-reference'
import type { FastifyInstance } from 'fastify'
import type { Access } from './access.ts'
import { sendPlainPage } from './plain-page.ts'
import { docsPolicy } from './security-headers.ts'

const inlineScriptHashes = (html: string): string[] =>
  [...html.matchAll(/<script(?![^>]*\bsrc=)[^>]*>([\s\S]*?)<\/script>/g)].map(([, script = '']) =>
    createHash('sha256').update(script).digest('base64'),
  )

/** The API described for machines and for people. Both need a signed-in reader, and nothing is fetched from outside. */
export const addDocsPages = async (app: FastifyInstance, access: Access, document: string): Promise<void> => {
  await app.register(async (docs) => {
    docs.addHook('onRequest', async (request, reply) => {
      if (request.headers.accept?.includes('text/html') && !(await access.identify(request, reply))) {
        return sendPlainPage(reply, 401, 'Sign in first', [
          'The API reference is for people who are signed in to the console.',
          'Open the sign-in link that the server printed when it started, then come back to `/docs`.',
          'Programs send an API token: `Authorization: Bearer …`.',
        ])
      }
      if (!(await access.admit(request, reply))) return reply
    })
    docs.addHook('onSend', async (_request, reply, payload) => {
      if (typeof payload === 'string' && String(reply.getHeader('content-type')).startsWith('text/html')) {
        void reply.header('content-security-policy', docsPolicy(inlineScriptHashes(payload)))
      }
    })
    docs.get('/openapi.json', (_request, reply) => reply.type('application/json; charset=utf-8').send(document))
    await docs.register(apiReference, {
      routePrefix: '/docs',
      configuration: {
        url: '/openapi.json',
        pageTitle: 'Switchyard API',
        withDefaultFonts: false,
        hideClientButton: true,
        // Everything that would lead to somebody else's service.
        showDeveloperTools: 'never',
        agent: { disabled: true },
        mcp: { disabled: true },
        telemetry: false,
      },
    })
  })
}

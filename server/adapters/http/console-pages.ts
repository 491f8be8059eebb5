import { existsSync } from 'node:fs'
import { join } from 'node:path'
import fastifyStatic from '@fastify/static'
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { sendPlainPage } from './plain-page.ts'
import { consolePolicy } from './security-headers.ts'

/** The build puts a hash of the content into the names of these files, so they never change. */
const isHashed = (path: string): boolean => /[\\/]assets[\\/][^\\/]+-[\w-]{8,}\.\w+$/.test(path)

const cacheControl = (path: string): string => {
  if (path.endsWith('.html')) return 'no-store'
  return isHashed(path) ? 'public, max-age=31536000, immutable' : 'no-cache'
}

const serverPaths = /^\/(api|docs|voice|openapi\.json|metrics|healthz|readyz)(\/|$)/

/** Paths that belong to a screen of the console rather than to a file or to the server. */
export const isScreenPath = (request: FastifyRequest): boolean => {
  const path = request.url.split('?', 1)[0] ?? ''
  const isRead = request.method === 'GET' || request.method === 'HEAD'
  return isRead && !serverPaths.test(path) && !/\.[^/]*$/.test(path)
}

/** Answers the console's page, for `/` and for every screen path. */
export type SendConsole = (reply: FastifyReply) => FastifyReply

export const addConsolePages = async (app: FastifyInstance, consoleDir: string | undefined): Promise<SendConsole> => {
  const root = consoleDir
  if (root === undefined || !existsSync(join(root, 'index.html'))) {
    const sendMissing: SendConsole = (reply) =>
      sendPlainPage(reply, 503, 'The console is not built', [
        'The server is running, but the pages of its console are missing.',
        'Build them with `npm run build` and start the server again. The API under `/api/v1` works meanwhile.',
      ])
    app.get('/', (_request, reply) => sendMissing(reply))
    return sendMissing
  }
  await app.register(fastifyStatic, {
    root,
    index: false,
    cacheControl: false,
    setHeaders: (reply, path) => {
      void reply.headers({ 'cache-control': cacheControl(path), 'content-security-policy': consolePolicy })
    },
  })
  const sendConsole: SendConsole = (reply) => reply.sendFile('index.html')
  app.get('/', (_request, reply) => sendConsole(reply))
  // Where a browser looks for the icon of pages that name none, such as the API reference.
  app.get('/favicon.ico', (_request, reply) => reply.sendFile('icon.svg'))
  return sendConsole
}

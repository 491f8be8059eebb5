import { readFile } from 'node:fs/promises'
import { extname, join, normalize, sep } from 'node:path'

const contentTypes: Readonly<Record<string, string>> = {
  '.css': 'text/css; charset=utf-8',
  '.html': 'text/html; charset=utf-8',
  '.ico': 'image/x-icon',
  '.js': 'text/javascript; charset=utf-8',
  '.json': 'application/json; charset=utf-8',
  '.map': 'application/json; charset=utf-8',
  '.png': 'image/png',
  '.svg': 'image/svg+xml',
  '.webp': 'image/webp',
  '.woff2': 'font/woff2',
}

/** The page talks to its bridge alone, so it may connect to nothing. */
const contentSecurityPolicy = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self' data:",
  "font-src 'self'",
  "connect-src 'none'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join('; ')

const headers = {
  'content-security-policy': contentSecurityPolicy,
  'x-content-type-options': 'nosniff',
  'cross-origin-opener-policy': 'same-origin',
  'cache-control': 'no-cache',
}

const refuse = (status: number, message: string) =>
  new Response(message, { status, headers: { ...headers, 'content-type': 'text/plain; charset=utf-8' } })

/** The file below `folder` that a path names; undefined for one that leads outside or cannot be read as a path. */
const fileBelow = (folder: string, urlPath: string): string | undefined => {
  let path: string
  try {
    path = decodeURIComponent(urlPath)
  } catch {
    return undefined
  }
  // A backslash or a drive letter is a way up on Windows; no file of ours has either in its name.
  if (/[\\:\0]/.test(path)) return undefined
  const file = normalize(join(folder, path === '/' ? 'index.html' : path))
  return file.startsWith(folder + sep) ? file : undefined
}

const isMissing = (error: unknown): boolean =>
  ['ENOENT', 'EISDIR', 'ENOTDIR', 'ENAMETOOLONG'].includes((error as NodeJS.ErrnoException).code ?? '')

/** Answers requests of the app's own scheme from one folder, and from nowhere else. */
export const createAppSchemeHandler = (folder: string, isOurs: (url: string) => boolean) => {
  const root = normalize(folder)
  return async (request: Pick<Request, 'method' | 'url'>): Promise<Response> => {
    if (request.method !== 'GET') return refuse(405, 'Files of the app can only be read')
    const file = isOurs(request.url) ? fileBelow(root, new URL(request.url).pathname) : undefined
    const type = file && contentTypes[extname(file)]
    if (!file || !type) return refuse(404, 'There is no such file')
    try {
      return new Response(new Uint8Array(await readFile(file)), { headers: { ...headers, 'content-type': type } })
    } catch (error) {
      if (isMissing(error)) return refuse(404, 'There is no such file')
      throw error
    }
  }
}

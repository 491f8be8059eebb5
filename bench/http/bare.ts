import { join } from 'node:path'
import { startChild, type Child } from './child.ts'
import { path } from './voice-requests.ts'

export interface Target {
  readonly child: Child
  readonly url: string
}

/** A bare Fastify route that parses the same body and returns the same document. */
export const startBare = async (document: string): Promise<Target> => {
  const child = await startChild([join(import.meta.dirname, 'bare-server.ts'), document], {}, /listening on \d+/)
  return { child, url: `http://127.0.0.1:${/listening on (\d+)/.exec(child.output)?.[1]}${path}` }
}

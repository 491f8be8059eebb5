import { DomainError } from '../../domain/errors.ts'

interface Listener {
  listen(at: { host: string; port: number }): Promise<string>
}

const codeOf = (error: unknown): string | undefined =>
  typeof error === 'object' && error !== null && 'code' in error && typeof error.code === 'string'
    ? error.code
    : undefined

const reasons: Readonly<Record<string, string>> = {
  EADDRINUSE: 'another program listens there',
  EACCES: 'this user may not listen there',
  EADDRNOTAVAIL: 'this machine has no such address',
}

/** Listens, or says what is in the way and which setting leads around it. */
export const listen = async (
  app: Listener,
  host: string,
  port: number,
  setting: string,
  what: string,
): Promise<string> => {
  try {
    // The name has two addresses, and Fastify would make a second server for the other, which nothing here looks after.
    return await app.listen({ host: host === 'localhost' ? '127.0.0.1' : host, port })
  } catch (error) {
    const reason = reasons[codeOf(error) ?? ''] ?? (error instanceof Error ? error.message : String(error))
    const message = `Cannot listen on ${host}:${port} for ${what}: ${reason}. End the other program, or set ${setting} to another port`
    throw new DomainError('UNAVAILABLE', message, undefined, { cause: error })
  }
}

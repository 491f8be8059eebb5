import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { startServer, type Server, type ServerConfig } from '../../server/index.ts'
import { checkCxml } from './cxml-check.ts'

export const ownerToken = 'owner-token-of-the-tests'

export interface Answer<T = Record<string, unknown>> {
  readonly status: number
  readonly body: T
  readonly text: string
}

/** A whole control plane on real sockets and a real file, talked to as the outside world does. */
export interface TestServer {
  readonly server: Server
  readonly dataDir: string
  /** REST, as owner unless another token is given; paths below /api/v1. */
  api<T = Record<string, unknown>>(method: string, path: string, body?: unknown, token?: string): Promise<Answer<T>>
  /** A webhook as Cloudonix sends it. */
  webhook(path: string, body: unknown, headers?: Record<string, string>): Promise<Answer>
  restart(change?: Partial<ServerConfig>): Promise<void>
  close(): Promise<void>
}

export const startTestServer = async (change: Partial<ServerConfig> = {}): Promise<TestServer> => {
  const dataDir = await mkdtemp(join(tmpdir(), 'switchyard-test-'))
  const config: ServerConfig = {
    version: '0.0.0-test',
    dataDir,
    host: '127.0.0.1',
    port: 0,
    adminHost: '127.0.0.1',
    adminPort: 0,
    bootstrapToken: ownerToken,
    logLevel: 'silent',
    ...change,
  }
  let server = await startServer(config)

  const read = async (response: Response): Promise<Answer<never>> => {
    const text = await response.text()
    const isJson = response.headers.get('content-type')?.includes('json') === true && text !== ''
    return { status: response.status, text, body: (isJson ? JSON.parse(text) : {}) as never }
  }

  return {
    get server() {
      return server
    },
    dataDir,
    async api(method, path, body, token = ownerToken) {
      const response = await fetch(`${server.urls.admin}/api/v1${path}`, {
        method,
        headers: {
          authorization: `Bearer ${token}`,
          ...(body !== undefined && { 'content-type': 'application/json' }),
        },
        ...(body !== undefined && { body: JSON.stringify(body) }),
      })
      return read(response)
    },
    async webhook(path, body, headers = {}) {
      const isText = typeof body === 'string'
      const response = await fetch(new URL(path, server.urls.webhooks), {
        method: 'POST',
        headers: { 'content-type': 'application/json', ...headers },
        body: isText ? body : JSON.stringify(body),
      })
      const answer = await read(response)
      // Whatever a test is about: no document leaves that Cloudonix would not understand.
      const problems = response.headers.get('content-type')?.includes('xml') === true ? checkCxml(answer.text) : []
      if (problems.length > 0) throw new Error(`${problems.join('; ')}: ${answer.text}`)
      return answer
    },
    async restart(more = {}) {
      await server.close()
      server = await startServer({ ...config, ...more })
    },
    async close() {
      await server.close()
      await rm(dataDir, { recursive: true, force: true })
    },
  }
}

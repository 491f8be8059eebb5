import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { startServer, type Server, type ServerConfig } from '../../server/index.ts'
import { ownerToken, talkTo, type Talk } from './talk.ts'

export { ownerToken, type Answer } from './talk.ts'

/** A whole control plane on real sockets and a real file, talked to as the outside world does. */
export interface TestServer extends Talk {
  readonly server: Server
  readonly dataDir: string
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

  return {
    get server() {
      return server
    },
    dataDir,
    ...talkTo(() => server.urls),
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

import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { startRedis, type TestRedis } from './redis.ts'
import { freePort, startServerProcess, type ServerProcess } from './server-process.ts'
import { ownerToken, type TestServer } from './test-server.ts'

/** Several control planes, a process each, on one data directory and one Redis. */
export interface Nodes {
  readonly redis: TestRedis
  readonly running: ServerProcess[]
  /** A webhook to the n-th node. */
  post(n: number, path: string, body: unknown): Promise<{ status: number; text: string }>
  api(n: number): TestServer['api']
  /** Kills the n-th node and starts it again. */
  restart(n: number): Promise<void>
  kill(n: number): Promise<void>
  start(n: number): Promise<void>
  dispose(): Promise<void>
}

export const startNodes = async (count: number): Promise<Nodes> => {
  const redis = await startRedis()
  const dataDir = await mkdtemp(join(tmpdir(), 'switchyard-nodes-'))
  const ports: { port: number; adminPort: number }[] = []
  const running: ServerProcess[] = []
  const start = async (n: number): Promise<void> => {
    ports[n] ??= { port: await freePort(), adminPort: await freePort() }
    running[n] = await startServerProcess(dataDir, ports[n], { SWITCHYARD_REDIS_URL: redis.url })
  }
  const kill = async (n: number): Promise<void> => {
    await running[n]!.end('SIGKILL')
  }
  for (let n = 0; n < count; n += 1) await start(n)
  return {
    redis,
    running,
    async post(n, path, body) {
      const response = await fetch(new URL(path, running[n]!.webhooks), {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify(body),
      })
      return { status: response.status, text: await response.text() }
    },
    api: (n) => async (method, path, body) => {
      const response = await fetch(`${running[n]!.admin}/api/v1${path}`, {
        method,
        headers: { authorization: `Bearer ${ownerToken}`, 'content-type': 'application/json' },
        ...(body !== undefined && { body: JSON.stringify(body) }),
      })
      const text = await response.text()
      return { status: response.status, text, body: JSON.parse(text === '' ? 'null' : text) as never }
    },
    kill,
    start,
    async restart(n) {
      await kill(n)
      await start(n)
    },
    async dispose() {
      for (const one of running) await one.end('SIGKILL').catch(() => undefined)
      await redis.dispose()
      await rm(dataDir, { recursive: true, force: true })
    },
  }
}

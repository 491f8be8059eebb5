import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { startRedis, type TestRedis } from './redis.ts'
import { freePort, startServerProcess, type ServerProcess } from './server-process.ts'

/** Several control planes, a process each, on one data directory and one Redis. */
export interface Nodes {
  readonly redis: TestRedis
  readonly dataDir: string
  /** The n-th node, as it runs now. */
  node(n: number): ServerProcess
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
    dataDir,
    node: (n) => running[n]!,
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

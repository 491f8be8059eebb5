import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { createServer, connect, type AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { Redis } from 'ioredis'
import { findRedisServer } from '../../scripts/machine.ts'

/** A Redis of the test's own, on loopback, that may be killed and started again. It keeps nothing across that. */
export interface TestRedis {
  readonly url: string
  readonly pid: () => number | undefined
  kill(): Promise<void>
  start(): Promise<void>
  dispose(): Promise<void>
}

/** The nodes of a cluster speak with each other on the port 10 000 above. */
const highestPort = 55_535

const freePort = async (): Promise<number> => {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  server.close()
  await once(server, 'close')
  return port <= highestPort ? port : freePort()
}

const isListening = (port: number): Promise<boolean> =>
  new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1')
    socket.once('connect', () => resolve(true)).once('error', () => resolve(false))
    socket.once('connect', () => socket.destroy())
  })

export const startRedis = async (extra: readonly string[] = []): Promise<TestRedis> => {
  const executable = findRedisServer()
  if (executable === undefined) throw new Error('there is no redis-server')
  const dir = await mkdtemp(join(tmpdir(), 'switchyard-redis-'))
  const port = await freePort()
  let child: ChildProcess | undefined
  const start = async (): Promise<void> => {
    const settings = ['--port', String(port), '--bind', '127.0.0.1', '--save', '', '--appendonly', 'no', '--dir', dir]
    child = spawn(executable, [...settings, ...extra], { stdio: 'ignore' })
    const failed = once(child, 'error').then(([error]) => Promise.reject(error as Error))
    failed.catch(() => undefined)
    for (let n = 0; !(await isListening(port)); n += 1) {
      if (n > 200) throw new Error('redis-server does not start')
      await Promise.race([sleep(20), failed])
    }
  }
  const kill = async (): Promise<void> => {
    const dying = child
    child = undefined
    if (!dying || dying.exitCode !== null) return
    const gone = once(dying, 'exit')
    dying.kill('SIGKILL')
    await gone
  }
  await start()
  return {
    url: `redis://127.0.0.1:${port}`,
    pid: () => child?.pid,
    kill,
    start,
    async dispose() {
      await kill()
      await rm(dir, { recursive: true, force: true })
    },
  }
}

/** A Redis Cluster of three primaries. */
export interface TestRedisCluster {
  readonly url: string
  readonly primaries: readonly TestRedis[]
  /** Asks each of the primaries. */
  each(...command: readonly [string, ...string[]]): Promise<unknown[]>
  /** Resolves when all primaries know each other and have all slots. */
  isWhole(): Promise<void>
  dispose(): Promise<void>
}

/** Failures are noticed, and replicas filled, as soon as can be. */
export const clusterSettings = [
  ...['--cluster-enabled', 'yes', '--cluster-node-timeout', '1000'],
  ...['--repl-diskless-sync-delay', '0'],
]
const slotCount = 16_384
const primaryCount = 3

export const askRedis = async (url: string, ...[name, ...args]: readonly [string, ...string[]]): Promise<unknown> => {
  const client = new Redis(url)
  try {
    return await client.call(name, ...args)
  } finally {
    client.disconnect()
  }
}

export const startRedisCluster = async (): Promise<TestRedisCluster> => {
  const primaries: TestRedis[] = []
  for (let n = 0; n < primaryCount; n += 1) primaries.push(await startRedis(clusterSettings))
  const hosts = primaries.map(({ url }) => new URL(url).host)
  for (const [n, { url }] of primaries.entries()) {
    const [from, to] = [n, n + 1].map((share) => Math.floor((share * slotCount) / primaryCount)) as [number, number]
    const slots = Array.from({ length: to - from }, (_, slot) => String(from + slot))
    await askRedis(url, 'CLUSTER', 'ADDSLOTS', ...slots)
    await askRedis(url, 'CLUSTER', 'SET-CONFIG-EPOCH', String(n + 1))
    if (n > 0) await askRedis(url, 'CLUSTER', 'MEET', ...(hosts[0]?.split(':') ?? []))
  }
  const each = (...command: readonly [string, ...string[]]) =>
    Promise.all(primaries.map(({ url }) => askRedis(url, ...command)))
  const isWhole = async (): Promise<void> => {
    for (
      let n = 0;
      !(await each('CLUSTER', 'INFO')).every((info) => /state:ok[^]*slots_ok:16384/.test(String(info)));
      n += 1
    ) {
      if (n > 500) throw new Error('the primaries make no cluster')
      await sleep(20)
    }
  }
  await isWhole()
  return {
    url: `redis+cluster://${hosts.join(',')}`,
    primaries,
    each,
    isWhole,
    async dispose() {
      for (const primary of primaries) await primary.dispose()
    },
  }
}

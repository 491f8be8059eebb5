import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { ownerToken, talkTo, type Talk } from './talk.ts'

/** A control plane in a process of its own, so that it can be killed. */
export interface ServerProcess extends Talk {
  readonly webhooks: string
  readonly admin: string
  readonly pid: number
  /** Ends it with this signal and waits until it is gone; answers its exit code. */
  end(signal: NodeJS.Signals): Promise<number | null>
  /** What it printed. */
  output(): string
}

export const freePort = async (): Promise<number> => {
  const server = createServer()
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  server.close()
  await once(server, 'close')
  if (typeof address !== 'object' || address === null) throw new Error('no free port')
  return address.port
}

const entry = join(import.meta.dirname, '../../server/entry/headless.ts')

export const spawnServer = (environment: Record<string, string>): ChildProcess =>
  spawn(process.execPath, [entry], {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, SWITCHYARD_BOOTSTRAP_TOKEN: ownerToken, SWITCHYARD_LOG_LEVEL: 'warn', ...environment },
  })

export const collect = (child: ChildProcess): (() => string) => {
  let text = ''
  const add = (chunk: Buffer): void => {
    text += chunk.toString()
  }
  child.stdout?.on('data', add)
  child.stderr?.on('data', add)
  return () => text
}

const waitFor = async (condition: () => Promise<boolean> | boolean, what: () => string): Promise<void> => {
  const deadline = performance.now() + 20_000
  while (!(await condition())) {
    if (performance.now() > deadline) throw new Error(`timed out: ${what()}`)
    await new Promise((resolve) => setTimeout(resolve, 20))
  }
}

export const startServerProcess = async (
  dataDir: string,
  ports: { port: number; adminPort: number },
  more: Record<string, string> = {},
): Promise<ServerProcess> => {
  const child = spawnServer({
    SWITCHYARD_DATA_DIR: dataDir,
    SWITCHYARD_PORT: String(ports.port),
    SWITCHYARD_ADMIN_PORT: String(ports.adminPort),
    ...more,
  })
  const output = collect(child)
  await waitFor(
    () => {
      if (child.exitCode !== null) throw new Error(`the control plane ended: ${output()}`)
      return output().includes('Console:')
    },
    () => output(),
  )
  const urls = { webhooks: `http://127.0.0.1:${ports.port}`, admin: `http://127.0.0.1:${ports.adminPort}` }
  return {
    ...urls,
    ...talkTo(() => urls),
    pid: child.pid ?? 0,
    output,
    async end(signal) {
      const gone = once(child, 'exit')
      child.kill(signal)
      await gone
      return child.exitCode
    },
  }
}

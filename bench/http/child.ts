import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'

/** A process under load. */
export interface Child {
  readonly pid: number
  /** What it printed up to the moment it was ready. */
  readonly output: string
  /** Resolves when it is gone. */
  readonly ended: Promise<unknown>
  stop(): Promise<void>
}

/** Starts a Node process and waits until it prints something that matches `ready`. */
export const startChild = async (
  args: readonly string[],
  env: Readonly<Record<string, string>>,
  ready: RegExp,
): Promise<Child> => {
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'], env: { ...process.env, ...env } })
  const ended = once(child, 'exit')
  const output = await new Promise<string>((resolve, reject) => {
    let text = ''
    child.stdout.on('data', (chunk: Buffer) => {
      text += chunk.toString()
      if (ready.test(text)) resolve(text)
    })
    child.once('exit', () => reject(new Error(`${args.join(' ')} ended before it was ready: ${text}`)))
  })
  return {
    pid: child.pid ?? 0,
    output,
    ended,
    async stop() {
      child.kill('SIGTERM')
      await ended
    },
  }
}

export interface CpuTimes {
  /** Of all threads, in microseconds. */
  readonly process: number
  /** Of the thread that runs JavaScript first. */
  readonly main: number
}

const tickMicros = 10_000

const micros = (file: string): number => {
  // The name in parentheses may hold anything; user and system time are the 12th and 13th value after it.
  const values = readFileSync(file, 'utf8').split(') ')[1]?.split(' ') ?? []
  return (Number(values[11]) + Number(values[12])) * tickMicros
}

/** Processor time used so far; undefined where the system does not tell in files. */
export const cpuTimes = (pid: number): CpuTimes | undefined =>
  process.platform === 'linux'
    ? { process: micros(`/proc/${pid}/stat`), main: micros(`/proc/${pid}/task/${pid}/stat`) }
    : undefined

export const residentMiB = (pid: number): number | undefined => {
  if (process.platform !== 'linux') return undefined
  const kib = /VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]
  return Number(kib) / 1024
}

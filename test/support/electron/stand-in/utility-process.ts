import { fork } from 'node:child_process'
import { EventEmitter } from 'node:events'
import type { ForkOptions } from 'electron'

const parentPort = new URL('./parent-port.ts', import.meta.url).href

export interface RunningProcess {
  readonly pid: number
  readonly type: 'Utility'
  readonly name: string
}

export const runningProcesses = new Set<RunningProcess>()

export const utilityProcess = {
  fork: (file: string, options: readonly string[], { serviceName, env }: ForkOptions) => {
    const child = fork(file, options, {
      // The control plane has tests of its own: its coverage is not gathered here, whatever is told of the shell's.
      env: { ...((env as NodeJS.ProcessEnv | undefined) ?? process.env), NODE_V8_COVERAGE: '' },
      execArgv: ['--import', parentPort],
      serialization: 'advanced',
    })
    const running = { pid: child.pid ?? 0, type: 'Utility' as const, name: serviceName ?? 'Node Utility Process' }
    runningProcesses.add(running)
    const outside = Object.assign(new EventEmitter(), {
      pid: child.pid,
      postMessage: (message: object) => {
        // Messages to a process that is gone are dropped without a word.
        if (child.connected) child.send(message, () => undefined)
      },
      kill: () => child.kill(),
    })
    child.on('message', (message) => outside.emit('message', message))
    child.once('exit', (code) => {
      runningProcesses.delete(running)
      outside.emit('exit', code ?? 1)
    })
    return outside
  },
}

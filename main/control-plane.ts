import { join } from 'node:path'
import { utilityProcess } from 'electron'
import type { ControlPlaneStatus, FromControlPlane } from '../shared/contract/native.ts'
import { supervise, type ServerProcess, type SupervisedServer } from './supervise.ts'

export interface ControlPlaneListeners {
  onStatus(status: ControlPlaneStatus): void
}

/** The built file beside this one: the server is another process, so it is named and never imported. */
const serverFile = join(import.meta.dirname, 'utility-process.js')

const fork = (options: readonly string[]): ServerProcess => {
  const child = utilityProcess.fork(serverFile, [...options], {
    serviceName: 'Switchyard control plane',
    stdio: 'inherit',
  })
  return {
    post: (message) => child.postMessage(message),
    onMessage: (listener) => void child.on('message', (message: FromControlPlane) => listener(message)),
    onExit: (listener) => void child.once('exit', listener),
    kill: () => void child.kill(),
  }
}

/** Starts the server in its own process and keeps it there. `options` are what the app was started with. */
export const startControlPlane = (options: readonly string[], listeners: ControlPlaneListeners): SupervisedServer => {
  const controlPlane = supervise({
    start: () => fork(options),
    nowMs: Date.now,
    after: (ms, run) => {
      const timer = setTimeout(run, ms)
      return () => clearTimeout(timer)
    },
    onStatus: (status) => {
      if (status.state === 'restarting')
        console.error(`Control plane down, attempt ${status.attempt}: ${status.reason}`)
      listeners.onStatus(status)
    },
  })
  controlPlane.start()
  return controlPlane
}

import { EventEmitter } from 'node:events'
import { homedir } from 'node:os'
import { join } from 'node:path'
import { takeInstanceLock } from './single-instance.ts'
import { runningProcesses } from './utility-process.ts'
import { preventable } from './web-contents.ts'

/** The life of the app: ready, quit with its three events, one instance per user-data folder. */
class App extends EventEmitter {
  readonly isPackaged = false
  readonly #paths = new Map<string, string>()
  #isQuitting = false
  closeWindows: () => void = () => undefined

  async whenReady() {
    await new Promise((proceed) => setImmediate(proceed))
  }
  getPath(name: string) {
    return this.#paths.get(name) ?? join(homedir(), '.config', 'switchyard')
  }
  setPath(name: string, path: string) {
    this.#paths.set(name, path)
  }
  enableSandbox() {
    // Windows that are not sandboxed are refused anyway.
  }
  requestSingleInstanceLock() {
    return takeInstanceLock(this.getPath('userData'), () => this.emit('second-instance', {}, [], ''))
  }
  getAppMetrics() {
    return [{ pid: process.pid, type: 'Browser', name: 'Browser' }, ...runningProcesses]
  }
  exit(code = 0) {
    process.exit(code)
  }
  quit() {
    if (this.#isQuitting) return
    this.#isQuitting = true
    const before = preventable({})
    this.emit('before-quit', before)
    if (!before.defaultPrevented) this.closeWindows()
    const will = preventable({})
    if (!before.defaultPrevented) this.emit('will-quit', will)
    if (before.defaultPrevented || will.defaultPrevented) this.#isQuitting = false
    else this.exit()
  }
  windowsAreClosed() {
    if (!this.#isQuitting) this.emit('window-all-closed')
  }
}

export const app = new App()

for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => app.quit())

/* Runs in the page, before its own scripts. */

interface StandInWindow {
  callMainProcess(channel: string, asked: readonly unknown[]): Promise<unknown>
  receiveFromMainProcess?: (channel: string, told: readonly unknown[]) => void
}

/** Runs a sandboxed preload as Electron would: nothing but `electron` can be required, only copies cross to the page. */
const runPreload = (preload: (require: unknown, module: unknown, exports: unknown) => void) => {
  if (window !== window.top) return
  const page = window as unknown as StandInWindow
  const callMainProcess = page.callMainProcess
  const listeners = new Map<string, Set<(event: object, ...told: readonly unknown[]) => void>>()
  const off = (channel: string, listener: (event: object) => void) => void listeners.get(channel)?.delete(listener)

  const ipcRenderer = {
    invoke: (channel: string, ...asked: readonly unknown[]) =>
      callMainProcess(channel, asked).catch((error: unknown) => {
        throw new Error(`Error invoking remote method '${channel}': ${String(error)}`)
      }),
    on: (channel: string, listener: (event: object) => void) => {
      listeners.set(channel, (listeners.get(channel) ?? new Set()).add(listener))
      return ipcRenderer
    },
    off,
    removeListener: off,
  }

  const crossing = (value: unknown): unknown => {
    if (typeof value === 'function') {
      return (...asked: readonly unknown[]) =>
        crossing((value as (...all: readonly unknown[]) => unknown)(...asked.map(crossing)))
    }
    if (value instanceof Promise) return value.then(crossing)
    if (Array.isArray(value)) return value.map(crossing)
    if (typeof value !== 'object' || value === null) return value
    return Object.freeze(Object.fromEntries(Object.entries(value).map(([key, part]) => [key, crossing(part)])))
  }
  const contextBridge = {
    exposeInMainWorld: (name: string, api: object) => Object.defineProperty(window, name, { value: crossing(api) }),
  }

  page.receiveFromMainProcess = (channel, told) => {
    for (const listener of listeners.get(channel) ?? []) listener({}, ...told)
  }
  const require = (name: string) => {
    if (name === 'electron') return { contextBridge, ipcRenderer }
    throw new Error(`module not found: ${name}`)
  }
  const module = { exports: {} }
  preload(require, module, module.exports)
}

export const preloadScript = (preload: string, url: string): string =>
  `(${runPreload.toString()})((require, module, exports) => {${preload}\n})\n//# sourceURL=${url}\n`

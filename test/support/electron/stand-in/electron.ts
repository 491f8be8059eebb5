// What `import … from 'electron'` gives the built main process when the real runtime is not there:
// the part of it that the app uses, over pages of a Chromium that the test's process holds.
import { runInThisContext } from 'node:vm'
import { app } from './app.ts'
import { BrowserWindow } from './browser-window.ts'
import { answerHost } from './host.ts'
import { utilityProcess } from './utility-process.ts'

type SchemeHandler = (request: Request) => Response | Promise<Response>
type Granting = (contents: unknown, permission: string, answer: (isGranted: boolean) => void) => void
type IpcHandler = (event: object, ...asked: unknown[]) => unknown

const schemes = new Map<string, SchemeHandler>()
const ipcHandlers = new Map<string, IpcHandler>()
let grant: Granting = (_contents, _permission, answer) => answer(true)

const serve = async (url: string, method: string) => {
  const handle = schemes.get(url.slice(0, url.indexOf(':')))
  if (!handle) throw new Error(`No handler for ${url}`)
  return handle(new Request(url, { method }))
}

const protocol = {
  registerSchemesAsPrivileged: () => undefined,
  handle: (scheme: string, handler: SchemeHandler) => void schemes.set(scheme, handler),
}

const net = { fetch: (url: string) => serve(url, 'GET') }

const session = {
  defaultSession: {
    setPermissionRequestHandler: (handler: Granting) => {
      grant = handler
    },
    setPermissionCheckHandler: () => undefined,
    setDevicePermissionHandler: () => undefined,
  },
}

const ipcMain = { handle: (channel: string, handler: IpcHandler) => void ipcHandlers.set(channel, handler) }

const contentsOf = (window: number) => BrowserWindow.fromId(window)?.webContents
const electron = { app, BrowserWindow, ipcMain, net, protocol, session, utilityProcess }

answerHost({
  serve: async (url: string, method: string) => {
    const response = await serve(url, method)
    return {
      status: response.status,
      headers: Object.fromEntries(response.headers),
      body: new Uint8Array(await response.arrayBuffer()),
    }
  },
  invoke: async (window: number, frame: { url: string; isMain: boolean }, channel: string, asked: unknown[]) => {
    const handle = ipcHandlers.get(channel)
    if (!handle) throw new Error(`No handler registered for '${channel}'`)
    const senderFrame = { url: frame.url, parent: frame.isMain ? null : {} }
    return handle({ sender: contentsOf(window), senderFrame }, ...asked)
  },
  mayUse: (window: number, permission: string) =>
    new Promise((resolve) => grant(contentsOf(window), permission, resolve)),
  mayNavigate: (window: number, url: string, isMainFrame: boolean) =>
    contentsOf(window)?.told.mayNavigate(url, isMainFrame) ?? false,
  mayOpen: (window: number, url: string) => contentsOf(window)?.told.mayOpen(url) ?? false,
  loaded: (window: number, url: string) => contentsOf(window)?.told.loaded(url),
  crashed: (window: number) => contentsOf(window)?.told.crashed(),
  closed: (window: number) => BrowserWindow.fromId(window)?.isGone(),
  evaluate: async (source: string, argument: unknown) => {
    const run = runInThisContext(`(${source})`) as (electronModule: unknown, argument: unknown) => unknown
    return run(electron, argument)
  },
})

export { app, BrowserWindow, ipcMain, net, protocol, session, utilityProcess }

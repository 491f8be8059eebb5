import { join } from 'node:path'
import { BrowserWindow } from 'electron'
import { createBackOff } from './back-off.ts'
import type { Page } from './page.ts'

const preloadFile = join(import.meta.dirname, '../preload/index.cjs')

/** The page comes back by itself after its process crashed; meanwhile routing goes on in the server's process. */
const reloadAfterCrash = (window: BrowserWindow) => {
  const backOff = createBackOff()
  let loadedAtMs = Date.now()
  window.webContents.on('did-finish-load', () => (loadedAtMs = Date.now()))
  window.webContents.on('render-process-gone', (_event, { reason }) => {
    if (reason === 'clean-exit') return
    const { attempt, delayMs } = backOff.next(Date.now() - loadedAtMs)
    console.error(`The window's process is gone (${reason}), attempt ${attempt}: it is loaded again`)
    setTimeout(() => {
      if (!window.isDestroyed()) window.webContents.reload()
    }, delayMs)
  })
}

export const openWindow = (page: Page): void => {
  const window = new BrowserWindow({
    title: 'Switchyard',
    width: 1280,
    height: 840,
    minWidth: 880,
    minHeight: 560,
    show: false,
    webPreferences: {
      preload: preloadFile,
      sandbox: true,
      contextIsolation: true,
      nodeIntegration: false,
      webviewTag: false,
    },
  })
  window.once('ready-to-show', () => window.show())
  reloadAfterCrash(window)
  window.loadURL(page.url).catch((error: unknown) => console.error('The window could not load its page', error))
}

/** Brings the window back into view, or opens it. */
export const showWindow = (page: Page): void => {
  const [window] = BrowserWindow.getAllWindows()
  if (!window) return openWindow(page)
  if (window.isMinimized()) window.restore()
  window.show()
  window.focus()
}

export const tellWindows = (channel: string, message: unknown): void => {
  for (const window of BrowserWindow.getAllWindows()) window.webContents.send(channel, message)
}

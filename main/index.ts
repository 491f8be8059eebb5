import { mkdirSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { app, ipcMain, protocol } from 'electron'
import { channels } from '../shared/contract/native.ts'
import { createAppSchemeHandler } from './app-scheme.ts'
import { startControlPlane } from './control-plane.ts'
import { harden } from './harden.ts'
import { registerIpc } from './ipc/register-ipc.ts'
import { appScheme, createPage } from './page.ts'
import { openWindow, showWindow, tellWindows } from './window.ts'

const rendererFolder = join(import.meta.dirname, '../renderer')
const page = createPage(app.isPackaged ? undefined : process.env.ELECTRON_RENDERER_URL)
const serverOptions = process.argv.filter((argument) => argument === '--demo')

/** Installations with a data directory of their own run side by side; the browser's own files never mix with our data. */
const keepWindowFilesApart = () => {
  const dataDir = process.env.SWITCHYARD_DATA_DIR
  const folder = join(dataDir ? resolve(dataDir) : app.getPath('userData'), 'window')
  mkdirSync(folder, { recursive: true })
  app.setPath('userData', folder)
}

const boot = async () => {
  await app.whenReady()
  harden(page)
  protocol.handle(appScheme, createAppSchemeHandler(rendererFolder, page.isOurs))
  const controlPlane = startControlPlane(serverOptions, {
    onStatus: (status) => tellWindows(channels.status, status),
  })
  registerIpc(ipcMain, controlPlane, page)
  app.on('second-instance', () => showWindow(page))
  app.on('activate', () => showWindow(page))
  // The windows are gone by now; calls in flight are answered before the app follows them.
  app.on('will-quit', (event) => {
    event.preventDefault()
    void controlPlane.close().finally(() => app.exit())
  })
  openWindow(page)
}

keepWindowFilesApart()
app.enableSandbox()
protocol.registerSchemesAsPrivileged([
  { scheme: appScheme, privileges: { standard: true, secure: true, supportFetchAPI: true, codeCache: true } },
])
app.on('window-all-closed', () => {
  if (process.platform !== 'darwin') app.quit()
})

if (app.requestSingleInstanceLock()) {
  // Not awaited: Electron becomes ready only after this file has run to its end.
  boot().catch((error: unknown) => {
    console.error('Switchyard could not start', error)
    app.exit(1)
  })
} else {
  app.exit()
}

import { app, session } from 'electron'
import type { Page } from './page.ts'

/** Copying text asks too; everything else (camera, location, notifications of the page, devices …) is refused. */
const granted = 'clipboard-sanitized-write'

/** What holds for every page the app will ever show, whoever opens it. */
export const harden = (page: Page): void => {
  app.on('web-contents-created', (_event, contents) => {
    contents.on('will-frame-navigate', (event) => {
      if (!event.isMainFrame || !page.isOurs(event.url)) event.preventDefault()
    })
    contents.on('will-redirect', (event) => event.preventDefault())
    contents.on('will-attach-webview', (event) => event.preventDefault())
    contents.setWindowOpenHandler(() => ({ action: 'deny' }))
  })
  session.defaultSession.setPermissionRequestHandler((contents, permission, answer) =>
    answer(permission === granted && page.isOurs(contents.getURL())),
  )
  session.defaultSession.setPermissionCheckHandler(
    (contents, permission) => permission === granted && contents !== null && page.isOurs(contents.getURL()),
  )
  session.defaultSession.setDevicePermissionHandler(() => false)
}

import { EventEmitter } from 'node:events'
import type { BrowserWindowConstructorOptions } from 'electron'
import { app } from './app.ts'
import { toMainProcess } from './host.ts'
import { WebContents } from './web-contents.ts'

const windows = new Map<number, BrowserWindow>()

export class BrowserWindow extends EventEmitter {
  readonly webContents = new WebContents(toMainProcess)
  readonly id = this.webContents.id

  #title: string

  constructor({ webPreferences = {}, title = '' }: BrowserWindowConstructorOptions) {
    super()
    const { sandbox, contextIsolation, nodeIntegration, preload } = webPreferences
    if (sandbox === false || contextIsolation === false || nodeIntegration) {
      throw new Error('The stand-in has only sandboxed, isolated windows')
    }
    this.#title = title
    windows.set(this.id, this)
    this.webContents.once('did-finish-load', () => this.emit('ready-to-show'))
    app.emit('web-contents-created', {}, this.webContents)
    toMainProcess.ask('open', this.id, preload).catch((error: unknown) => console.error(error))
  }

  static getAllWindows() {
    return [...windows.values()]
  }
  static fromId(id: number) {
    return windows.get(id)
  }

  loadURL(url: string) {
    return this.webContents.loadURL(url)
  }
  close() {
    toMainProcess.ask('close', this.id).catch(() => undefined)
    this.isGone()
  }
  isDestroyed() {
    return !windows.has(this.id)
  }
  isMinimized() {
    return false
  }
  getTitle() {
    return this.#title
  }
  setTitle(title: string) {
    this.#title = title
  }
  show() {
    this.emit('show')
  }
  focus() {
    this.emit('focus')
  }
  restore() {
    this.emit('restore')
  }

  /** Closed, by the app or by whoever sits in front of it. */
  isGone() {
    if (!windows.delete(this.id)) return
    this.emit('closed')
    if (windows.size === 0) app.windowsAreClosed()
  }
}

app.closeWindows = () => {
  for (const window of BrowserWindow.getAllWindows()) window.close()
}

import { EventEmitter } from 'node:events'
import type { Peer } from './peer.ts'

let lastId = 0

export const preventable = <T extends object>(details: T) => {
  const event = {
    ...details,
    defaultPrevented: false,
    preventDefault: () => {
      event.defaultPrevented = true
    },
  }
  return event
}

/** A page in Chromium, as the main process sees it. The page itself lives with the other side. */
export class WebContents extends EventEmitter {
  readonly id = ++lastId
  #peer: Peer
  #url = ''
  #mayOpen: (details: { url: string }) => { action: 'allow' | 'deny' } = () => ({ action: 'allow' })

  constructor(peer: Peer) {
    super()
    this.#peer = peer
  }

  getURL() {
    return this.#url
  }
  setWindowOpenHandler(mayOpen: (details: { url: string }) => { action: 'allow' | 'deny' }) {
    this.#mayOpen = mayOpen
  }
  send(channel: string, ...told: unknown[]) {
    this.#peer.ask('send', this.id, channel, told).catch(() => undefined)
  }
  async loadURL(url: string) {
    await this.#peer.ask('load', this.id, url)
  }
  reload() {
    this.loadURL(this.#url).catch(() => undefined)
  }
  forcefullyCrashRenderer() {
    this.#peer.ask('crash', this.id).catch(() => undefined)
  }
  executeJavaScript(script: string) {
    return this.#peer.ask('execute', this.id, script)
  }

  /** What the other side tells of the page. */
  readonly told = {
    loaded: (url: string) => {
      this.#url = url
      this.emit('did-finish-load', {})
    },
    crashed: () => this.emit('render-process-gone', {}, { reason: 'crashed', exitCode: 5 }),
    mayNavigate: (url: string, isMainFrame: boolean) => {
      const event = preventable({ url, isMainFrame, isSameDocument: false, frame: null })
      this.emit('will-frame-navigate', event)
      if (isMainFrame) this.emit('will-navigate', event)
      return !event.defaultPrevented
    },
    mayOpen: (url: string) => this.#mayOpen({ url }).action === 'allow',
  }
}

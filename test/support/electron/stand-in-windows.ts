import { readFile } from 'node:fs/promises'
import { pathToFileURL } from 'node:url'
import type { BrowserContext, Page, Request, Route } from '@playwright/test'
import { startPageCoverage } from '../coverage.ts'
import { isOwnScheme, toApp, toChromium } from './stand-in-addresses.ts'
import type { Answers, Peer } from './stand-in/peer.ts'
import { preloadScript } from './stand-in/preload-runtime.ts'

const permissions = ['geolocation', 'notifications', 'midi']

interface Served {
  readonly status: number
  readonly headers: Record<string, string>
  readonly body: Uint8Array
}
interface StandInWindow {
  readonly id: number
  readonly preload: string | undefined
  page: Page
  /** An address that the app itself asked for: nobody is asked whether it may be shown. */
  expected: string | undefined
}
interface PageFunctions {
  receiveFromMainProcess?: (channel: string, told: readonly unknown[]) => void
}

export interface StandInWindows {
  /** What the main process may ask for. */
  readonly answers: Answers
  first(): Promise<Page> | undefined
}

/** The app's windows, each a page of the context. `app` is the main process, asked about everything a page wants. */
export const createStandInWindows = async (context: BrowserContext, app: () => Peer): Promise<StandInWindows> => {
  const windows = new Map<number, Promise<StandInWindow>>()
  const byPage = new Map<Page, StandInWindow>()
  const crashed = new WeakSet<Page>()
  const ask = <T>(name: string, ...asked: readonly unknown[]) => app().ask<T>(name, ...asked)
  const tell = (name: string, ...told: readonly unknown[]) => void ask(name, ...told).catch(() => undefined)

  const windowOf = (id: number) => {
    const window = windows.get(id)
    if (!window) throw new Error(`There is no window ${id}`)
    return window
  }

  const openPage = async (id: number, preload: string | undefined) => {
    const page = await context.newPage()
    await startPageCoverage(page)
    page.on('load', () => tell('loaded', id, toApp(page.url())))
    page.on('crash', () => {
      crashed.add(page)
      tell('crashed', id)
    })
    page.on('close', () => {
      if (byPage.delete(page) && !crashed.has(page)) tell('closed', id)
    })
    page.on('popup', (popup) => {
      ask<boolean>('mayOpen', id, toApp(popup.url()))
        .then((isAllowed) => (isAllowed ? undefined : popup.close()))
        .catch(() => undefined)
    })
    await page.exposeBinding('callMainProcess', ({ frame }, channel: string, asked: unknown[]) =>
      ask('invoke', id, { url: toApp(frame.url()), isMain: frame.parentFrame() === null }, channel, asked),
    )
    if (preload)
      await page.addInitScript({ content: preloadScript(await readFile(preload, 'utf8'), pathToFileURL(preload).href) })
    return page
  }

  const open = async (id: number, preload: string | undefined) => {
    const page = await openPage(id, preload)
    const window: StandInWindow = { id, preload, page, expected: undefined }
    byPage.set(page, window)
    for (const permission of permissions) {
      if (await ask<boolean>('mayUse', id, permission)) await context.grantPermissions([permission])
    }
    return window
  }

  /** A crashed page stays dead for Playwright, where Electron revives it: the window gets a new one. */
  const revive = async (window: StandInWindow) => {
    const dead = window.page
    byPage.delete(dead)
    window.page = await openPage(window.id, window.preload)
    byPage.set(window.page, window)
    await dead.close()
  }

  const load = async (id: number, url: string) => {
    const window = await windowOf(id)
    if (crashed.has(window.page)) await revive(window)
    window.expected = toChromium(url)
    await window.page.goto(window.expected)
  }

  const mayShow = async (request: Request): Promise<boolean> => {
    if (!request.isNavigationRequest()) return true
    const frame = request.frame()
    const window = byPage.get(frame.page())
    if (!window) return false
    if (window.expected !== request.url()) {
      return ask('mayNavigate', window.id, toApp(request.url()), frame.parentFrame() === null)
    }
    window.expected = undefined
    return true
  }

  const serve = async (route: Route): Promise<void> => {
    const request = route.request()
    if (!(await mayShow(request))) return route.abort('aborted')
    if (!isOwnScheme(request.url())) return route.continue()
    const { status, headers, body } = await ask<Served>('serve', toApp(request.url()), request.method())
    await route.fulfill({ status, headers, body: Buffer.from(body) })
  }
  // Whatever cannot be answered any more belongs to an app or a page that is going away.
  await context.route('**/*', (route) => serve(route).catch(() => route.abort('failed').catch(() => undefined)))

  return {
    first: () => [...windows.values()].at(0)?.then(({ page }) => page),
    answers: {
      open: async (id: number, preload: string | undefined) => {
        const window = open(id, preload)
        windows.set(id, window)
        await window
      },
      load,
      send: async (id: number, channel: string, told: unknown[]) => {
        const { page } = await windowOf(id)
        await page.evaluate(([to, what]) => (window as unknown as PageFunctions).receiveFromMainProcess?.(to, what), [
          channel,
          told,
        ] as const)
      },
      execute: async (id: number, script: string) => (await windowOf(id)).page.evaluate(script),
      crash: async (id: number) => {
        const session = await context.newCDPSession((await windowOf(id)).page)
        // It never answers: there is nobody left to do so.
        session.send('Page.crash').catch(() => undefined)
      },
      close: async (id: number) => {
        const window = await windowOf(id)
        windows.delete(id)
        await window.page.close()
      },
    },
  }
}

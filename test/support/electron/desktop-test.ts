import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { createServer, type AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test as base, chromium, type Browser } from '@playwright/test'
import { findChromium, findElectron, whyNoDesktop } from '../../../scripts/machine.ts'
import { builtApp } from '../built-app.ts'
import { savePageCoverage } from '../coverage.ts'
import type { Desktop } from './desktop.ts'
import { launchElectron } from './real-electron.ts'
import { launchStandIn } from './stand-in-electron.ts'

export interface StartedDesktop extends Desktop {
  /** Where Cloudonix would reach this app. */
  readonly webhookUrl: string
}
export interface DesktopStart {
  readonly options?: readonly string[]
}

const freePort = async (): Promise<number> => {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  server.close()
  await once(server, 'close')
  return port
}

/** As a system going down would: the control plane drains and leaves nothing behind. */
const end = async ({ pid, exited }: Desktop) => {
  const signal = (name: NodeJS.Signals) => {
    try {
      process.kill(pid, name)
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error
    }
  }
  signal('SIGTERM')
  const giveUp = setTimeout(() => signal('SIGKILL'), 20_000)
  await exited
  clearTimeout(giveUp)
}

interface WorkerFixtures {
  /** Chromium for the stand-in; undefined where the real runtime is there. */
  readonly standInBrowser: Browser | undefined
}
interface TestFixtures {
  /** Starts the built app with a data directory of its own; what still runs after the test is ended. */
  readonly startDesktop: (start?: DesktopStart) => Promise<StartedDesktop>
}

export const test = base.extend<TestFixtures, WorkerFixtures>({
  standInBrowser: [
    async ({}, use) => {
      const reason = whyNoDesktop()
      console.log(reason ? `Desktop specs run on the stand-in: ${reason}.` : 'Desktop specs run on Electron.')
      if (!reason) return use(undefined)
      const asRoot = process.getuid?.() === 0 ? ['--no-sandbox'] : []
      const executablePath = findChromium()
      const browser = await chromium.launch({
        ...(executablePath ? { executablePath } : {}),
        args: [...asRoot, '--disable-gpu'],
      })
      await use(browser)
      await browser.close()
    },
    { scope: 'worker' },
  ],
  startDesktop: async ({ standInBrowser }, use) => {
    const started: Desktop[] = []
    const folders: string[] = []
    await use(async ({ options = [] } = {}) => {
      const folder = await mkdtemp(join(tmpdir(), 'switchyard-desktop-'))
      folders.push(folder)
      const port = await freePort()
      const env = {
        SWITCHYARD_DATA_DIR: folder,
        SWITCHYARD_PORT: String(port),
        SWITCHYARD_ADMIN_PORT: String(await freePort()),
      }
      const how = { appFolder: builtApp, options, env }
      const desktop = standInBrowser
        ? await launchStandIn(standInBrowser, how)
        : await launchElectron(findElectron() ?? '', how)
      started.push(desktop)
      return { ...desktop, webhookUrl: `http://127.0.0.1:${port}` }
    })
    await Promise.all(started.flatMap((desktop) => desktop.pages().map(savePageCoverage)))
    await Promise.all(started.map(end))
    for (const folder of folders) await rm(folder, { recursive: true, force: true, maxRetries: 5 })
  },
})

export { expect } from '@playwright/test'

import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import AxeBuilder from '@axe-core/playwright'
import { test as base, expect, type Page } from '@playwright/test'
import { builtApp } from '../built-app.ts'
import { savePageCoverage, startPageCoverage } from '../coverage.ts'
import { startFakeConsole, type FakeConsole, type FakeConsoleOptions } from './fake-console-server.ts'

const out = join(builtApp, 'out')

export interface RealServer {
  readonly admin: string
  readonly signInLink: string
}

const freePort = async (): Promise<string> => {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  server.close()
  await once(server, 'close')
  return String(typeof address === 'object' ? address?.port : '')
}

/** The built control plane, as it ships, in a folder of its own. */
const startReal = async (options: readonly string[]) => {
  const dataDir = await mkdtemp(join(tmpdir(), 'switchyard-console-'))
  const adminPort = await freePort()
  const child = spawn(process.execPath, [join(out, 'main', 'headless.js'), ...options], {
    stdio: ['ignore', 'pipe', 'inherit'],
    env: {
      ...process.env,
      SWITCHYARD_DATA_DIR: dataDir,
      SWITCHYARD_PORT: await freePort(),
      SWITCHYARD_ADMIN_PORT: adminPort,
    },
  })
  let said = ''
  const signInLink = await new Promise<string>((found, failed) => {
    child.stdout.on('data', (chunk: Buffer) => {
      said += chunk.toString()
      const link = /Console:\s+(\S+)/.exec(said)?.[1]
      if (link !== undefined) found(link)
    })
    child.on('exit', () => failed(new Error(`the control plane ended: ${said}`)))
  })
  return {
    server: { admin: `http://127.0.0.1:${adminPort}`, signInLink },
    close: async () => {
      const gone = once(child, 'exit')
      child.kill('SIGTERM')
      await gone
      await rm(dataDir, { recursive: true, force: true })
    },
  }
}

interface ConsoleFixtures {
  readonly startServer: (options?: readonly string[]) => Promise<RealServer>
  readonly startFake: (options?: Omit<FakeConsoleOptions, 'root'>) => Promise<FakeConsole>
  /** What the browser complained about. Refused requests are part of some tests, so they are left out. */
  readonly complaints: string[]
}

export const test = base.extend<ConsoleFixtures>({
  page: async ({ page }, use) => {
    await startPageCoverage(page)
    await use(page)
    await savePageCoverage(page)
  },
  startServer: async ({ baseURL: _ }, use) => {
    const closers: (() => Promise<void>)[] = []
    await use(async (options = []) => {
      const { server, close } = await startReal(options)
      closers.push(close)
      return server
    })
    for (const close of closers) await close()
  },
  startFake: async ({ baseURL: _ }, use) => {
    const fakes: FakeConsole[] = []
    await use(async (options = {}) => {
      const fake = await startFakeConsole({ root: join(out, 'renderer'), ...options })
      fakes.push(fake)
      return fake
    })
    for (const fake of fakes) await fake.close()
  },
  complaints: [
    async ({ page }, use) => {
      const complaints: string[] = []
      page.on('pageerror', (error) => complaints.push(String(error)))
      page.on('console', (message) => {
        const isRequest = message.text().startsWith('Failed to load resource')
        if (['error', 'warning'].includes(message.type()) && !isRequest) complaints.push(message.text())
      })
      await use(complaints)
      expect(complaints).toEqual([])
    },
    { auto: true },
  ],
})

/** No violation of WCAG 2.2 AA that a machine can find. */
export const expectAccessible = async (page: Page): Promise<void> => {
  const { violations } = await new AxeBuilder({ page })
    .withTags(['wcag2a', 'wcag2aa', 'wcag21aa', 'wcag22aa'])
    .analyze()
  expect(violations.map(({ id, nodes }) => `${id}: ${nodes.map((node) => node.html).join(' | ')}`)).toEqual([])
}

export { expect }

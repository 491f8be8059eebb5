import { fork } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { setTimeout } from 'node:timers/promises'
import type { Browser } from '@playwright/test'
import { processCoverage } from '../coverage.ts'
import type { Desktop, DesktopOptions } from './desktop.ts'
import { toApp } from './stand-in-addresses.ts'
import { createStandInWindows } from './stand-in-windows.ts'
import { createPeer, type Peer } from './stand-in/peer.ts'

const register = new URL('./stand-in/register.ts', import.meta.url).href

/** Runs the built main process in Node; its windows are pages of the given Chromium. */
export const launchStandIn = async (
  browser: Browser,
  { appFolder, options, env }: DesktopOptions,
): Promise<Desktop> => {
  const context = await browser.newContext()
  const windows = await createStandInWindows(context, (): Peer => app)
  const start = () =>
    fork(join(appFolder, 'out/main/index.js'), options, {
      cwd: appFolder,
      env: { ...process.env, ...env, ...processCoverage },
      execArgv: ['--import', register],
      serialization: 'advanced',
      stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
    })
  const main = start()
  const said: Buffer[] = []
  main.stdout?.on('data', (chunk: Buffer) => said.push(chunk))
  main.stderr?.on('data', (chunk: Buffer) => said.push(chunk))
  const output = () => Buffer.concat(said).toString()

  const send = (message: unknown) => {
    if (main.connected) main.send(message as object, () => undefined)
  }
  const app = createPeer(send, windows.answers)
  main.on('message', (message) => app.receive(message))

  const exited = once(main, 'exit').then(async ([code]) => {
    app.hangUp()
    await context.close()
    return code as number | null
  })

  return {
    pid: main.pid ?? 0,
    exited,
    firstWindow: async () => {
      for (;;) {
        const page = await windows.first()
        if (page) return page
        if (main.exitCode !== null || main.signalCode !== null)
          throw new Error(`The app ended before it opened a window:\n${output()}`)
        await setTimeout(10)
      }
    },
    startAgain: async () => {
      const [code] = (await once(start(), 'exit')) as [number | null]
      return code
    },
    pages: () => context.pages(),
    evaluate: (run, argument) => app.ask('evaluate', run.toString(), argument),
    appUrl: toApp,
    output,
  }
}

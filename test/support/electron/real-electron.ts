import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { _electron } from '@playwright/test'
import { processCoverage, startPageCoverage } from '../coverage.ts'
import type { Desktop, DesktopOptions } from './desktop.ts'

const isSet = (entry: [string, string | undefined]): entry is [string, string] => entry[1] !== undefined

export const launchElectron = async (
  executablePath: string,
  { appFolder, options, env: ownEnv }: DesktopOptions,
): Promise<Desktop> => {
  const asRoot = process.getuid?.() === 0 ? ['--no-sandbox'] : []
  const args = [...asRoot, appFolder, ...options]
  const env = { ...Object.fromEntries(Object.entries(process.env).filter(isSet)), ...ownEnv, ...processCoverage }
  const app = await _electron.launch({ executablePath, args, env })
  const running = app.process()
  const said: Buffer[] = []
  running.stdout?.on('data', (chunk: Buffer) => said.push(chunk))
  running.stderr?.on('data', (chunk: Buffer) => said.push(chunk))
  return {
    pid: running.pid ?? 0,
    exited: once(running, 'exit').then(([code]) => code as number | null),
    firstWindow: async () => {
      const page = await app.firstWindow()
      await startPageCoverage(page)
      return page
    },
    // Not through Playwright: it takes an app that ends at once for one that could not be started.
    startAgain: async () => {
      const [code] = (await once(spawn(executablePath, args, { env, stdio: 'ignore' }), 'exit')) as [number | null]
      return code
    },
    pages: () => app.windows(),
    evaluate: (run, argument) => app.evaluate(run as never, argument as never),
    appUrl: (url) => url,
    output: () => Buffer.concat(said).toString(),
  }
}

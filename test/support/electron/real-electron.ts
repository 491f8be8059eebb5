import { _electron } from '@playwright/test'
import type { Desktop, DesktopOptions } from './desktop.ts'

export const launchElectron = async (
  executablePath: string,
  { appFolder, options, env }: DesktopOptions,
): Promise<Desktop> => {
  const asRoot = process.getuid?.() === 0 ? ['--no-sandbox'] : []
  const inherited = Object.fromEntries(
    Object.entries(process.env).filter((entry): entry is [string, string] => !!entry[1]),
  )
  const app = await _electron.launch({
    executablePath,
    args: [...asRoot, appFolder, ...options],
    env: { ...inherited, ...env },
  })
  const running = app.process()
  const said: Buffer[] = []
  running.stdout?.on('data', (chunk: Buffer) => said.push(chunk))
  running.stderr?.on('data', (chunk: Buffer) => said.push(chunk))
  return {
    pid: running.pid ?? 0,
    exited: new Promise((settle) => running.once('exit', settle)),
    firstWindow: () => app.firstWindow(),
    pages: () => app.windows(),
    evaluate: (run, argument) => app.evaluate(run as never, argument as never),
    appUrl: (url) => url,
    output: () => Buffer.concat(said).toString(),
  }
}

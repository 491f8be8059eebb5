// What this machine has. Nothing here downloads or starts anything.
import { existsSync, readFileSync } from 'node:fs'
import { delimiter, join, resolve } from 'node:path'

export const root = resolve(import.meta.dirname, '..')

export const tool = (...path: string[]) => join(root, 'node_modules', ...path)

const onPath = (...names: string[]) => {
  const folders = (process.env.PATH ?? '').split(delimiter).filter(Boolean)
  return names.flatMap((name) => folders.map((folder) => join(folder, name))).find((file) => existsSync(file))
}

export const findChromium = () =>
  process.env.CHROMIUM_PATH ?? onPath('chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable')

export const findRedisServer = () => onPath('redis-server')

export const findXvfbRun = () => onPath('xvfb-run')

/** Importing `electron` outside of Electron would download the runtime when it is missing, so look at its files only. */
export const findElectron = () => {
  const pathFile = tool('electron', 'path.txt')
  if (!existsSync(pathFile)) return undefined
  const executable = readFileSync(pathFile, 'utf8').trim()
  const file = join(process.env.ELECTRON_OVERRIDE_DIST_PATH ?? tool('electron', 'dist'), executable)
  return existsSync(file) ? file : undefined
}

export const hasDisplay = () =>
  process.platform !== 'linux' || Boolean(process.env.DISPLAY) || Boolean(process.env.WAYLAND_DISPLAY)

/** The reason why the desktop app cannot run here, undefined when it can. */
export const whyNoDesktop = () => {
  if (!findElectron()) return 'the Electron runtime is not installed (npm run electron:install gets it)'
  if (!hasDisplay()) return 'there is no display'
  return undefined
}

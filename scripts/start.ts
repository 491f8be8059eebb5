import { spawn } from 'node:child_process'
import { constants } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { buildIfStale } from './build-if-stale.ts'
import { findElectron, root, whyNoDesktop } from './machine.ts'

const startDesktop = (electron: string, options: string[]) => {
  const asRoot = process.getuid?.() === 0 ? ['--no-sandbox'] : []
  const child = spawn(electron, [...asRoot, root, ...options], { stdio: 'inherit' })
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => child.kill(signal))
  child.on('exit', (code, signal) => process.exit(code ?? 128 + (signal ? constants.signals[signal] : 0)))
}

/** In this very process: its pid is the server's, and signals need no relay. */
const startHeadless = async (options: string[]) => {
  const entry = join(root, 'out', 'main', 'headless.js')
  process.argv = [process.execPath, entry, ...options]
  await import(pathToFileURL(entry).href)
}

/**
 * npm runs us through a shell that dies of a signal without passing it on. When it is gone, so is whoever started us:
 * take it as the signal we did not get.
 */
const stopWithNpm = () => {
  if (!process.env.npm_lifecycle_event) return
  const shell = process.ppid
  const watch = setInterval(() => {
    if (process.ppid === shell) return
    clearInterval(watch)
    process.kill(process.pid, 'SIGTERM')
  }, 200)
  watch.unref()
}

const given = process.argv.slice(2)
const options = given.filter((option) => option !== '--headless')
const electron = findElectron()
const reason = given.includes('--headless') ? '--headless was given' : whyNoDesktop()

stopWithNpm()
const code = await buildIfStale()
if (code !== 0) process.exit(code)

if (electron && !reason) {
  console.log('Starting the desktop app.')
  startDesktop(electron, options)
} else {
  console.log(`Starting the control plane with the web console, without the desktop app: ${String(reason)}.`)
  await startHeadless(options)
}

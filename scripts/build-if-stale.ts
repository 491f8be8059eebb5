import { spawn } from 'node:child_process'
import { existsSync, readdirSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { root, tool } from './machine.ts'

const sources = ['shared', 'server', 'main', 'preload', 'renderer', 'electron.vite.config.ts', 'package-lock.json']
const products = ['out/main/headless.js', 'out/main/cli.js', 'out/main/index.js', 'out/renderer/index.html']

const newest = (path: string): number => {
  if (!existsSync(path)) return 0
  const status = statSync(path)
  if (!status.isDirectory()) return status.mtimeMs
  return Math.max(0, ...readdirSync(path).map((name) => newest(join(path, name))))
}

const isStale = () => {
  const files = products.map((path) => join(root, path))
  if (!files.every((file) => existsSync(file))) return true
  const oldest = Math.min(...files.map((file) => statSync(file).mtimeMs))
  return sources.some((path) => newest(join(root, path)) > oldest)
}

/** Resolves to the build's exit code; what it has to say is shown only if it fails. */
const build = () =>
  new Promise<number>((settle, reject) => {
    const child = spawn(process.execPath, [tool('electron-vite', 'bin', 'electron-vite.js'), 'build'], {
      cwd: root,
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    const said: Buffer[] = []
    child.stdout.on('data', (chunk: Buffer) => said.push(chunk))
    child.stderr.on('data', (chunk: Buffer) => said.push(chunk))
    const pass = (signal: NodeJS.Signals) => child.kill(signal)
    process.on('SIGINT', pass).on('SIGTERM', pass)
    child.on('error', reject)
    child.on('close', (code) => {
      process.off('SIGINT', pass).off('SIGTERM', pass)
      if (code !== 0) process.stderr.write(Buffer.concat(said))
      settle(code ?? 1)
    })
  })

export const buildIfStale = async () => {
  if (!isStale()) return 0
  console.log('Building Switchyard …')
  return build()
}

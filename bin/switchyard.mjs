#!/usr/bin/env node
// Plain JavaScript, so that any Node can read it: it finds a Node that is new enough, then runs the built command line.
import { spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { createRequire } from 'node:module'
import { constants } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'

const here = dirname(fileURLToPath(import.meta.url))
const cli = join(here, '..', 'out', 'main', 'cli.js')
const isNodeNewEnough = Number(process.versions.node.split('.')[0]) >= 22

const fail = (message) => {
  console.error(`switchyard: ${message}`)
  process.exit(1)
}

const bundledNode = () => {
  try {
    const folder = dirname(createRequire(import.meta.url).resolve('node/package.json'))
    return join(folder, 'bin', process.platform === 'win32' ? 'node.exe' : 'node')
  } catch {
    return undefined
  }
}

if (!existsSync(cli)) fail('not built yet. Run "npm run build" first.')

if (isNodeNewEnough) {
  process.argv[1] = cli
  await import(pathToFileURL(cli).href)
} else {
  const node = bundledNode()
  if (!node || !existsSync(node)) fail(`needs Node 22 or newer, this is ${process.version}. Run "npm ci" first.`)
  const child = spawn(node, [cli, ...process.argv.slice(2)], { stdio: 'inherit' })
  // A terminal sends these to the child as well; sent twice, the second would count as impatience.
  const hasTerminal = process.stdin.isTTY || process.stdout.isTTY || process.stderr.isTTY
  for (const signal of ['SIGINT', 'SIGHUP']) process.on(signal, () => hasTerminal || child.kill(signal))
  process.on('SIGTERM', () => child.kill('SIGTERM'))
  child.on('error', (error) => fail(error.message))
  child.on('exit', (code, signal) => process.exit(code ?? 128 + constants.signals[signal]))
}

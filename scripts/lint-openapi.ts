// Starts the built control plane on a throwaway data directory, fetches what it says of its API and lints that.
import { spawn } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { root, tool } from './machine.ts'

const patienceMs = 20_000

const freePort = () =>
  new Promise<number>((settle, reject) => {
    const server = createServer()
    server.on('error', reject)
    server.listen(0, '127.0.0.1', () => {
      const address = server.address()
      server.close(() => settle(typeof address === 'object' && address ? address.port : 0))
    })
  })

/** The linter would otherwise report its use and ask for its newest version over the network. */
const quietLinter = { ...process.env, REDOCLY_TELEMETRY: 'off', REDOCLY_SUPPRESS_UPDATE_NOTICE: 'true' }

const run = (script: string, ...options: string[]) =>
  new Promise<number>((settle, reject) => {
    const child = spawn(process.execPath, [script, ...options], { cwd: root, stdio: 'inherit', env: quietLinter })
    child.on('error', reject)
    child.on('exit', (code) => settle(code ?? 1))
  })

const token = randomBytes(24).toString('hex')

const fetchDocument = async (url: string, isServerGone: () => boolean) => {
  const deadline = performance.now() + patienceMs
  while (performance.now() < deadline && !isServerGone()) {
    try {
      const response = await fetch(url, { headers: { authorization: `Bearer ${token}` } })
      if (response.ok) return await response.text()
      throw new Error(`${url} answers ${response.status}`)
    } catch (error) {
      // fetch refuses with a TypeError while nobody listens yet; an answer that is not ours to use is final.
      if (!(error instanceof TypeError)) throw error
      await wait(100)
    }
  }
  throw new Error(`the control plane does not answer at ${url}`)
}

const folder = mkdtempSync(join(tmpdir(), 'switchyard-openapi-'))
const [port, adminPort] = [await freePort(), await freePort()]
const server = spawn(process.execPath, [join(root, 'out', 'main', 'headless.js')], {
  cwd: root,
  stdio: ['ignore', 'ignore', 'inherit'],
  env: {
    ...process.env,
    SWITCHYARD_BOOTSTRAP_TOKEN: token,
    SWITCHYARD_DATA_DIR: join(folder, 'data'),
    SWITCHYARD_PORT: String(port),
    SWITCHYARD_ADMIN_PORT: String(adminPort),
  },
})
const gone = new Promise<void>((settle) => server.on('exit', () => settle()))

try {
  const isServerGone = () => server.exitCode !== null || server.signalCode !== null
  const text = await fetchDocument(`http://127.0.0.1:${adminPort}/openapi.json`, isServerGone)
  const file = join(folder, 'openapi.json')
  writeFileSync(file, text)
  const linter = tool('@redocly', 'cli', 'bin', 'cli.js')
  process.exitCode = await run(linter, 'lint', file, '--config', join(root, 'test', 'redocly.yaml'))
} finally {
  server.kill('SIGTERM')
  await gone
  rmSync(folder, { recursive: true, force: true })
}

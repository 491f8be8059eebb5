import { spawn } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/** A Redis that keeps nothing, on a port of its own; the caller closes it. */
export const startRedis = async (executable: string) => {
  const folder = mkdtempSync(join(tmpdir(), 'switchyard-redis-'))
  const port = 20_000 + (process.pid % 20_000)
  const server = spawn(
    executable,
    ['--port', String(port), '--bind', '127.0.0.1', '--dir', folder, '--save', '', '--appendonly', 'no'],
    { stdio: ['ignore', 'pipe', 'inherit'] },
  )
  const gone = new Promise<void>((settle) => server.on('close', () => settle()))
  const close = async () => {
    server.kill('SIGTERM')
    await gone
    rmSync(folder, { recursive: true, force: true })
  }
  await new Promise<void>((settle, reject) => {
    server.on('error', reject)
    server.on('exit', (code) => reject(new Error(`redis-server ended with ${String(code)} before it was ready`)))
    server.stdout.on('data', (chunk: Buffer) => {
      if (chunk.toString().includes('Ready to accept connections')) settle()
    })
  })
  return { url: `redis://127.0.0.1:${port}`, close }
}

import Database from 'better-sqlite3'
import { once } from 'node:events'
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { createServer, type Server } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { collect, freePort, spawnServer } from '../../support/server-process.ts'

/** Starts the real program where it cannot start; what it says and how it ends. */
const start = async (environment: Record<string, string>): Promise<{ code: number | null; said: string }> => {
  const child = spawnServer({
    SWITCHYARD_PORT: String(await freePort()),
    SWITCHYARD_ADMIN_PORT: String(await freePort()),
    ...environment,
  })
  const output = collect(child)
  await once(child, 'exit')
  return { code: child.exitCode, said: output() }
}

let folder: string
let occupied: Server
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'switchyard-start-'))
  occupied = createServer()
  occupied.listen(0, '127.0.0.1')
  await once(occupied, 'listening')
})
afterAll(async () => {
  occupied.close()
  await rm(folder, { recursive: true, force: true })
})

describe(
  'a start that cannot succeed ends with one sentence that names the thing and the way out',
  { timeout: 30_000 },
  () => {
    it.each(['SWITCHYARD_PORT', 'SWITCHYARD_ADMIN_PORT'])('%s in use', async (setting) => {
      const address = occupied.address()
      const port = typeof address === 'object' && address ? String(address.port) : ''
      const { code, said } = await start({ SWITCHYARD_DATA_DIR: join(folder, setting), [setting]: port })
      expect(code).toBe(1)
      expect(said).toContain(`:${port}`)
      expect(said).toContain(`set ${setting} to another port`)
      expect(said).not.toContain('    at ')
    })

    it('a data directory that cannot be written', async () => {
      const file = join(folder, 'a-file')
      await writeFile(file, '')
      const { code, said } = await start({ SWITCHYARD_DATA_DIR: join(file, 'data') })
      expect(code).toBe(1)
      expect(said).toContain(join(file, 'data'))
      expect(said).toContain('SWITCHYARD_DATA_DIR')
      expect(said).not.toContain('    at ')
    })

    it('a database of a newer build', async () => {
      const dataDir = join(folder, 'newer')
      await mkdir(dataDir, { recursive: true })
      const db = new Database(join(dataDir, 'switchyard.db'))
      db.pragma('user_version = 999999')
      db.close()
      const { code, said } = await start({ SWITCHYARD_DATA_DIR: dataDir, SWITCHYARD_MASTER_KEY: '0'.repeat(64) })
      expect(code).toBe(1)
      expect(said).toMatch(/newer/)
      expect(said).not.toContain('    at ')
    })

    it('a port that is no number', async () => {
      const { code, said } = await start({ SWITCHYARD_PORT: 'eighty' })
      expect(code).toBe(1)
      expect(said).toContain('SWITCHYARD_PORT is "eighty"')
    })
  },
)

import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { rm, writeFile } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { loadMasterKey, openSqliteStore, StoreOpenError } from '../../server/adapters/sqlite/open-sqlite-store.ts'
import { aDataDir, openThreadedStore, silent } from '../support/sqlite-store.ts'

const script = resolve(import.meta.dirname, '../support/serve-until-killed.ts')
let dataDir: string

beforeEach(async () => {
  dataDir = await aDataDir()
})
afterEach(() => rm(dataDir, { recursive: true, force: true }))

const open = async (occupant: 'server' | 'node') =>
  openSqliteStore({ dataDir, masterKey: await loadMasterKey(dataDir), log: silent, occupant })
const openAsServer = () => open('server')
const openAsNode = () => open('node')

const startOther = async (occupant: 'server' | 'node' = 'server') => {
  const child = spawn(process.execPath, [script, dataDir, occupant], { stdio: ['ignore', 'pipe', 'inherit'] })
  await once(child.stdout, 'data')
  return {
    pid: child.pid!,
    kill: async () => {
      child.kill('SIGKILL')
      await once(child, 'close')
    },
  }
}

describe('a data directory', { timeout: 30_000 }, () => {
  it('is one server’s: a second one is told who, where and what to do', async () => {
    const other = await startOther()
    try {
      const refusal = await openAsServer().catch((error: unknown) => error)
      expect(refusal).toBeInstanceOf(StoreOpenError)
      expect(refusal).toMatchObject({ name: 'DataDirectoryInUseError' })
      const { message } = refusal as Error
      expect(message).toContain(`process ${other.pid}`)
      expect(message).toContain(dataDir)
      expect(message).toContain('SWITCHYARD_DATA_DIR')
    } finally {
      await other.kill()
    }
    // It was killed without a chance to clean up; its directory is free all the same.
    await (await openAsServer()).close()
  })

  it('is one server’s within a process too, until it is closed', async () => {
    const first = await openAsServer()
    await expect(openAsServer()).rejects.toThrow(`process ${process.pid}`)
    await first.close()
    await (await openAsServer()).close()
  })

  it('may be opened by commands while a server runs, and before', async () => {
    const command = await openThreadedStore(dataDir)
    const server = await openAsServer()
    const another = await openThreadedStore(dataDir)
    await another.meta.set('said', 'hello')
    expect(await server.meta.get('said')).toBe('hello')
    await Promise.all([command, another, server].map((store) => store.close()))
  })

  it('has one value for what several nodes claim at once, and keeps it', async () => {
    const stores = await Promise.all([openAsNode(), openAsNode()])
    const claimed = await Promise.all(stores.map((store, n) => store.meta.claim('installation', `id ${n}`)))
    expect(new Set(claimed).size).toBe(1)
    await Promise.all(stores.map((store) => store.close()))
    const later = await openAsNode()
    expect(await later.meta.claim('installation', 'another')).toBe(claimed[0])
    await later.close()
  })

  it('of two servers starting at once goes to one', async () => {
    const results = await Promise.allSettled([openAsServer(), openAsServer(), openAsServer()])
    const opened = results.filter((result) => result.status === 'fulfilled')
    expect(opened).toHaveLength(1)
    await opened[0]!.value.close()
  })

  it('is free again after a start that failed', async () => {
    const masterKey = new Uint8Array(32)
    await (await openThreadedStore(dataDir)).close()
    await expect(openSqliteStore({ dataDir, masterKey, log: silent, occupant: 'server' })).rejects.toMatchObject({
      name: 'MasterKeyError',
    })
    await (await openAsServer()).close()
  })

  it('is shared by nodes that start at once, and by no server until the last of them is gone', async () => {
    const others = await Promise.all([startOther('node'), startOther('node')])
    const node = await openAsNode()
    const refusal = await openAsServer().catch((error: unknown) => error)
    expect(refusal).toMatchObject({ name: 'DataDirectoryInUseError' })
    expect((refusal as Error).message).toMatch(/nodes that share a Redis are running in .*SWITCHYARD_REDIS_URL/)
    expect((refusal as Error).message).toContain(dataDir)
    await node.close()
    await others[0].kill()
    await expect(openAsServer()).rejects.toMatchObject({ name: 'DataDirectoryInUseError' })
    await others[1].kill()
    await (await openAsServer()).close()
  })

  it('of a server takes no node until the server is gone', async () => {
    const other = await startOther()
    const refusal = await openAsNode().catch((error: unknown) => error)
    expect(refusal).toMatchObject({ name: 'DataDirectoryInUseError' })
    expect((refusal as Error).message).toMatch(/server without Redis is running in .*SWITCHYARD_REDIS_URL/)
    await other.kill()
    await (await openAsNode()).close()
  })

  it.each(['server.lock', 'nodes.lock'])('with a %s that is none is refused, naming the file', async (name) => {
    await writeFile(join(dataDir, name), 'this is a shopping list, and it is long enough'.repeat(100))
    await expect(openAsServer()).rejects.toThrow(join(dataDir, name))
    await rm(join(dataDir, name))
    await (await openAsServer()).close()
  })
})

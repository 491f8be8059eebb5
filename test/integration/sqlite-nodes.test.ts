import { rm, stat } from 'node:fs/promises'
import Database from 'better-sqlite3'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { Store } from '../../server/adapters/sqlite/connect-store.ts'
import { databaseFile } from '../../server/adapters/sqlite/file/data-directory.ts'
import { loadMasterKey, openSqliteStore } from '../../server/adapters/sqlite/open-sqlite-store.ts'
import { openDatabase } from '../../server/adapters/sqlite/file/open-database.ts'
import { createCheckpoints, createExclusiveCopy } from '../../server/adapters/sqlite/file/wal-state.ts'
import type { UnitOfWork } from '../../server/ports/call-store.ts'
import { aDataDir, openInlineStore, silent } from '../support/sqlite-store.ts'
import { aTenant, aVoiceUnit } from '../support/store-rows.ts'

let dataDir: string
let nodes: Store[]
beforeEach(async () => {
  dataDir = await aDataDir()
  nodes = []
})
afterEach(async () => {
  await Promise.all(nodes.map((node) => node.close()))
  await rm(dataDir, { recursive: true, force: true })
})

const threaded = async (): Promise<Store> =>
  openSqliteStore({ dataDir, masterKey: await loadMasterKey(dataDir), log: silent, occupant: 'node' })
const inline = (): Promise<Store> => openInlineStore(dataDir, silent, true)

const twoNodes = async (open: () => Promise<Store>): Promise<[Store, Store]> => {
  const a = await open()
  const b = await open()
  nodes.push(a, b)
  await a.configuration.tenants.create(aTenant())
  return [a, b]
}

/** The next webhook of a call: it moves on, or ends. */
const laterUnit = ({ tenantId, call }: UnitOfWork, revision: number, event: string, isOver = false): UnitOfWork => ({
  tenantId,
  call: { ...call!, revision, state: isOver ? 'completed' : 'connected' },
  attempts: [],
  transitions: [{ atMs: call!.startedAtMs + revision, event }],
})

describe.each([
  ['in threads', threaded],
  ['in this thread', inline],
])('nodes that share a file, %s', { timeout: 60_000 }, (_where, open) => {
  it('carry calls together: none overwrites, miscounts or misses what another wrote', async () => {
    const [a, b] = await twoNodes(open)
    const units = Array.from({ length: 30 }, (_, n) => aVoiceUnit('tenant-1', n))
    await Promise.all(
      units.map(async (unit, n) => {
        const [first, other] = n % 2 === 0 ? [a, b] : [b, a]
        await first.callLog.append(unit, 'written')
        expect((await other.calls.find('tenant-1', unit.call!.token))?.id).toBe(unit.call!.id)
        expect((await other.calls.findAnswer('tenant-1', unit.answer!.key, 0))?.body).toBe(unit.answer!.body)
        await other.callLog.append(laterUnit(unit, 2, 'answered'), 'synced')
        await first.callLog.append(laterUnit(unit, 3, 'ringing'), 'written')
        await other.callLog.append(laterUnit(unit, 4, 'over', true), 'synced')
        await first.callLog.append(laterUnit(unit, 3, 'late'), 'written')
      }),
    )
    for (const { call, transitions } of units) {
      const stored = await a.calls.get('tenant-1', call!.token)
      expect(stored?.record.state).toBe('completed')
      expect(stored?.transitions.map(({ event }) => event)).toEqual([
        ...(transitions ?? []).map(({ event }) => event),
        'answered',
        'ringing',
        'late',
        'over',
      ])
    }
    expect(await b.calls.live('tenant-1', 100)).toEqual({ items: [], total: 0 })
  })

  it('lose nothing of what they write at the same time', async () => {
    const [a, b] = await twoNodes(open)
    const appended = Array.from({ length: 400 }, (_, n) =>
      (n % 2 === 0 ? a : b).callLog.append(aVoiceUnit('tenant-1', n), n % 5 === 0 ? 'synced' : 'written'),
    )
    await Promise.all(appended)
    expect(await a.configuration.countCalls('tenant-1')).toBe(400)
    expect([a.callLog.health(), b.callLog.health()]).toMatchObject([{ undelivered: 0 }, { undelivered: 0 }])
  })
})

describe('a node', { timeout: 60_000 }, () => {
  it('waits for one that writes for long, and stores what came meanwhile', async () => {
    const [a] = await twoNodes(threaded)
    const other = new Database(databaseFile(dataDir))
    other.exec('BEGIN IMMEDIATE')
    const appended = a.callLog.append(aVoiceUnit('tenant-1', 1), 'synced')
    // Longer than SQLite is told to wait.
    await new Promise((resolve) => setTimeout(resolve, 6000))
    other.exec('COMMIT')
    other.close()
    await appended
    expect(await a.configuration.countCalls('tenant-1')).toBe(1)
  })

  it('leaves the schema alone that nodes of an older version go by', async () => {
    await twoNodes(threaded)
    const file = new Database(databaseFile(dataDir))
    const newest = file.pragma('user_version', { simple: true }) as number
    file.pragma(`user_version = ${newest - 1}`)
    await expect(threaded()).rejects.toThrow(/Nodes of an older version are working with .* Stop all of them/)
    file.pragma(`user_version = ${newest}`)
    file.close()
    nodes.push(await threaded())
  })

  it('closes while others work on, without their log', async () => {
    const [a, b] = await twoNodes(threaded)
    await a.callLog.append(aVoiceUnit('tenant-1', 1), 'written')
    await a.close()
    expect((await stat(`${databaseFile(dataDir)}-wal`)).size).toBeGreaterThan(0)
    await b.callLog.append(aVoiceUnit('tenant-1', 2), 'synced')
    expect(await b.configuration.countCalls('tenant-1')).toBe(2)
  })
})

it('a log that several write to is copied to its end, and starts over', async () => {
  await (await inline()).close()
  const file = databaseFile(dataDir)
  const [one, other] = [openDatabase(file, 'writer'), openDatabase(file, 'writer')]
  other.exec('CREATE TABLE filled (text TEXT)')
  const fill = other.prepare('INSERT INTO filled VALUES (hex(zeroblob(2000)))')
  for (let n = 0; n < 100; n += 1) fill.run()
  const { look } = createCheckpoints(one)
  const { copy, close } = createExclusiveCopy(one, file)
  const before = look()
  expect(before.pages).toBeGreaterThan(100)
  expect(copy()).toEqual({ pages: before.pages, copied: before.pages })
  fill.run()
  expect(look().pages).toBeLessThan(10)
  close()
  one.close()
  other.close()
})

import Database from 'better-sqlite3'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Store } from '../../server/adapters/sqlite/connect-store.ts'
import { createExportSource } from '../../server/adapters/sqlite/exports/export-reader.ts'
import { databaseFile } from '../../server/adapters/sqlite/file/data-directory.ts'
import { openDatabase } from '../../server/adapters/sqlite/file/open-database.ts'
import { createKeyring } from '../../server/adapters/sqlite/keys/keyring.ts'
import { readSiteKey } from '../../server/adapters/sqlite/keys/site-key.ts'
import { loadMasterKey } from '../../server/adapters/sqlite/keys/master-key.ts'
import { createQueries } from '../../server/adapters/sqlite/query/query-builder.ts'
import type { ExportPlace, ExportRequest, StoredExport } from '../../server/ports/exports.ts'
import { exportFields } from '../../shared/vocabulary.ts'
import { addCallRows } from '../support/call-rows.ts'
import { aSqliteStore } from '../support/sqlite-store.ts'
import { aTenant } from '../support/store-rows.ts'

let store: Store
let dataDir: string
let db: Database.Database
let dispose: () => Promise<void>
beforeAll(async () => {
  const made = await aSqliteStore()
  store = made.store
  dataDir = made.dataDir
  dispose = made.dispose
  await store.configuration.tenants.create(aTenant())
  addCallRows(made.dataDir, tenantId, 'agent-1', 9000)
  db = new Database(databaseFile(made.dataDir))
})
afterAll(async () => {
  db.close()
  await dispose()
})

const tenantId = aTenant().id
const request: ExportRequest = { format: 'csv', fields: exportFields, filter: {}, order: 'desc' }
const anExport = (id: string, more: Partial<StoredExport> = {}): StoredExport => ({
  id,
  tenantId,
  state: 'queued',
  request,
  shown: { filter: {}, times: 'utc' },
  rows: 0,
  bytes: 0,
  lastNo: 0,
  createdBy: 'me',
  createdAtMs: 5,
  ...more,
})

describe('stored exports', () => {
  it('are worked on one after the other, and gone on with by whoever comes next', async () => {
    const { exports } = store
    await exports.create(anExport('one', { estimatedRows: 7 }), 2)
    await exports.create(anExport('two'), 2)
    await expect(exports.create(anExport('three'), 2)).rejects.toMatchObject({ code: 'CONFLICT' })
    expect(await exports.save('one', { rows: 9, bytes: 90 })).toBe(false)
    const claimed = await exports.claim()
    expect(claimed).toMatchObject({ id: 'one', state: 'running', lastNo: 9000, estimatedRows: 7 })
    expect(await exports.save('one', { rows: 4, bytes: 40, place: [3, 4] })).toBe(true)
    expect(await exports.claim()).toMatchObject({ id: 'one', rows: 4, bytes: 40, place: [3, 4] })
    const progress = { rows: 9, bytes: 90 }
    expect(await exports.end('one', ['queued'], 'done', { nowMs: 300, progress })).toBe(false)
    expect(await exports.end('one', ['running'], 'done', { nowMs: 300, progress })).toBe(true)
    expect(await exports.get(tenantId, 'one')).toMatchObject({ state: 'done', rows: 9, bytes: 90, endedAtMs: 300 })
    expect((await exports.withFiles()).map(({ id }) => id).sort()).toEqual(['one', 'two'])
    expect(await exports.claim()).toMatchObject({ id: 'two' })
  })

  it('are listed newest first, and forgotten when they have no file', async () => {
    const { exports } = store
    await exports.end('two', ['running'], 'failed', { nowMs: 400, reason: 'full' })
    const first = await exports.list(tenantId, { limit: 1 })
    expect(first.items).toMatchObject([{ id: 'two', reason: 'full' }])
    expect((await exports.list(tenantId, { limit: 1, cursor: first.nextCursor })).items).toMatchObject([{ id: 'one' }])
    expect(await exports.doneBefore(301)).toMatchObject([{ id: 'one' }])
    expect(await exports.doneBefore(300)).toEqual([])
    await exports.forgetBefore(1000)
    expect((await exports.list(tenantId, { limit: 9 })).items.map(({ id }) => id)).toEqual(['one'])
    expect(await exports.delete(tenantId, 'one')).toBe(true)
    for (const tenant of [tenantId, 'nobody']) expect(await exports.delete(tenant, 'one')).toBe(false)
    expect(await exports.get('nobody', 'one')).toBeUndefined()
    expect(await exports.list('nobody', { limit: 9 })).toEqual({ items: [] })
  })
})

describe('reading for an export', () => {
  const asked = (more: Partial<ExportRequest>, lastNo = 9000) => ({
    id: 'read',
    tenantId,
    request: { ...request, format: 'json' as const, ...more },
    lastNo,
  })
  /** `between` runs after each piece. */
  const readAll = async (of: ReturnType<typeof asked>, between?: (place: ExportPlace) => void) => {
    const pieces: Uint8Array[] = []
    const rows: number[] = []
    let place: ExportPlace | undefined
    do {
      const chunk = await store.exportSource.read(of, place)
      pieces.push(chunk.bytes)
      rows.push(chunk.rows)
      place = chunk.next
      if (place) between?.(place)
    } while (place)
    return { text: Buffer.concat(pieces).toString(), rows }
  }
  const lines = (text: string) =>
    text
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line) as Record<'id' | 'from' | 'startedAt', string>)
  const ids = (text: string) => lines(text).map(({ id }) => id)

  it('comes in pieces, in either order, and ends with the record that was the last one', async () => {
    const down = await readAll(asked({}))
    const up = await readAll(asked({ order: 'asc', timeZone: 'Europe/Berlin' }, 8000))
    expect([down.rows.length > 1, down.rows[0]]).toEqual([true, 500])
    expect(ids(down.text)).toHaveLength(9000)
    expect(new Set(ids(down.text)).size).toBe(9000)
    expect(ids(up.text)).toEqual(ids(down.text).reverse().slice(0, 8000))
    expect(up.text).toContain('"startedAt":"2023-11-14T23:13:20.000+01:00"')
  })

  it.each([
    ['desc', {}],
    ['asc', {}],
    ['desc', { state: ['busy', 'completed'], direction: ['inbound', 'outbound'] }],
    ['asc', { fromPrefix: '', minDurationSeconds: 0 }],
  ] as const)('has each call once whose start is corrected in between (%s, %j)', async (order, filter) => {
    const id = `moves-${order}-${Object.keys(filter).length}`
    await store.exports.create(anExport(id), 99)
    expect((await store.exports.claim())?.id).toBe(id)
    const wanted = ids((await readAll(asked({ order, filter: filter }))).text)
    const correct = db.prepare('UPDATE call_records SET started_at_ms = started_at_ms + ? WHERE no = ?')
    const farMs = 3_600_000
    const [read, unread] = order === 'desc' ? [8990, 20] : [20, 8990]
    const moves: [number, number][] = [
      [read, order === 'desc' ? -farMs : farMs],
      [unread, order === 'desc' ? farMs : -farMs],
      [unread + 1, order === 'desc' ? farMs : -farMs],
    ]
    let isFirst = true
    const { text } = await readAll({ ...asked({ order, filter: filter }), id }, () => {
      if (isFirst) for (const [no, ms] of moves) correct.run(ms, no)
      isFirst = false
    })
    for (const [no, ms] of moves) correct.run(-ms, no)
    expect(ids(text)).toEqual(wanted)
    await store.exports.end(id, ['running'], 'failed', { nowMs: 1 })
    expect(db.prepare('SELECT count(*) FROM export_moves').pluck().get()).toBe(0)
  })

  it('counts all where that is asked for and cheap, else about', async () => {
    const { exportSource } = store
    expect(await exportSource.count(tenantId, {}, true)).toEqual({ total: 9000 })
    expect(await exportSource.count(tenantId, {}, false)).toMatchObject({ totalIsEstimate: true })
    expect(await exportSource.count(tenantId, { state: ['busy'] }, true)).toEqual({ total: 3000 })
    // Given twice it is the same.
    expect(await exportSource.count(tenantId, { state: ['busy', 'busy'] }, true)).toEqual({ total: 3000 })
    await expect(exportSource.count('nobody', {}, true)).rejects.toMatchObject({ code: 'NOT_FOUND' })
  })

  it('counts a call once that is settled meanwhile', async () => {
    const reader = openDatabase(databaseFile(dataDir), 'exporter')
    const queries = createQueries(reader)
    const settle = db.prepare('UPDATE call_records SET is_pending = ? WHERE no <= 10')
    const source = createExportSource(
      reader,
      createKeyring(reader, readSiteKey(reader, { master: await loadMasterKey(dataDir) }, dataDir)),
      {
        ...queries,
        all: (query) => {
          const rows = queries.all(query)
          settle.run(0)
          return rows
        },
      },
      () => 0,
    )
    for (const [filter, total] of [
      [{}, 9000],
      [{ endMs: 1_700_000_100_000 }, 299],
    ] as const) {
      settle.run(1)
      expect(source.count(tenantId, filter, true)).toEqual({ total })
    }
    reader.close()
  })
})

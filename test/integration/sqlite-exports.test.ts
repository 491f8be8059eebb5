import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Store } from '../../server/adapters/sqlite/connect-store.ts'
import type { ExportPlace, ExportRequest, StoredExport } from '../../server/ports/exports.ts'
import { exportFields } from '../../shared/vocabulary.ts'
import { addCallRows } from '../support/call-rows.ts'
import { aSqliteStore } from '../support/sqlite-store.ts'
import { aTenant } from '../support/store-rows.ts'

let store: Store
let dispose: () => Promise<void>
beforeAll(async () => {
  const made = await aSqliteStore()
  store = made.store
  dispose = made.dispose
  await store.configuration.tenants.create(aTenant())
  addCallRows(made.dataDir, tenantId, 'agent-1', 9000)
})
afterAll(() => dispose())

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
  it('are worked on by one node at a time, the next one when that is gone', async () => {
    const { exports } = store
    await exports.create(anExport('one', { estimatedRows: 7 }), 2)
    await exports.create(anExport('two'), 2)
    await expect(exports.create(anExport('three'), 2)).rejects.toMatchObject({ code: 'CONFLICT' })
    const claimed = await exports.claim('a', 100, 200)
    expect(claimed).toMatchObject({ id: 'one', state: 'running', lastNo: 9000, estimatedRows: 7 })
    expect(await exports.claim('b', 100, 200)).toMatchObject({ id: 'two' })
    expect(await exports.claim('c', 150, 300)).toBeUndefined()
    expect(await exports.save('one', 'a', { rows: 4, bytes: 40, place: [3, 4] }, 250)).toBe(true)
    expect(await exports.save('one', 'b', { rows: 9, bytes: 90 }, 250)).toBe(false)
    expect(await exports.claim('c', 251, 400)).toMatchObject({ id: 'one', rows: 4, bytes: 40, place: [3, 4] })
    expect(await exports.save('one', 'a', { rows: 9, bytes: 90 }, 500)).toBe(false)
    const progress = { rows: 9, bytes: 90 }
    expect(await exports.end('one', ['running'], 'done', { nowMs: 300, nodeId: 'a', progress })).toBe(false)
    expect(await exports.end('one', ['running'], 'done', { nowMs: 300, nodeId: 'c', progress })).toBe(true)
    expect(await exports.get(tenantId, 'one')).toMatchObject({ state: 'done', rows: 9, bytes: 90, endedAtMs: 300 })
    expect((await exports.withFiles()).map(({ id }) => id).sort()).toEqual(['one', 'two'])
    await exports.release()
    expect(await exports.claim('d', 1, 500)).toMatchObject({ id: 'two' })
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
  const readAll = async (asked: ExportRequest, lastNo: number): Promise<{ text: string; rows: number }> => {
    const pieces: Uint8Array[] = []
    let rows = 0
    let place: ExportPlace | undefined
    do {
      const chunk = await store.exportSource.read(tenantId, asked, lastNo, place)
      expect(chunk.rows).toBeLessThanOrEqual(4000)
      pieces.push(chunk.bytes)
      rows += chunk.rows
      place = chunk.next
    } while (place)
    return { text: Buffer.concat(pieces).toString(), rows }
  }

  it('comes in pieces, in either order, and ends with the record that was the last one', async () => {
    const down = await readAll({ ...request, format: 'json' }, 9000)
    const up = await readAll({ ...request, format: 'json', order: 'asc', timeZone: 'Europe/Berlin' }, 8000)
    expect([down.rows, up.rows]).toEqual([9000, 8000])
    const ids = (text: string) =>
      text
        .trimEnd()
        .split('\n')
        .map((line) => (JSON.parse(line) as { id: string }).id)
    expect(ids(down.text)).toHaveLength(new Set(ids(down.text)).size)
    expect(ids(up.text)).toEqual(ids(down.text).reverse().slice(0, 8000))
    expect(up.text).toContain('"startedAt":"2023-11-14T23:13:20.000+01:00"')
  })

  it('counts all where that is asked for and cheap, else about', async () => {
    const { exportSource } = store
    expect(await exportSource.count(tenantId, {}, true)).toEqual({ total: 9000 })
    expect(await exportSource.count(tenantId, {}, false)).toMatchObject({ totalIsEstimate: true })
    expect(await exportSource.count(tenantId, { state: ['busy'] }, true)).toEqual({ total: 3000 })
    await expect(exportSource.count('nobody', {}, true)).rejects.toMatchObject({ code: 'NOT_FOUND' })
  })
})

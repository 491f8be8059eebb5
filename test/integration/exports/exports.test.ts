import { mkdir, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { CallFilters, type CallRecord } from '../../../shared/contract/calls.ts'
import type { Export } from '../../../shared/contract/exports.ts'
import { exportFields, exportFormats } from '../../../shared/vocabulary.ts'
import { addCallRows } from '../../support/call-rows.ts'
import { exportFilesOf, isUnderWay, readExport, toTold } from '../../support/exports.ts'
import { createSite, newToken, numberOf, voiceRequest, type Site } from '../../support/site.ts'
import { ownerToken, startTestServer, type TestServer } from '../../support/test-server.ts'

const calls = 2600
let test: TestServer
let site: Site
beforeAll(async () => {
  test = await startTestServer()
  site = await createSite(test)
  addCallRows(test.dataDir, site.tenant.id, site.agents[0]!.id, calls)
  await test.webhook(`${site.base}/application`, voiceRequest(newToken(), numberOf.priority))
}, 60_000)
afterAll(() => test.close())

const create = async (body: object): Promise<Export> => {
  const made = await test.api<Export>('POST', `${site.path}/exports`, body)
  expect(made).toMatchObject({ status: 202 })
  return made.body
}
const get = async (id: string): Promise<Export> => (await test.api<Export>('GET', `${site.path}/exports/${id}`)).body
const settled = async (id: string): Promise<Export> => {
  for (;;) {
    const row = await get(id)
    if (!isUnderWay(row)) return row
    await new Promise((resolve) => setTimeout(resolve, 10))
  }
}
const fetchFile = (id: string, headers: Record<string, string> = {}): Promise<Response> =>
  fetch(`${test.server.urls.admin}/api/v1${site.path}/exports/${id}/file`, {
    headers: { authorization: `Bearer ${ownerToken}`, ...headers },
  })
const remove = (id: string) => test.api('DELETE', `${site.path}/exports/${id}`)

const listed = async (filter: Record<string, unknown>, order: string): Promise<CallRecord[]> => {
  const items: CallRecord[] = []
  let cursor: string | undefined
  do {
    const query = new URLSearchParams({ limit: '200', order, ...(cursor !== undefined && { cursor }) })
    for (const [name, value] of Object.entries(filter))
      for (const one of [value].flat()) query.append(name, String(one))
    const { body } = await test.api<{ items: CallRecord[]; nextCursor?: string }>('GET', `${site.path}/calls?${query}`)
    items.push(...body.items)
    cursor = body.nextCursor
  } while (cursor !== undefined)
  return items
}

const firstMs = 1_700_000_000_000
const values = {
  startMs: fc.integer({ min: 0, max: 400 }).map((s) => firstMs + s * 1000),
  endMs: fc.integer({ min: 400, max: 900 }).map((s) => firstMs + s * 1000),
  direction: fc.constantFrom('inbound', ['inbound', 'outbound'], ['outbound']),
  state: fc.constantFrom('busy', ['busy', 'completed']),
  fromPrefix: fc.constantFrom('+1202555', '=', '🦊', "'"),
  toContains: fc.constantFrom('0100', '555'),
  minDurationSeconds: fc.integer({ min: 0, max: 80 }),
  failedOver: fc.boolean(),
  minMos: fc.constantFrom(1, 3.5),
  maxMos: fc.constantFrom(2, 4.9),
  maxDurationSeconds: fc.integer({ min: 40, max: 90 }),
  from: fc.constantFrom('+12025551007', '=1+1', ''),
  fromContains: fc.constantFrom('5551', '1+1', ','),
  to: fc.constantFrom('+12025550100'),
  toPrefix: fc.constantFrom('+1202', '+44'),
  disposition: fc.constantFrom('busy', ['answered', 'busy']),
  provider: fc.constantFrom('vapi', ['retell']),
  agentId: fc.constantFrom('agent', 'nobody'),
  groupId: fc.constantFrom(['nobody']),
  ruleId: fc.constantFrom('nobody'),
  trunkId: fc.constantFrom('nobody'),
  token: fc.constantFrom('nobody', '0000000000000000000000000000012'),
  search: fc.constantFrom('5100', '+', '000000000000000000000000000001'),
}
/** Some at a time, of which something is left. */
const filters = fc
  .tuple(fc.record(values), fc.subarray(Object.keys(values) as (keyof typeof values)[], { maxLength: 3 }))
  .map(([all, names]) => Object.fromEntries(names.map((name) => [name, all[name]])))

describe('an export', () => {
  it('is tried with every filter there is', () => {
    expect(Object.keys(values).sort()).toEqual(Object.keys(CallFilters.properties).sort())
  })

  it('read by others tells what the list of calls does, whatever the filter', { timeout: 120_000 }, async () => {
    await fc.assert(
      fc.asyncProperty(
        filters,
        fc.constantFrom('asc', 'desc'),
        fc.constantFrom(...exportFormats),
        async (drawn, order, format) => {
          const filter = drawn.agentId === 'agent' ? { ...drawn, agentId: site.agents[0]!.id } : drawn
          const { id } = await create({ format, filter, order, fields: exportFields })
          const done = await settled(id)
          const told = await readExport(format, Buffer.from(await (await fetchFile(id)).arrayBuffer()))
          const wanted = (await listed(filter, order)).map(toTold)
          expect(done).toMatchObject({ state: 'done', rows: wanted.length, filter, order, format })
          expect(told).toEqual(wanted)
          await remove(id)
        },
      ),
      {
        numRuns: 20,
        examples: [
          [{}, 'desc', 'csv'],
          [{}, 'asc', 'json'],
          [{}, 'desc', 'xlsx'],
        ],
      },
    )
  })

  it('is a file for its owner alone, which is downloaded whole or in part', async () => {
    const { id, fields } = await create({
      format: 'csv',
      filter: { state: 'busy' },
      fields: ['from', 'startedAt'],
      times: 'tenant',
    })
    expect(fields).toEqual(['from', 'startedAt'])
    const row = await settled(id)
    expect(row.expiresAtMs).toBe(row.endedAtMs! + 72 * 3_600_000)
    expect((await stat(join(test.dataDir, 'exports', site.tenant.id, `${id}.csv`))).mode & 0o777).toBe(0o600)
    const whole = await fetchFile(id)
    const text = await whole.text()
    expect(whole.headers.get('content-type')).toBe('text/csv; charset=utf-8')
    expect(whole.headers.get('content-disposition')).toMatch(/^attachment; filename="calls-[\dT-]+Z\.csv"$/)
    expect(text).toMatch(/^from,startedAt\r\n/)
    expect(text).toMatch(/\+00:00\r\n$/)
    expect(Buffer.byteLength(text)).toBe(row.bytes)
    const part = await fetchFile(id, { range: 'bytes=5-13' })
    expect([part.status, await part.text(), part.headers.get('content-range')]).toEqual([
      206,
      'startedAt',
      `bytes 5-13/${row.bytes}`,
    ])
    expect(await (await fetchFile(id, { range: 'bytes=-2' })).text()).toBe('\r\n')
    expect((await fetchFile(id, { range: 'bytes=7-' })).headers.get('content-length')).toBe(String(row.bytes - 7))
    expect((await fetchFile(id, { range: `bytes=${row.bytes}-` })).status).toBe(416)
    expect((await fetchFile(id, { range: 'bytes=-' })).status).toBe(200)
    await remove(id)
    expect((await fetchFile(id)).status).toBe(404)
    expect(await exportFilesOf(test.dataDir)).toEqual([])
  })

  it('that is cancelled at any moment leaves nothing', { timeout: 60_000 }, async () => {
    for (let i = 0; i < 12; i += 1) {
      const { id } = await create({ format: exportFormats[i % 3] })
      await new Promise((resolve) => setTimeout(resolve, Math.random() * 60))
      const { status, body } = await test.api<Export>('POST', `${site.path}/exports/${id}/cancel`)
      const row = await get(id)
      if (status === 200) expect(body.state).toBe('cancelled')
      else expect([status, row.state]).toEqual([409, 'done'])
      expect((await fetchFile(id)).status).toBe(status === 200 ? 409 : 200)
      await remove(id)
      expect(await exportFilesOf(test.dataDir)).toEqual([])
    }
  })

  it('belongs to the users of its tenant', async () => {
    const { body: other } = await test.api<{ id: string }>('POST', '/tenants', { name: 'B', domain: 'b.cloudonix.net' })
    const stranger = await test.server.access.tokens.create({ name: 'stranger', role: 'analyst', tenantId: other.id })
    const own = await test.server.access.tokens.create({ name: 'own', role: 'analyst', tenantId: site.tenant.id })
    const made = await test.api<Export>('POST', `${site.path}/exports`, { format: 'json' }, own.token)
    expect(made.body.createdBy).toBe('own')
    const { id } = made.body
    await settled(id)
    for (const tenant of [site.path, `/tenants/${other.id}`])
      for (const [method, path] of [
        ['GET', ''],
        ['GET', '/file'],
        ['POST', '/cancel'],
        ['DELETE', ''],
      ] as const)
        expect((await test.api(method, `${tenant}/exports/${id}${path}`, undefined, stranger.token)).status).toBe(404)
    expect((await test.api<{ items: Export[] }>('GET', `/tenants/${other.id}/exports`)).body.items).toEqual([])
    expect((await test.api('GET', `${site.path}/exports/${id}/file`, undefined, 'nobody')).status).toBe(401)
    expect(
      (await test.api<{ items: Export[] }>('GET', `${site.path}/exports`, undefined, own.token)).body.items,
    ).toMatchObject([{ id, state: 'done' }])
    await remove(id)
  })

  it('names a field it does not know', async () => {
    const answer = await test.api('POST', `${site.path}/exports`, { format: 'csv', fields: ['from', 'secret'] })
    expect(answer).toMatchObject({ status: 400, text: expect.stringContaining('fields[1]') as string })
    expect((await test.api('POST', `${site.path}/exports`, { format: 'csv', filter: { limit: 3 } })).status).toBe(400)
    expect((await test.api('POST', `${site.path}/exports`, { format: 'pdf' })).status).toBe(400)
  })

  it('tells how far it is', async () => {
    const told: Export[] = []
    const off = test.server.events.subscribe(({ name, payload }) => {
      if (name === 'export.changed') told.push(payload.export)
    })
    const { id } = await create({ format: 'csv' })
    await settled(id)
    off()
    expect(told.map(({ state }) => state)).toEqual(expect.arrayContaining(['queued', 'running', 'done']))
    expect(told.find(({ state }) => state === 'running')!.rows).toBeGreaterThan(0)
    expect(told.at(-1)).toMatchObject({ id, rows: calls + 1 })
    await remove(id)
  })
})

describe('limits', () => {
  it('keep files small and few, and delete them in time', { timeout: 60_000 }, async () => {
    await test.restart({ exportLimits: { mostBytes: 100_000, mostPerTenant: 1 } })
    const { id } = await create({ format: 'csv' })
    const failed = await settled(id)
    expect(failed).toMatchObject({ state: 'failed', bytes: 0 })
    expect(failed.reason).toContain('SWITCHYARD_EXPORT_MAX_MIB')
    expect(await fetchFile(id).then((answer) => answer.text())).toContain('narrow the filter')
    expect(await exportFilesOf(test.dataDir)).toEqual([])
    const small = await create({ format: 'json', filter: { endMs: firstMs + 5000 } })
    expect((await settled(small.id)).state).toBe('done')
    const refused = await test.api('POST', `${site.path}/exports`, { format: 'csv' })
    expect(refused).toMatchObject({ status: 409, text: expect.stringContaining('delete one') as string })
    await test.restart({ exportLimits: { keptMs: 1 } })
    while ((await get(small.id)).state === 'done') await new Promise((resolve) => setTimeout(resolve, 10))
    expect((await get(small.id)).state).toBe('expired')
    expect((await fetchFile(small.id)).status).toBe(409)
    expect((await test.api('POST', `${site.path}/exports/${small.id}/cancel`)).status).toBe(409)
    while ((await exportFilesOf(test.dataDir)).length > 0) await new Promise((resolve) => setTimeout(resolve, 10))
    await test.restart()
  })

  it('leave no file without an export, nor one of a tenant that is gone', async () => {
    await mkdir(join(test.dataDir, 'exports', 'gone'), { recursive: true })
    await writeFile(join(test.dataDir, 'exports', 'gone', 'x.csv.part'), 'x')
    const { body: other } = await test.api<{ id: string }>('POST', '/tenants', { name: 'C', domain: 'c.cloudonix.net' })
    const made = await test.api<Export>('POST', `/tenants/${other.id}/exports`, { format: 'csv' })
    while ((await test.api<Export>('GET', `/tenants/${other.id}/exports/${made.body.id}`)).body.state !== 'done')
      await new Promise((resolve) => setTimeout(resolve, 10))
    await test.restart()
    while ((await exportFilesOf(test.dataDir)).length > 1) await new Promise((resolve) => setTimeout(resolve, 10))
    expect(await exportFilesOf(test.dataDir)).toEqual([`${made.body.id}.csv`])
    expect((await test.api('DELETE', `/tenants/${other.id}?force=true`)).status).toBe(204)
    expect(await exportFilesOf(test.dataDir)).toEqual([])
  })
})

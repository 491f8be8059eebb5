import Database from 'better-sqlite3'
import fc from 'fast-check'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { Keyring } from '../../server/adapters/sqlite/keys/keyring.ts'
import { migrate } from '../../server/adapters/sqlite/file/migrate.ts'
import { migrations } from '../../server/adapters/sqlite/migrations/index.ts'
import { packUnit } from '../../server/adapters/sqlite/calls/packed-unit.ts'
import { createSqliteWebhookRepository } from '../../server/adapters/sqlite/webhooks/webhook-repository.ts'
import { createBodyPacker, createWebhookWriter } from '../../server/adapters/sqlite/webhooks/webhook-writer.ts'
import type { WebhookEventFilter, WebhookEventRow } from '../../server/ports/call-store.ts'
import { webhookKinds, webhookOutcomes } from '../../shared/vocabulary.ts'

let db: Database.Database
let asked: string[]
let nowMs: number
/** What one look at the clock takes. */
let tickMs: number
let events: ReturnType<typeof createSqliteWebhookRepository>
const keyring = { find: (id: string) => (id === 't' ? { no: 1 } : undefined) } as unknown as Keyring

beforeEach(() => {
  db = new Database(':memory:')
  migrate(db, migrations, { file: 'test.db', nowMs: 1 })
  db.exec(`
INSERT INTO tenants (no, id, name, domain, domain_aliases, data_key, time_zone, default_country, settings, config_version, version, created_at_ms, updated_at_ms)
  VALUES (1, 't', 'T', 't.example.net', '[]', x'00', 'UTC', 'US', '{}', 1, 1, 1, 1), (2, 'u', 'U', 'u.example.net', '[]', x'00', 'UTC', 'US', '{}', 1, 1, 1, 1)`)
  asked = []
  nowMs = tickMs = 0
  const spied = new Proxy(db, {
    get: (target, name) => {
      if (name !== 'prepare') return Reflect.get(target, name) as unknown
      return (sql: string) => {
        asked.push(sql)
        return target.prepare(sql)
      }
    },
  })
  events = createSqliteWebhookRepository(spied, keyring, () => (nowMs += tickMs))
  asked = []
})
afterEach(() => db.close())

const addCall = (token: string, from: string, to: string, isOpen: 0 | 1 = 0, isPending = isOpen) =>
  db
    .prepare(
      `INSERT INTO call_records (tenant_no, id, token, direction, from_number, to_number, state, started_at_ms, attempt_count, deadline_ms, updated_at_ms, is_open, is_pending)
VALUES (1, ?, ?, 'inbound', ?, ?, 'completed', 1, 0, 1, 1, ?, ?)`,
    )
    .run(`call ${token}`, token, from, to, isOpen, isPending)

let lastId = 0
const anEvent = (more: Partial<WebhookEventRow> = {}): WebhookEventRow => ({
  id: `event-${(lastId += 1)}`,
  kind: 'session_update',
  atMs: lastId,
  outcome: 'applied',
  status: 200,
  latencyMicros: 5,
  headers: { host: 'voice.example.com' },
  payload: '{}',
  answer: '{"ok":true}',
  ...more,
})
const add = (rows: readonly WebhookEventRow[], tenantNo = 1) => {
  const writer = createWebhookWriter(db)
  writer.beginBatch()
  for (const webhookEvent of rows)
    writer.add(tenantNo, packUnit({ tenantId: 't', webhookEvent }).webhookEvent!, undefined)
}
const list = (filter: WebhookEventFilter, cursor?: string, limit = 50) => events.list('t', filter, { limit, cursor })
const ids = (filter: WebhookEventFilter) => list(filter).items.map(({ id }) => id)
const rowsLeftPlain = () =>
  db.prepare<[], { left: number }>('SELECT count(*) AS left FROM webhook_audit WHERE bodies IS NULL').get()!.left

describe('bodies of webhook events', () => {
  it('are read alike compressed, left as they came in a busy batch, or compressed later', () => {
    const rows = Array.from({ length: 50 }, (_, n) => anEvent({ payload: `{"n":${n},"text":"ä\ud83d\ude00"}` }))
    add([...rows, anEvent({ id: 'silent', answer: undefined, payload: '' })])
    expect(rowsLeftPlain()).toBe(47)
    const read = () => [...rows.map(({ id }) => id), 'silent'].map((id) => events.get('t', id))
    const before = read()
    expect(before[7]).toMatchObject(rows[7]!)
    expect(before[40]).toMatchObject(rows[40]!)
    expect(before[50]).toMatchObject({ payload: '', answer: undefined })

    const { packSlice } = createBodyPacker(db, () => void db.exec('BEGIN IMMEDIATE'))
    expect([packSlice(), packSlice(), packSlice()]).toEqual([
      { rows: 20, isDone: false },
      { rows: 20, isDone: false },
      { rows: 7, isDone: true },
    ])
    expect(rowsLeftPlain()).toBe(0)
    expect(read()).toEqual(before)
    expect(
      db.prepare("SELECT DISTINCT headers || payload || coalesce(answer, '') AS text FROM webhook_audit").all(),
    ).toEqual([{ text: '' }])
  })
})

describe('compressing in the background', () => {
  const pack = () => createBodyPacker(db, () => void db.exec('BEGIN IMMEDIATE')).packSlice()

  it('writes nothing when there is nothing to do', () => {
    add([anEvent()])
    const begins: string[] = []
    const { packSlice } = createBodyPacker(db, () => void begins.push('begun'))
    expect(packSlice()).toEqual({ rows: 0, isDone: true })
    expect(begins).toEqual([])
  })

  it('leaves a row as another node has compressed, deleted or changed it before its turn came', () => {
    add(Array.from({ length: 8 }, (_, n) => anEvent({ id: `n${n}`, payload: '{"from":"+12025550123"}' })))
    const { packSlice } = createBodyPacker(db, () => {
      db.exec(`
DELETE FROM webhook_audit WHERE id = 'n4'; UPDATE webhook_audit SET bodies = x'00' WHERE id = 'n5';
UPDATE webhook_audit SET payload = '{"from":"erased"}' WHERE id = 'n6'; BEGIN`)
    })
    packSlice()
    expect(
      db.prepare("SELECT id, hex(substr(bodies, 1, 1)) AS form FROM webhook_audit WHERE id > 'n3' ORDER BY id").all(),
    ).toEqual([
      { id: 'n5', form: '00' },
      { id: 'n6', form: '' },
      { id: 'n7', form: '01' },
    ])
    expect(pack()).toEqual({ rows: 1, isDone: true })
    expect(events.get('t', 'n6')?.payload).toBe('{"from":"erased"}')
  })

  it('leaves all as it was when it cannot write', () => {
    add(Array.from({ length: 7 }, () => anEvent()))
    db.exec("CREATE TRIGGER full BEFORE INSERT ON webhook_audit BEGIN SELECT raise(ABORT, 'full'); END")
    expect(pack).toThrow('full')
    expect(db.inTransaction).toBe(false)
    expect(rowsLeftPlain()).toBe(3)
  })
})

describe('the search of webhook events', () => {
  it('finds by part of token, reason, headers, payload and answer, compressed or not', () => {
    const words = ['one', 'two', 'three', 'four', 'five']
    const rows = [
      anEvent({ id: 'one', token: 'token-one' }),
      anEvent({ id: 'two', reason: 'because two' }),
      anEvent({ id: 'three', headers: { 'x-three': '1' } }),
      anEvent({ id: 'four', payload: 'is four' }),
      anEvent({ id: 'five', answer: '<Five/> five' }),
    ]
    add(rows)
    add(Array.from({ length: 9 }, () => anEvent()).concat(rows.map((row) => ({ ...row, id: `plain ${row.id}` }))))
    for (const word of words) expect(ids({ search: ` ${word} ` }).sort()).toEqual([word, `plain ${word}`].sort())
    expect(ids({ search: 'ONE' })).toEqual([])
    expect(ids({ search: '  ' })).toHaveLength(19)
  })

  it('finds by numbers of the call, running or over, and by parts of them', () => {
    addCall('a', '+12025550123', '+12025550100')
    addCall('b', '+12025550100', '+4930123', 1)
    addCall('c', '+3311', '+3322')
    add([...['a', 'b', 'c', 'unknown'].map((token) => anEvent({ id: token, token })), anEvent({ id: 'none' })])
    expect(ids({ number: '+12025550100' })).toEqual(['b', 'a'])
    expect(ids({ number: '+12025550100', token: 'a' })).toEqual(['a'])
    expect(ids({ number: '+12025550100', token: 'c' })).toEqual([])
    expect(ids({ number: '+1202555010' })).toEqual([])
    expect(ids({ numberContains: '2' })).toEqual(['c', 'b', 'a'])
    expect(ids({ numberContains: '4930' })).toEqual(['b'])
    expect(ids({ numberContains: '4930', number: '+12025550100', search: '{}' })).toEqual(['b'])
  })

  it('finds a number of more calls than are looked up first', () => {
    for (let n = 0; n < 1001; n += 1) addCall(`t${n}`, '+1', '+2')
    addCall('other', '+3', '+4')
    add([anEvent({ token: 't7', id: 'mine' }), anEvent({ token: 'other' }), anEvent()])
    expect(ids({ number: '+1' })).toEqual(['mine'])
  })

  it('stops when its time is over, says how far it came, and goes on from there without loss', () => {
    add(
      Array.from({ length: 60 }, (_, n) =>
        anEvent({ id: `e${n}`, atMs: 1000 + n, payload: n % 20 === 0 ? 'this' : '' }),
      ),
    )
    tickMs = 30
    const pages = [list({ search: 'this' })]
    expect(pages[0]).toMatchObject({ items: [], isPartial: true, searchedBackToMs: 1053 })
    for (let cursor = pages[0]!.nextCursor; cursor !== undefined; cursor = pages.at(-1)!.nextCursor)
      pages.push(list({ search: 'this' }, cursor))
    expect(pages).toHaveLength(9)
    expect(pages.at(-1)).not.toHaveProperty('isPartial')
    expect(pages.flatMap(({ items }) => items.map(({ id }) => id))).toEqual(['e40', 'e20', 'e0'])
    // Even when the time is over at once it comes to an end.
    tickMs = 1000
    expect(list({ search: 'this' })).toMatchObject({ isPartial: true, searchedBackToMs: 1059 })
  })

  it('answers what a look at every event would, whatever is asked for together, page by page', () => {
    const word = fc.constantFrom('x', 'y', 'z')
    const made = fc.record({
      kind: fc.constantFrom(...webhookKinds),
      outcome: fc.constantFrom(...webhookOutcomes),
      status: fc.constantFrom(200, 400, 503),
      token: fc.option(word, { nil: undefined }),
      payload: word,
      atMs: fc.integer({ min: 0, max: 9 }),
    })
    const filters = fc.record(
      {
        kind: fc.constantFrom(...webhookKinds),
        outcome: fc.constantFrom(...webhookOutcomes),
        status: fc.constantFrom(200, 400, 503),
        token: word,
        number: fc.constantFrom('+x', '+1'),
        numberContains: fc.constantFrom('y', '1'),
        search: word,
        startMs: fc.integer({ min: 0, max: 9 }),
        endMs: fc.integer({ min: 0, max: 9 }),
      },
      { requiredKeys: [] },
    )
    for (const token of ['x', 'y']) addCall(token, `+${token}`, '+1', token === 'x' ? 1 : 0)
    fc.assert(
      fc.property(fc.array(made, { maxLength: 20 }), filters, fc.integer({ min: 1, max: 4 }), (rows, filter, limit) => {
        db.exec('DELETE FROM webhook_audit')
        const stored = rows.map((row) => anEvent(row))
        add(stored)
        add([anEvent({ payload: 'of another tenant: x y z' })], 2)
        const numbers = (token: string | undefined) => (token === 'x' || token === 'y' ? [`+${token}`, '+1'] : [])
        const wanted = stored
          .map((row, no) => ({ ...row, no }))
          .filter((row) =>
            (['kind', 'outcome', 'status', 'token'] as const).every(
              (name) => filter[name] === undefined || row[name] === filter[name],
            ),
          )
          .filter(({ atMs }) => atMs >= (filter.startMs ?? 0) && atMs < (filter.endMs ?? 10))
          .filter(({ token }) => filter.number === undefined || numbers(token).includes(filter.number))
          .filter(
            ({ token }) =>
              filter.numberContains === undefined || numbers(token).some((one) => one.includes(filter.numberContains!)),
          )
          .filter(
            ({ token, payload, headers }) =>
              filter.search === undefined ||
              `${token ?? ''}${payload}${JSON.stringify(headers)}`.includes(filter.search),
          )
          .sort((a, b) => b.atMs - a.atMs || b.no - a.no)
          .map(({ id }) => id)
        const found: string[] = []
        let cursor: string | undefined
        do {
          const page = list(filter, cursor, limit)
          found.push(...page.items.map(({ id }) => id))
          cursor = page.nextCursor
        } while (cursor !== undefined)
        expect(found).toEqual(wanted)
      }),
      { numRuns: 300 },
    )
  })

  it.each<[string, WebhookEventFilter, string]>([
    ['nothing', {}, 'by_time (tenant_no=?)'],
    ['a time', { startMs: 1, endMs: 9 }, 'by_time (tenant_no=? AND at_ms>? AND at_ms<?)'],
    ['a token', { token: 'x' }, 'by_token (tenant_no=? AND token=?)'],
    ['a kind', { kind: 'cdr' }, 'by_kind (tenant_no=? AND kind=?)'],
    ['an outcome', { outcome: 'refused', startMs: 1 }, 'by_outcome (tenant_no=? AND outcome=? AND at_ms>?)'],
    ['a status', { status: 503 }, 'by_status (tenant_no=? AND status=?)'],
    ['what most events are', { kind: 'session_update', outcome: 'applied', status: 200 }, 'by_time (tenant_no=?)'],
    ['a text', { search: 'x' }, 'by_time (tenant_no=?)'],
  ])('reads %s off an index, in order', (_what, filter, by) => {
    list(filter)
    expect(asked).toHaveLength(1)
    const plan = db
      .prepare<unknown[], { detail: string }>(`EXPLAIN QUERY PLAN ${asked[0]}`)
      .all(...(asked[0]!.match(/\?/g) ?? []).map(() => 1))
    expect(plan.map(({ detail }) => detail)).toEqual([`SEARCH webhook_audit USING INDEX webhook_audit_${by}`])
  })

  it('looks numbers up by the indexes of calls', () => {
    list({ number: '+1' })
    const plan = db.prepare<[], { detail: string }>('EXPLAIN QUERY PLAN ' + asked.at(-1)!.replaceAll('?', '1')).all()
    expect(plan.map(({ detail }) => detail).join('\n')).toContain('webhook_audit_by_token (tenant_no=? AND token=?)')
    expect(plan.map(({ detail }) => detail).join('\n')).not.toContain('SCAN webhook_audit')
  })
})

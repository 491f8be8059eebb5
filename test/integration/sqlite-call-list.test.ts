import Database from 'better-sqlite3'
import fc from 'fast-check'
import { beforeEach, describe, expect, it } from 'vitest'
import { createCallList } from '../../server/adapters/sqlite/call-list/call-list.ts'
import { usualSizes } from '../../server/adapters/sqlite/call-list/call-sizes.ts'
import { migrate } from '../../server/adapters/sqlite/file/migrate.ts'
import { migrations } from '../../server/adapters/sqlite/migrations/index.ts'
import { createQueries } from '../../server/adapters/sqlite/query/query-builder.ts'
import type { CallFilter, CallPageQuery, CallSort } from '../../server/ports/call-store.ts'

interface Row {
  readonly no: number
  readonly token: string
  readonly from: string
  readonly to: string
  readonly agent: string | null
  readonly group: string
  readonly rule: string | null
  readonly trunk: string | null
  readonly provider: string
  readonly direction: 'inbound' | 'outbound'
  readonly state: 'completed' | 'busy' | 'routing'
  readonly disposition: 'answered' | 'busy' | null
  readonly at: number
  readonly duration: number | null
  readonly rxMos: number | null
  readonly txMos: number | null
  readonly attempts: number
}

const tenant = { id: 't', no: 1 }
const columns = {
  no: 'no',
  token: 'token',
  from: 'from_number',
  to: 'to_number',
  agent: 'agent_id',
  group: 'group_id',
  rule: 'rule_id',
  trunk: 'trunk_id',
  provider: 'provider',
  direction: 'direction',
  state: 'state',
  disposition: 'disposition',
  at: 'started_at_ms',
  duration: 'duration_seconds',
  rxMos: 'rx_mos',
  txMos: 'tx_mos',
  attempts: 'attempt_count',
} as const satisfies Record<keyof Row, string>

const aFile = () => {
  const db = new Database(':memory:')
  db.pragma('foreign_keys = ON')
  migrate(db, migrations, { file: 'test.db', nowMs: 1 })
  db.exec(`
INSERT INTO tenants (id, name, domain, domain_aliases, data_key, time_zone, default_country, settings, config_version, version, created_at_ms, updated_at_ms)
  VALUES ('t', 'T', 't.example.net', '[]', x'00', 'UTC', 'US', '{}', 1, 1, 1, 1), ('o', 'O', 'o.example.net', '[]', x'00', 'UTC', 'US', '{}', 1, 1, 1, 1);
INSERT INTO voice_agents (tenant_id, id, name, provider, value, enabled, tags, metadata, version, created_at_ms, updated_at_ms)
  VALUES ('t', 'a1', 'Zoe', 'vapi', '+1', 1, '[]', '{}', 1, 1, 1), ('t', 'a2', 'ava', 'vapi', '+1', 1, '[]', '{}', 1, 1, 1);`)
  const names = Object.values(columns)
  const insert = db.prepare(
    `INSERT INTO call_records (${names.join(', ')}, tenant_no, id, is_open, is_pending, deadline_ms, updated_at_ms)
     VALUES (${names.map(() => '?').join(', ')}, ?, ?, ?, ?, 1, 1)`,
  )
  const add = (row: Row, tenantNo = 1) =>
    insert.run(
      ...(Object.keys(columns) as (keyof Row)[]).map((name) => row[name]),
      tenantNo,
      `id-${row.no}`,
      row.state === 'routing' ? 1 : 0,
      row.state === 'routing' || row.no % 4 === 0 ? 1 : 0,
    )
  return { db, add, empty: () => db.exec('DELETE FROM call_records') }
}

const numbers = ['+12025550100', '+12025550123', '+4930901820', '+4930123', 'anonymous', '100', '']
const row: fc.Arbitrary<Omit<Row, 'no' | 'token'>> = fc.record({
  from: fc.constantFrom(...numbers),
  to: fc.constantFrom(...numbers),
  agent: fc.constantFrom('a1', 'a2', 'gone', null),
  group: fc.constantFrom('g1', 'g2'),
  rule: fc.constantFrom('r1', null),
  trunk: fc.constantFrom('k1', 'k2', null),
  provider: fc.constantFrom('vapi', 'retell'),
  direction: fc.constantFrom('inbound', 'outbound'),
  state: fc.constantFrom('completed', 'busy', 'routing'),
  disposition: fc.constantFrom('answered', 'busy', null),
  at: fc.integer({ min: 0, max: 12 }),
  duration: fc.constantFrom(null, 0, 1, 2.5, 60),
  rxMos: fc.constantFrom(null, 2.2, 4.4),
  txMos: fc.constantFrom(null, 1.5, 4.1),
  attempts: fc.constantFrom(0, 1, 2),
})
const numbered = (rows: readonly Omit<Row, 'no' | 'token'>[], firstNo = 1): Row[] =>
  rows.map((one, i) => ({ ...one, no: firstNo + i, token: `tok${firstNo + i}` }))

const text = fc.constantFrom('+1', '+49', '0', '5550', '930', '02555501', 'onym', '', '"', 'tok1', 'nothing')
/** Some of them perhaps more than once. */
const some = <T>(...values: T[]) => fc.array(fc.constantFrom(...values), { minLength: 1, maxLength: 4 })
const filter: fc.Arbitrary<CallFilter> = fc
  .record(
    {
      from: fc.constantFrom(...numbers),
      fromPrefix: text,
      fromContains: text,
      to: fc.constantFrom(...numbers),
      toPrefix: text,
      toContains: text,
      startMs: fc.integer({ min: 0, max: 12 }),
      endMs: fc.integer({ min: 0, max: 13 }),
      agentId: some('a1', 'a2', 'gone', 'other'),
      groupId: some('g1', 'g2'),
      ruleId: some('r1', 'r2'),
      trunkId: some('k1', 'k2'),
      provider: some('vapi', 'retell'),
      direction: some<'inbound' | 'outbound'>('inbound', 'outbound'),
      state: some<Row['state']>('completed', 'busy', 'routing'),
      disposition: some<'answered' | 'busy'>('answered', 'busy'),
      minDurationSeconds: fc.constantFrom(0, 1, 2.5),
      maxDurationSeconds: fc.constantFrom(0, 2.4, 60),
      minMos: fc.constantFrom(1, 2.2, 4),
      maxMos: fc.constantFrom(1.5, 4.2),
      token: fc.constantFrom('tok1', 'tok'),
      failedOver: fc.boolean(),
      search: text,
    },
    { requiredKeys: [] },
  )
  .chain((all) =>
    fc
      .subarray(Object.entries(all), { maxLength: Math.min(3, Object.keys(all).length) })
      .map((kept) => Object.fromEntries(kept)),
  )

const mosOf = ({ rxMos, txMos }: Row): number | null =>
  rxMos === null || txMos === null ? (rxMos ?? txMos) : Math.min(rxMos, txMos)

const meets = (call: Row, f: CallFilter): boolean => {
  const among = (values: readonly string[] | undefined, value: string | null) =>
    !values || (value !== null && values.includes(value))
  const exact = (wanted: string | undefined, value: string) => !wanted || wanted === value
  const seconds = call.duration ?? 0
  const mos = mosOf(call)
  return (
    exact(f.from, call.from) &&
    exact(f.to, call.to) &&
    exact(f.token, call.token) &&
    call.from.startsWith(f.fromPrefix ?? '') &&
    call.to.startsWith(f.toPrefix ?? '') &&
    call.from.includes(f.fromContains ?? '') &&
    call.to.includes(f.toContains ?? '') &&
    call.at >= (f.startMs ?? 0) &&
    call.at < (f.endMs ?? Infinity) &&
    among(f.agentId, call.agent) &&
    among(f.groupId, call.group) &&
    among(f.ruleId, call.rule) &&
    among(f.trunkId, call.trunk) &&
    among(f.provider, call.provider) &&
    among(f.direction, call.direction) &&
    among(f.state, call.state) &&
    among(f.disposition, call.disposition) &&
    seconds >= (f.minDurationSeconds ?? 0) &&
    seconds <= (f.maxDurationSeconds ?? Infinity) &&
    (f.minMos === undefined || (mos !== null && mos >= f.minMos)) &&
    (f.maxMos === undefined || (mos !== null && mos <= f.maxMos)) &&
    (f.failedOver === undefined || call.attempts > 1 === f.failedOver) &&
    (call.from.includes(f.search ?? '') || call.to.includes(f.search ?? '') || call.token.startsWith(f.search ?? ''))
  )
}

type Order = 'asc' | 'desc'
const ranks = ['a2', 'a1', 'gone']

const inOrder = (sort: CallSort, order: Order) => (a: Row, b: Row) => {
  const newest = b.at - a.at || b.no - a.no
  const sign = order === 'asc' ? 1 : -1
  if (sort === 'start') return -sign * newest
  if (sort === 'duration') return sign * ((a.duration ?? 0) - (b.duration ?? 0) || -newest)
  if (a.agent === b.agent) return newest
  if (a.agent === null || b.agent === null) return a.agent === null ? 1 : -1
  return sign * (ranks.indexOf(a.agent) - ranks.indexOf(b.agent))
}

const oracle = (rows: readonly Row[], f: CallFilter, sort: CallSort, order: Order): number[] =>
  rows
    .filter((call) => meets(call, f))
    .sort(inOrder(sort, order))
    .map(({ no }) => no)

/** So small that every way of finding records is taken by a few dozen of them. */
const tiny = { few: 3, range: 6, numbers: 2, firstSlice: 2, leastSlice: 1 }
const sizes = fc.constantFrom(usualSizes, tiny, { ...tiny, range: 1000 })

describe('a list of calls', () => {
  let file: ReturnType<typeof aFile>
  beforeEach(() => {
    file = aFile()
  })

  const query = fc.record({
    filter,
    sort: fc.constantFrom<CallSort>('start', 'duration', 'agent'),
    order: fc.constantFrom<Order>('asc', 'desc'),
    limit: fc.integer({ min: 1, max: 7 }),
    sizes,
    /** By how much the clock goes on each time it is looked at: some searches stop after every slice. */
    tickMs: fc.constantFrom(0, 90, 1000),
  })

  it('holds what a look at every record finds, page by page, there and back, also while records come in', () => {
    fc.assert(
      fc.property(
        fc.array(row, { maxLength: 40 }),
        fc.array(row, { maxLength: 5 }),
        fc.array(row, { maxLength: 5 }),
        query,
        (first, others, more, { filter: f, sort, order, limit, sizes: chosen, tickMs }) => {
          file.empty()
          const rows = numbered(first)
          for (const one of rows) file.add(one)
          for (const one of numbered(others, 1000)) file.add(one, 2)
          let nowMs = 0
          const clock = () => (nowMs += tickMs)
          const list = createCallList(file.db, createQueries(file.db), clock, chosen)
          const expected = oracle(rows, f, sort, order)
          const page = (cursor?: string) => list(tenant, f, { limit, cursor, sort, order })

          const beginning = page()
          if (beginning.totalIsEstimate === undefined) expect(beginning.total).toBe(expected.length)
          else expect(beginning.total).toBeGreaterThanOrEqual(0)
          expect(beginning.prevCursor).toBeUndefined()

          const seen: number[] = []
          let at = beginning
          for (let pages = 0; ; pages += 1) {
            expect(pages).toBeLessThan(300)
            seen.push(...at.nos)
            if (at.isPartial) expect(at.nextCursor).toBeDefined()
            else if (at.nextCursor !== undefined) expect(at.nos).toHaveLength(limit)
            if (at.searchedBackToMs !== undefined) {
              const { searchedBackToMs } = at
              const found = rows.filter((one) => one.at > searchedBackToMs && expected.includes(one.no))
              expect(found.every(({ no }) => seen.includes(no))).toBe(true)
            }
            if (at.nextCursor === undefined) break
            at = page(at.nextCursor)
          }
          expect(seen).toEqual(expected)

          // New records come in; those that were there are all seen on the way back, in their order.
          const added = numbered(more, 500)
          for (const one of added) file.add(one)
          const all = oracle([...rows, ...added], f, sort, order)
          const back: number[] = []
          for (let cursor = at.prevCursor, pages = 0; cursor !== undefined; pages += 1) {
            expect(pages).toBeLessThan(300)
            const one = page(cursor)
            expect(one.searchedBackToMs).toBeUndefined()
            back.unshift(...one.nos)
            cursor = one.prevCursor
          }
          const shownBefore = seen.slice(0, seen.length - at.nos.length)
          expect(back.filter((no) => no < 500)).toEqual(shownBefore)
          const position = new Map(all.map((no, i) => [no, i]))
          const positions = back.map((no) => position.get(no) ?? -1)
          expect(positions).toEqual([...positions].sort((a, b) => a - b))
          expect(positions).not.toContain(-1)
        },
      ),
      { numRuns: Number(process.env.SWITCHYARD_TEST_RUNS ?? 400) },
    )
  })

  const aRow = (no: number, over: Partial<Row> = {}): Row => ({
    ...{
      no,
      token: `tok${no}`,
      from: '+12025550123',
      to: '+12025550100',
      agent: 'a1',
      group: 'g1',
      rule: 'r1',
      trunk: 'k1',
    },
    ...{ provider: 'vapi', direction: 'inbound', state: 'completed', disposition: 'answered', at: no, duration: 60 },
    ...{ rxMos: 4.4, txMos: 4.1, attempts: 1 },
    ...over,
  })

  /** What SQLite says of how it runs each statement of a list, without those that look for calls going on. */
  const plansOf = (f: CallFilter, more: Partial<CallPageQuery> = {}): string[] => {
    const statements: string[] = []
    const spy = new Proxy(file.db, {
      get: (db, name) =>
        name === 'prepare'
          ? (statement: string) => (statements.push(statement), db.prepare(statement))
          : (Reflect.get(db, name) as unknown),
    })
    // Whatever is there is too much for memory.
    const list = createCallList(file.db, createQueries(spy), () => 0, { ...usualSizes, few: 0 })
    const { nextCursor } = list(tenant, f, { limit: 1, ...more })
    if (nextCursor !== undefined) list(tenant, f, { limit: 1, ...more, cursor: nextCursor })
    return statements
      .filter((statement) => !statement.includes('call_records_open') && !statement.includes('count(*)'))
      .map((statement) =>
        file.db
          .prepare<unknown[], { detail: string }>(`EXPLAIN QUERY PLAN ${statement}`)
          .all(...Array.from(statement.matchAll(/[?]/g), () => null))
          .map(({ detail }) => detail)
          .join('; '),
      )
  }

  const inTime = 'started_at_ms>? AND started_at_ms<?)'
  const window = { startMs: 1, endMs: 90 }
  it.each<[CallFilter, string]>([
    [{}, `by_start (tenant_no=? AND ${inTime}`],
    [{ from: '+12025550123' }, `by_from (tenant_no=? AND from_number=? AND ${inTime}`],
    [{ to: '+12025550100' }, `by_to (tenant_no=? AND to_number=? AND ${inTime}`],
    [{ agentId: ['a1', 'a2'] }, `by_agent (tenant_no=? AND agent_id=? AND ${inTime}`],
    [{ groupId: ['g1', 'g2'] }, `by_group (tenant_no=? AND group_id=? AND ${inTime}`],
    [{ ruleId: ['r1'] }, `by_rule (tenant_no=? AND rule_id=? AND ${inTime}`],
    [{ trunkId: ['k1'] }, `by_trunk (tenant_no=? AND trunk_id=? AND ${inTime}`],
    [{ provider: ['vapi'] }, `by_provider (tenant_no=? AND provider=? AND ${inTime}`],
    [{ direction: ['inbound'] }, `by_direction (tenant_no=? AND direction=? AND ${inTime}`],
    [{ state: ['completed', 'busy'] }, `by_state (tenant_no=? AND state=? AND ${inTime}`],
    [{ disposition: ['answered'] }, `by_disposition (tenant_no=? AND disposition=? AND ${inTime}`],
    [{ failedOver: false }, `by_failover (tenant_no=? AND is_failed_over=? AND ${inTime}`],
    [{ fromPrefix: '+1202' }, 'by_from (tenant_no=? AND from_number>? AND from_number<?)'],
    [{ toPrefix: '+1202' }, 'by_to (tenant_no=? AND to_number>? AND to_number<?)'],
    [{ fromContains: '0123' }, 'by_from (tenant_no=? AND from_number=?)'],
    [{ toContains: '5550' }, 'by_to (tenant_no=? AND to_number=?)'],
    [
      { minDurationSeconds: 5, maxDurationSeconds: 70 },
      'by_duration (tenant_no=? AND lasted_seconds>? AND lasted_seconds<?)',
    ],
    [{ minMos: 4 }, 'by_mos (tenant_no=? AND mos>?)'],
    [{ token: 'tok7' }, 'sqlite_autoindex_call_records_1 (tenant_no=? AND token=?)'],
    [{ search: 'tok7' }, 'sqlite_autoindex_call_records_1 (tenant_no=? AND token>? AND token<?)'],
  ])('of %j within a time goes by its index alone, and nothing is sorted by SQLite', (f, index) => {
    for (let no = 1; no < 20; no += 1) file.add(aRow(no))
    const plans = plansOf({ ...f, ...window })
    expect(plans.some((detail) => detail.includes(index))).toBe(true)
    for (const detail of plans) {
      expect(detail).not.toMatch(/SCAN c\b/)
      expect(detail).not.toContain('TEMP B-TREE')
    }
  })

  it.each<[CallSort, string]>([
    ['start', 'by_start (tenant_no=? AND started_at_ms>? AND started_at_ms<?)'],
    ['duration', 'by_duration (tenant_no=? AND (lasted_seconds,started_at_ms)>(?,?)'],
    ['agent', 'by_agent (tenant_no=? AND agent_id=? AND started_at_ms>? AND started_at_ms<?)'],
  ])('sorted by %s is read in the order of an index', (sort, index) => {
    for (let no = 1; no < 20; no += 1) file.add(aRow(no))
    const plans = plansOf({}, { sort }).filter((detail) => detail.includes('call_records'))
    expect(plans.some((detail) => detail.includes(index))).toBe(true)
    for (const detail of plans) expect(detail).not.toContain('TEMP B-TREE')
  })

  it('of filters that no index answers together stops in time, says how far it searched, and comes to its end', () => {
    for (let no = 1; no <= 60; no += 1) file.add(aRow(no, no % 2 ? { group: 'g2' } : { provider: 'retell' }))
    file.add(aRow(100, { at: 0, group: 'g2', provider: 'retell' }))
    let nowMs = 0
    const list = createCallList(file.db, createQueries(file.db), () => (nowMs += 1000), tiny)
    const page = (cursor?: string) => list(tenant, { groupId: ['g2'], provider: ['retell'] }, { limit: 5, cursor })
    const first = page()
    expect(first).toMatchObject({ nos: [], isPartial: true, totalIsEstimate: true })
    expect(first.searchedBackToMs).toBeGreaterThan(0)
    let at = first
    for (let pages = 0; at.nextCursor !== undefined && pages < 100; pages += 1) {
      const next = page(at.nextCursor)
      if (next.searchedBackToMs !== undefined) expect(next.searchedBackToMs).toBeLessThan(at.searchedBackToMs ?? 0)
      at = next
    }
    expect(at).toMatchObject({ nos: [100] })
    expect(at.isPartial).toBeUndefined()
  })

  it('says about how many there are where counting takes long', () => {
    for (let no = 1; no <= 3000; no += 1)
      file.add(aRow(no, { at: no * 10, group: no % 3 ? 'g1' : 'g2', provider: no % 2 ? 'vapi' : 'retell' }))
    const list = createCallList(file.db, createQueries(file.db), () => 0, { ...usualSizes, few: 100 })
    const about = (f: CallFilter) => {
      const { total = 0, totalIsEstimate } = list(tenant, f, { limit: 1 })
      expect(totalIsEstimate).toBe(true)
      return total
    }
    for (const [f, total] of [
      [{}, 3000],
      [{ groupId: ['g2'] }, 1000],
      [{ groupId: ['g1', 'g2'], provider: ['vapi'] }, 1500],
      [{ startMs: 15_000 }, 1500],
    ] as const) {
      expect(about(f)).toBeGreaterThan(total * 0.9)
      expect(about(f)).toBeLessThan(total * 1.1)
    }
    expect(list(tenant, { startMs: 29_500 }, { limit: 1 })).toMatchObject({ total: 51 })
  })

  it('holds each record once, and counts it once, when a value of a filter is given twice', () => {
    for (let no = 1; no < 5; no += 1) file.add(aRow(no, { agent: no % 2 ? 'a1' : 'a2' }))
    for (const chosen of [usualSizes, { ...usualSizes, few: 0 }]) {
      const list = createCallList(file.db, createQueries(file.db), () => 0, chosen)
      const { nos, total } = list(
        tenant,
        { agentId: ['a1', 'a2', 'a1'], direction: ['inbound', 'inbound'] },
        { limit: 9 },
      )
      expect([nos, total]).toEqual([[4, 3, 2, 1], 4])
    }
  })

  it('knows a cursor of another order or of nothing', () => {
    for (let no = 1; no < 5; no += 1) file.add(aRow(no))
    const list = createCallList(file.db, createQueries(file.db), () => 0)
    const { nextCursor = '' } = list(tenant, {}, { limit: 1, sort: 'agent' })
    expect(() => list(tenant, {}, { limit: 1, cursor: nextCursor })).toThrow('not one of this order')
    expect(() => list(tenant, { agentId: ['a2'] }, { limit: 1, sort: 'agent', cursor: nextCursor })).toThrow(
      'not one of this list',
    )
    expect(() => list(tenant, {}, { limit: 1, cursor: 'xyz' })).toThrow('not one of this list')
  })

  it('finds numbers by their parts as long as a call has them', () => {
    const kept = () => file.db.prepare('SELECT number FROM call_numbers ORDER BY number').pluck().all()
    const list = createCallList(file.db, createQueries(file.db), () => 0, { ...usualSizes, few: 0 })
    const found = (fromContains: string) => list(tenant, { fromContains }, { limit: 9 }).nos
    file.add(aRow(1, { from: '+4930111222' }))
    file.add(aRow(2, { from: '+4930111222', state: 'routing' }))
    file.add(aRow(3, { from: '+4930999888' }))
    expect(kept()).toEqual(['+12025550100', '+4930111222', '+4930999888'])
    file.db.exec("UPDATE call_records SET is_open = 0, state = 'completed' WHERE no = 2")
    expect(found('0111')).toEqual([2, 1])
    file.db.exec('UPDATE call_records SET is_pending = 0 WHERE no = 2')
    expect(found('0111')).toEqual([2, 1])
    file.db.exec('DELETE FROM call_records WHERE no = 1')
    expect(found('0111')).toEqual([2])
    file.db.exec("UPDATE call_records SET from_number = 'erased' WHERE no = 2")
    expect(found('0111')).toEqual([])
    expect(found('rase')).toEqual([2])
    expect(kept()).toEqual(['+12025550100', '+4930999888', 'erased'])
    // It goes on again, with another number, and is erased before it is settled.
    file.db.exec("UPDATE call_records SET is_open = 1, is_pending = 1, from_number = '+4930555444' WHERE no = 2")
    expect(kept()).toEqual(['+12025550100', '+4930999888'])
    expect(found('rase')).toEqual([])
    expect(found('5554')).toEqual([2])
    file.db.exec('UPDATE call_records SET is_open = 0 WHERE no = 2; DELETE FROM call_records WHERE no = 2')
    expect(kept()).toEqual(['+12025550100', '+4930999888'])
    file.add(aRow(2, { from: '+4930999888' }))
    file.db.exec('UPDATE call_records SET is_pending = 1 WHERE no = 3')
    expect(kept()).toEqual(['+12025550100', '+4930999888'])
    expect(found('9998')).toEqual([3, 2])
    file.db.exec("INSERT INTO call_number_parts (call_number_parts, rank) VALUES ('integrity-check', 1)")
    file.db.exec('DELETE FROM tenants WHERE no = 1')
    expect(kept()).toEqual([])
    file.db.exec("INSERT INTO call_number_parts (call_number_parts, rank) VALUES ('integrity-check', 1)")
  })
})

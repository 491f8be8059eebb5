import Database from 'better-sqlite3'
import { existsSync } from 'node:fs'
import { mkdir, mkdtemp, rm, stat } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { databaseFile } from '../server/adapters/sqlite/file/data-directory.ts'
import { createRandom } from '../server/simulator/index.ts'
import { operations } from '../shared/contract/index.ts'
import type { CallRecord } from '../shared/contract/calls.ts'
import { measureExports } from './exports.ts'
import { type Bench, type Figure, percentile } from './figures.ts'
import { residentMiB, startChild } from './http/child.ts'
import { ownerToken, startSwitchyard } from './http/switchyard.ts'

const days = 30
const dayMs = 86_400_000
const pages = 5
const pageSize = 50
/** A query that takes longer has missed any target; how much longer does not matter. */
const patienceMs = 10_000
/** Of one kind of query; what is slow is asked less often. */
const budgetMs = 15_000
const samples = 20

interface Records {
  readonly dataDir: string
  readonly tenantId: string
  readonly count: number
  readonly newestMs: number
  /** Undefined where they were there before. */
  readonly generationSeconds?: number | undefined
}

const generate = async (dataDir: string, calls: number): Promise<number> => {
  const cli = join(import.meta.dirname, '../server/entry/cli/index.ts')
  const args = ['simulate', '--history', '--sample-configuration', '--data-dir', dataDir, '--days', String(days)]
  const child = await startChild([cli, ...args, '--calls', String(calls)], {}, / calls of tenant .* written in .*\n/)
  await child.ended
  return Number(/written in ([\d.]+) s/.exec(child.output)?.[1])
}

const prepare = async (wanted: number, keptDir: string | undefined): Promise<Records> => {
  const dataDir = keptDir === undefined ? await mkdtemp(join(tmpdir(), 'switchyard-bench-')) : resolve(keptDir)
  await mkdir(dataDir, { recursive: true })
  const generationSeconds = existsSync(databaseFile(dataDir)) ? undefined : await generate(dataDir, wanted)
  const db = new Database(databaseFile(dataDir), { readonly: true })
  const row = db
    .prepare<[], { id: string; count: number; newest: number }>(
      `SELECT t.id, count(*) AS count, max(c.started_at_ms) AS newest FROM call_records c JOIN tenants t ON t.no = c.tenant_no
GROUP BY c.tenant_no ORDER BY count DESC LIMIT 1`,
    )
    .get()
  db.close()
  if (!row) throw new Error(`${dataDir} has a database without call records. Name an empty directory with --data-dir`)
  return { dataDir, tenantId: row.id, count: row.count, newestMs: row.newest, generationSeconds }
}

type Value = string | number | boolean
type Query = Readonly<Record<string, Value>>
interface Page {
  readonly items: readonly CallRecord[]
  readonly nextCursor?: string
}

/** Asks over HTTP, and says how long the whole answer took. */
const createAsker = (admin: string, tenantId: string) => async (path: string, query: Query) => {
  const parameters = new URLSearchParams(
    Object.entries(query).map(([name, value]): [string, string] => [name, String(value)]),
  )
  const url = `${admin}${path.replace(':tenantId', tenantId)}?${parameters.toString()}`
  const startedAt = performance.now()
  try {
    const signal = AbortSignal.timeout(patienceMs)
    const answer = await fetch(url, { headers: { authorization: `Bearer ${ownerToken}` }, signal })
    const text = await answer.text()
    if (!answer.ok) throw new Error(`${url} answered ${answer.status}: ${text}`)
    return { ms: performance.now() - startedAt, page: JSON.parse(text) as Page }
  } catch (error) {
    if (error instanceof DOMException && error.name === 'TimeoutError') return { ms: patienceMs, page: undefined }
    throw error
  }
}
type Ask = ReturnType<typeof createAsker>

interface Times {
  readonly first: number[]
  readonly deep: number[]
}

/** The first page and some after it, for one query after the other. */
const timePages = async (ask: Ask, nextQuery: () => Query, deepPages = pages): Promise<Times> => {
  const first: number[] = []
  const deep: number[] = []
  const endsAt = performance.now() + budgetMs
  while (first.length < samples && performance.now() < endsAt) {
    const query = { ...nextQuery(), limit: pageSize }
    let { ms, page } = await ask(operations['calls.list'].path, query)
    first.push(ms)
    for (let n = 0; n < deepPages && page?.nextCursor !== undefined; n += 1) {
      ;({ ms, page } = await ask(operations['calls.list'].path, { ...query, cursor: page.nextCursor }))
      deep.push(ms)
    }
  }
  return { first, deep }
}

/** Each filter, and what a call has for it. */
const filters: Readonly<Record<string, (record: CallRecord) => Value | undefined>> = {
  from: ({ from }: CallRecord) => from,
  fromPrefix: ({ from }: CallRecord) => from.slice(0, 8),
  to: ({ to }: CallRecord) => to,
  toPrefix: ({ to }: CallRecord) => to.slice(0, 10),
  direction: ({ direction }: CallRecord) => direction,
  agentId: ({ agentId }: CallRecord) => agentId,
  groupId: ({ groupId }: CallRecord) => groupId,
  ruleId: ({ ruleId }: CallRecord) => ruleId,
  trunkId: ({ trunkId }: CallRecord) => trunkId,
  provider: ({ provider }: CallRecord) => provider,
  state: ({ state }: CallRecord) => state,
  disposition: ({ disposition }: CallRecord) => disposition,
  minDurationSeconds: ({ durationSeconds }: CallRecord) => durationSeconds,
  maxDurationSeconds: ({ durationSeconds }: CallRecord) => durationSeconds,
  token: ({ token }: CallRecord) => token,
  failedOver: ({ attemptCount }: CallRecord) => attemptCount > 1,
}
const filterNames = Object.keys(filters)

const dashboards = [
  ['analytics.summary', {}],
  ['analytics.series', { bucket: 'day', compare: true }],
  ['analytics.breakdown', { groupBy: 'agent' }],
  ['analytics.breakdown', { groupBy: 'provider' }],
  ['analytics.heatmap', {}],
] as const satisfies readonly (readonly [string, Query])[]

const pathOf = (name: string): string | undefined =>
  (operations as Readonly<Record<string, { readonly path: string } | undefined>>)[name]?.path

const figure = (what: string, values: readonly number[], share: number, atMost?: number): Figure => ({
  what,
  value: percentile(values, share),
  unit: 'ms',
  ...(atMost !== undefined && { target: { atMost } }),
})

const measureLists = async (ask: Ask, { newestMs }: Records): Promise<Figure[]> => {
  const random = createRandom(1)
  const range = (): { startMs: number; endMs: number } => {
    const length = dayMs * (1 + Math.floor(random() * days))
    const endMs = newestMs - Math.floor(random() * (days * dayMs - length))
    return { startMs: endMs - length, endMs }
  }
  const pool: CallRecord[] = []
  for (let n = 0; n < 10; n += 1) {
    const endMs = Math.floor(newestMs - random() * days * dayMs)
    pool.push(...((await ask(operations['calls.list'].path, { endMs, limit: 20 })).page?.items ?? []))
  }
  if (pool.length === 0) throw new Error('no calls could be listed: the figures would be false')
  const by = (name: string): Query => {
    const values = pool.map((record) => filters[name]?.(record)).filter((value) => value !== undefined)
    const value = values[Math.floor(random() * values.length)]
    return value === undefined ? {} : { [name]: value }
  }
  const digits = (): string => {
    const numbers = pool.map(({ from }) => from).filter((from) => from.startsWith('+'))
    const number = numbers[Math.floor(random() * numbers.length)] ?? '+12025550123'
    const start = 2 + Math.floor(random() * (number.length - 6))
    return number.slice(start, start + 3 + Math.floor(random() * 4))
  }

  const figures: Figure[] = []
  const all: { first: number[]; deep: number[] } = { first: [], deep: [] }
  for (const name of filterNames) {
    const { first, deep } = await timePages(ask, () => ({ ...range(), ...by(name) }))
    all.first.push(...first)
    all.deep.push(...deep)
    figures.push(figure(`time range + ${name}, p95 of first and deep pages`, [...first, ...deep], 0.95, 20))
  }
  const substring = await timePages(ask, () => ({ ...range(), fromContains: digits() }))
  const combined = await timePages(
    ask,
    () => {
      const some = Array.from(
        { length: 2 + Math.floor(random() * 3) },
        () => filterNames[Math.floor(random() * filterNames.length)],
      )
      return Object.assign(range(), ...some.map((name) => (name ? by(name) : {}))) as Query
    },
    1,
  )
  return [
    figure('time range + one filter, first page, p50', all.first, 0.5),
    figure('time range + one filter, first page, p95', all.first, 0.95, 20),
    figure('time range + one filter, deep page, p50', all.deep, 0.5),
    figure('time range + one filter, deep page, p95', all.deep, 0.95, 20),
    ...figures,
    figure('substring of a number, p95', [...substring.first, ...substring.deep], 0.95, 150),
    figure('other combinations, p95', [...combined.first, ...combined.deep], 0.95, 300),
  ]
}

const measureDashboards = async (ask: Ask, { newestMs }: Records): Promise<Figure[]> => {
  const figures: Figure[] = []
  for (const [name, query] of dashboards) {
    const path = pathOf(name)
    if (path === undefined) continue
    const times: number[] = []
    const endsAt = performance.now() + budgetMs
    while (times.length < samples && performance.now() < endsAt)
      times.push((await ask(path, { startMs: newestMs - days * dayMs, endMs: newestMs, ...query })).ms)
    const what = Object.values(query).join(' ')
    figures.push(figure(`${name} of ${days} days${what === '' ? '' : `, ${what}`}, p95`, times, 0.95, 50))
  }
  return figures
}

/** A server on a great many call records, asked over HTTP as the console asks it. */
export const benchRecords: Bench = async ({ records: wanted, dataDir }) => {
  const records = await prepare(wanted, dataDir)
  try {
    const startedAt = performance.now()
    const { child, admin } = await startSwitchyard(records.dataDir)
    const readySeconds = (performance.now() - startedAt) / 1000
    try {
      const ask = createAsker(admin, records.tenantId)
      const lists = await measureLists(ask, records)
      const boards = await measureDashboards(ask, records)
      const spanMs = days * dayMs
      const exported = await measureExports(admin, child.pid, { ...records, spanMs })
      const { size } = await stat(databaseFile(records.dataDir))
      const { count, generationSeconds } = records
      return {
        title: `Call records: ${count.toLocaleString('en').replaceAll(',', ' ')} of them`,
        figures: [
          ...(generationSeconds === undefined
            ? []
            : [{ what: 'generated', value: count / generationSeconds, unit: 'calls/s' }]),
          { what: 'on disk', value: size / count, unit: 'bytes/call' },
          { what: 'start to ready, from sources', value: readySeconds, unit: 's', target: { atMost: 1 } },
          ...lists,
          ...boards,
          ...exported,
          { what: 'resident memory after that', value: residentMiB(child.pid) ?? NaN, unit: 'MiB' },
        ],
        notes: [
          `over HTTP, one request at a time, pages of ${pageSize}, ranges of 1 to ${days} days; deep pages are the ${pages} that follow a first one`,
          `up to ${samples} queries of a kind, in ${budgetMs / 1000} s at most; one that takes ${patienceMs / 1000} s counts as that long`,
          ...(boards.length === 0 ? ['dashboards: not there yet'] : []),
          'exports: of all records with the usual fields; a workbook of the newest 300 000',
        ],
      }
    } finally {
      await child.stop()
    }
  } finally {
    if (dataDir === undefined) await rm(records.dataDir, { recursive: true, force: true })
  }
}

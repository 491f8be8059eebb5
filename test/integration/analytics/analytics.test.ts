import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import type { Actor } from '../../../shared/contract/index.ts'
import { analyticsDimensions, analyticsBuckets } from '../../../shared/vocabulary.ts'
import { createAnalyticsHandlers } from '../../../server/operations/analytics.ts'
import { createTenantDirectory } from '../../../server/operations/tenant-directory.ts'
import type { UnitOfWork } from '../../../server/ports/call-store.ts'
import { allSettled } from '../../support/settled.ts'
import { aSqliteStore, silent } from '../../support/sqlite-store.ts'
import { aGroup, anAgent, aRule, aTenant } from '../../support/store-rows.ts'
import {
  attemptKey,
  callsWithin,
  delayOf,
  groupBy as groupRows,
  keyOf,
  naiveAttempts,
  naiveFigures,
  naivePercentile,
  openFile,
  readRaw,
  wall,
  type Raw,
  type RawAttempt,
  type RawCall,
} from './naive.ts'
import { firstMs, lastMs, randomFrom, randomUnits, tenantId } from './random-calls.ts'

const count = Number(process.env.SWITCHYARD_TEST_CALLS ?? 1500)
vi.setConfig({ testTimeout: 3_600_000, hookTimeout: 3_600_000 })
const seed = Number(process.env.SWITCHYARD_TEST_SEED ?? 7)
const actor: Actor = { kind: 'local', name: 'owner', role: 'owner' }
const zones = ['Europe/Berlin', 'America/New_York', 'Asia/Kathmandu', 'Australia/Lord_Howe', 'UTC']
const quarterMs = 900_000
const nowMs = lastMs + 86_400_000
const plain = (value: unknown): unknown => JSON.parse(JSON.stringify(value))

const open = async () => {
  const { store, dataDir, dispose } = await aSqliteStore()
  const { tenants, voiceAgents, agentGroups, inboundRules } = store.configuration
  await tenants.create(aTenant({ id: tenantId }))
  for (let n = 0; n < 6; n += 1) await voiceAgents.create(anAgent({ id: `agent-${n}`, name: `Agent ${n}` }))
  const members = [0, 2, 4].map((n, i) => ({
    agentId: `agent-${n}`,
    priority: 1,
    weight: i + 1,
    position: i + 1,
    enabled: n !== 4,
  }))
  await agentGroups.create(aGroup({ id: 'group-0', members }))
  for (const id of ['rule-0', 'rule-9'])
    await inboundRules.create(aRule({ id, pattern: id === 'rule-0' ? '+1*' : '+49*' }))
  await inboundRules.create(aRule({ id: 'rule-8', pattern: '+44*', enabled: false }))
  const directory = createTenantDirectory(store.configuration, silent)
  await directory.loadAll()
  const handlers = createAnalyticsHandlers({
    analytics: store.analytics,
    calls: store.calls,
    directory,
    clock: { nowMs: () => nowMs },
    log: silent,
  })
  const append = async (units: readonly UnitOfWork[]): Promise<void> => {
    for (let at = 0; at < units.length; at += 700)
      await Promise.all(units.slice(at, at + 700).map((unit) => store.callLog.append(unit, 'written')))
  }
  return { store, dataDir, dispose, handlers, append }
}

/** Each row as a line: thousands of objects take long to compare. */
const dump = async (dataDir: string): Promise<string[]> => {
  await allSettled(dataDir)
  const db = openFile(dataDir)
  const rows = ['analytics_rollups', 'analytics_answer_delays'].flatMap((table) =>
    db
      .prepare<[], unknown[]>(`SELECT * FROM ${table}`)
      .raw()
      .all()
      .map((row) => `${table}: ${row.join(' ')}`),
  )
  db.close()
  return rows
}

const random = randomFrom(seed)
let site: Awaited<ReturnType<typeof open>>
let raw: Raw
beforeAll(async () => {
  site = await open()
  for (let from = 0; from < count; from += 5000)
    await site.append(randomUnits(random, Math.min(5000, count - from), from))
  raw = readRaw(site.dataDir)
})
afterAll(() => site.dispose())

const attemptsOf = (calls: readonly RawCall[]): RawAttempt[] => calls.flatMap(({ no }) => raw.attemptsOf.get(no) ?? [])
const within = (startMs: number, endMs: number) => callsWithin(raw.calls, startMs, endMs)
const figures = (calls: readonly RawCall[]) => naiveFigures(calls, attemptsOf(calls))
const figuresBy = (dimension: string, key: string, calls: readonly RawCall[]) => {
  const attempts = calls.flatMap((call) =>
    (raw.attemptsOf.get(call.no) ?? []).filter((attempt) => attemptKey(dimension, call, attempt) === key),
  )
  return naiveFigures(
    calls.filter((call) => keyOf(dimension, call) === key),
    attempts,
  )
}
/** Ranges of whole quarters of an hour: all there is, and some others. */
const ranges = (): { startMs: number; endMs: number }[] => {
  const quarters = (lastMs - firstMs) / quarterMs
  const some = Array.from({ length: 4 }, () => {
    const from = Math.floor(random() * quarters)
    const startMs = firstMs + from * quarterMs
    return { startMs, endMs: startMs + (1 + Math.floor(random() * (quarters - from))) * quarterMs }
  })
  return [{ startMs: firstMs - 86_400_000, endMs: lastMs + 86_400_000 }, ...some]
}

describe('analytics, against the raw rows', () => {
  it('have something to count: calls that moved, joined ones, and calls that go on', () => {
    expect(raw.calls.length).toBeGreaterThan(count * 0.8)
    expect(raw.calls.length).toBeLessThan(count)
    const moved = raw.calls.filter(({ started_at_ms }) => started_at_ms % 7 !== 0)
    expect(moved.length).toBeGreaterThan(0)
  })

  it('sum up any range, whole and by each filter', async () => {
    for (const { startMs, endMs } of ranges()) {
      const calls = within(startMs, endMs)
      const { current, activeNow } = await site.handlers['analytics.summary'](actor, { tenantId, startMs, endMs })
      expect(plain(current)).toMatchObject(plain({ startMs, endMs, ...figures(calls) }) as object)
      expect(activeNow).toBe((await site.store.calls.live(tenantId, 200)).total)
      const filters = [
        ['agentId', 'agent', 'agent-5'],
        ['groupId', 'group', 'group-1'],
        ['provider', 'provider', 'vapi'],
        ['ruleId', 'rule', 'rule-3'],
        ['trunkId', 'trunk', 'trunk-0'],
        ['country', 'country', 'NP'],
        ['disposition', 'outcome', 'busy'],
      ] as const
      for (const [filter, dimension, key] of filters) {
        const input = { tenantId, startMs, endMs, [filter]: key }
        const filtered = await site.handlers['analytics.summary'](actor, input)
        expect(plain(filtered.current)).toMatchObject(plain(figuresBy(dimension, key, calls)) as object)
      }
    }
  })

  it('tell percentiles of the answer delay at most 2 % off', async () => {
    for (const { startMs, endMs } of ranges()) {
      for (const provider of [undefined, 'vapi']) {
        const input = { tenantId, startMs, endMs, ...(provider !== undefined && { provider }) }
        const { current } = await site.handlers['analytics.summary'](actor, input)
        const delays = within(startMs, endMs)
          .filter((call) => provider === undefined || call.provider === provider)
          .flatMap((call) => delayOf(call) ?? [])
        for (const [name, share] of [
          ['p50Ms', 0.5],
          ['p95Ms', 0.95],
          ['p99Ms', 0.99],
        ] as const) {
          const exact = naivePercentile(delays, share)
          const told = current.answerDelay?.[name]
          if (exact === undefined) expect(told).toBeUndefined()
          else expect(Math.abs(told! - exact)).toBeLessThanOrEqual(0.0201 * exact + 1)
        }
      }
    }
  })

  it('compare with the same times of day before, whatever the clocks did', async () => {
    const startMs = Date.UTC(2025, 9, 26, 22)
    // Midnight of 26 October in Berlin was at 22:00, and of 27 October at 23:00.
    const day = { tenantId, startMs: startMs - 86_400_000, endMs: startMs + 3_600_000 }
    const { current, previous } = await site.handlers['analytics.summary'](actor, day)
    expect(current).toMatchObject({ startMs: day.startMs, endMs: day.endMs })
    expect(previous).toMatchObject({ startMs: day.startMs - 86_400_000, endMs: day.startMs })
    expect(plain(previous)).toMatchObject(plain(figures(within(previous.startMs, previous.endMs))) as object)
  })

  it.each(zones)('cut series at the clock of %s', async (timeZone) => {
    const range = { startMs: firstMs, endMs: lastMs }
    for (const bucket of analyticsBuckets) {
      const series = await site.handlers['analytics.series'](actor, { tenantId, ...range, timeZone, bucket })
      const told = series.points.map(({ startMs, endMs, ...rest }) => [startMs, endMs, rest])
      const expected = series.points.map(({ startMs, endMs }) => [startMs, endMs, figures(within(startMs, endMs))])
      if (bucket !== '15m') expect(plain(told)).toEqual(plain(expected))
      expect(series.points.reduce((sum, { calls }) => sum + calls, 0)).toBe(within(firstMs, lastMs).length)
      // Each point is one hour, day or month of the wall, and the next one is another.
      const label = (atMs: number): string => {
        const { date, hour, month, quarter } = wall(timeZone, atMs)
        return { '15m': quarter, hour, day: date, week: date, month }[bucket]
      }
      for (const [i, { startMs, endMs }] of series.points.entries()) {
        if (bucket === '15m') expect(endMs - startMs).toBe(quarterMs)
        else if (bucket === 'week') {
          if (i > 0) expect(wall(timeZone, startMs)).toMatchObject({ weekday: 1, hourOfDay: 0 })
        } else {
          expect(label(endMs - 1)).toBe(label(startMs))
          if (endMs < lastMs) expect(label(endMs)).not.toBe(label(startMs))
        }
      }
    }
  })

  it('give a series its points of the period before', async () => {
    const range = { startMs: Date.UTC(2025, 9, 27), endMs: Date.UTC(2025, 10, 3) }
    const input = { tenantId, ...range, timeZone: 'UTC', compare: true, agentId: 'agent-1' }
    const { previous } = await site.handlers['analytics.series'](actor, input)
    expect(previous).toHaveLength(7)
    for (const { startMs, endMs, ...rest } of previous!)
      expect(plain(rest)).toEqual(plain(figuresBy('agent', 'agent-1', within(startMs, endMs))))
  })

  it.each(analyticsDimensions)('break down by %s', async (groupBy) => {
    for (const { startMs, endMs } of ranges()) {
      const calls = within(startMs, endMs)
      const input = { tenantId, startMs, endMs, groupBy, limit: 1000 }
      const { items, others } = await site.handlers['analytics.breakdown'](actor, input)
      expect(others).toBeUndefined()
      const keys = new Set([
        ...calls.map((call) => keyOf(groupBy, call)),
        ...calls.flatMap((call) =>
          (raw.attemptsOf.get(call.no) ?? []).map((attempt) => attemptKey(groupBy, call, attempt)),
        ),
      ])
      expect(items.map(({ key }) => key).sort()).toEqual([...keys].sort())
      for (const { key, name: _name, ...rest } of items)
        expect(plain(rest)).toEqual(plain(figuresBy(groupBy, key, calls)))
      const counts = items.map((item) => item.calls)
      expect(counts).toEqual([...counts].sort((a, b) => b - a))
      const two = await site.handlers['analytics.breakdown'](actor, { ...input, limit: 2, orderBy: 'answered' })
      const all = [...two.items, ...(two.others ? [two.others] : [])]
      for (const total of [
        [calls.length, all.map((item) => item.calls)],
        [attemptsOf(calls).length, all.map((item) => item.attempts.total)],
      ] as const)
        expect(total[1].reduce((sum, one) => sum + one, 0)).toBe(total[0])
      const byDelay = await site.handlers['analytics.breakdown'](actor, { ...input, orderBy: 'averageAnswerDelayMs' })
      const averages = byDelay.items.map(({ averageAnswerDelayMs = -1 }) => averageAnswerDelayMs)
      expect(averages).toEqual([...averages].sort((a, b) => b - a))
      expect(two.others?.keys ?? 0).toBe(Math.max(0, keys.size - 2))
    }
  })

  it('name what still exists', async () => {
    const range = { tenantId, startMs: firstMs, endMs: lastMs }
    const byAgent = await site.handlers['analytics.breakdown'](actor, { ...range, groupBy: 'agent' })
    expect(byAgent.items.find(({ key }) => key === 'agent-3')).toMatchObject({ name: 'Agent 3' })
    const byRule = await site.handlers['analytics.breakdown'](actor, { ...range, groupBy: 'rule' })
    expect(byRule.items.find(({ key }) => key === 'rule-0')).toMatchObject({ name: 'Rule rule-0' })
    expect(byRule.items.find(({ key }) => key === 'rule-1')).not.toHaveProperty('name')
    const byProvider = await site.handlers['analytics.breakdown'](actor, { ...range, groupBy: 'provider' })
    expect(byProvider.items.find(({ key }) => key === 'vapi')).toMatchObject({ name: 'VAPI' })
  })

  it.each(zones)('map weekdays and hours of %s', async (timeZone) => {
    const range = { startMs: firstMs, endMs: lastMs }
    const { cells } = await site.handlers['analytics.heatmap'](actor, { tenantId, ...range, timeZone })
    const calls = groupRows(within(firstMs, lastMs), ({ started_at_ms }) => {
      const { weekday, hourOfDay } = wall(timeZone, started_at_ms)
      return `${weekday} ${hourOfDay}`
    })
    expect(cells).toHaveLength(168)
    for (const { weekday, hour, ...rest } of cells) {
      const {
        calls: started,
        answered,
        abandoned,
        averageAnswerDelayMs,
      } = figures(calls.get(`${weekday} ${hour}`) ?? [])
      expect(plain(rest)).toEqual(plain({ calls: started, answered, abandoned, averageAnswerDelayMs }))
    }
  })

  it('tell how a group spread its first choices', async () => {
    for (const range of ranges()) {
      const told = await site.handlers['analytics.distribution'](actor, { tenantId, ...range, groupId: 'group-0' })
      const chosen = within(range.startMs, range.endMs).flatMap(({ no }) => {
        const first = raw.attemptsOf.get(no)?.find(({ group_id }) => group_id === 'group-0')
        return first ? [first.agent_id] : []
      })
      expect(told.firstChoices).toBe(chosen.length)
      const targets: Record<string, number> = { 'agent-0': 1 / 3, 'agent-2': 2 / 3 }
      for (const { agentId, firstChoices, realShare, targetShare, isMember } of told.members) {
        const times = chosen.filter((id) => id === agentId).length
        expect([agentId, firstChoices, realShare]).toEqual([agentId, times, chosen.length ? times / chosen.length : 0])
        expect([agentId, targetShare, isMember]).toEqual([agentId, targets[agentId] ?? 0, agentId in targets])
      }
    }
  })

  it('tell how reliable providers were, by their attempts', async () => {
    for (const range of ranges()) {
      const { items } = await site.handlers['analytics.providers'](actor, { tenantId, ...range })
      const attempts = attemptsOf(within(range.startMs, range.endMs))
      for (const { provider, attempts: counted, answeredShare, failedShare } of items) {
        const own = attempts.filter((attempt) => attempt.provider === provider)
        const ended = own.filter(({ result }) => result !== null)
        expect(counted).toEqual(naiveAttempts(own))
        if (ended.length === 0) continue
        expect(answeredShare).toBe(counted.answered / ended.length)
        expect(failedShare).toBe(counted.failed / ended.length)
      }
    }
  })

  it('keep the ledger of deadlines', async () => {
    const timeZone = 'America/New_York'
    const input = { tenantId, startMs: firstMs, endMs: lastMs, timeZone }
    const { points, total, decisionTime } = await site.handlers['analytics.deadlines'](actor, input)
    const ledger = (startMs: number, endMs: number) => {
      const answers = raw.answers.filter(({ at_ms }) => at_ms >= startMs && at_ms < endMs)
      const under = (ms: number) => answers.filter(({ latency_micros }) => latency_micros < ms * 1000).length
      const [under10Ms, under50Ms, under100Ms, under500Ms] = [10, 50, 100, 500].map(under)
      return { answers: answers.length, under10Ms, under50Ms, under100Ms, under500Ms }
    }
    expect(total).toEqual(ledger(firstMs, lastMs))
    expect(total.answers).toBeGreaterThan(0)
    expect(points.length).toBeGreaterThan(16)
    for (const { startMs, endMs, ...rest } of points) expect(rest).toEqual(ledger(startMs, endMs))
    const exact = naivePercentile(
      raw.answers.map(({ latency_micros }) => latency_micros),
      0.95,
    )!
    expect(Math.abs(decisionTime.p95Ms! * 1000 - exact)).toBeLessThan(exact * 0.0201 + 1)
  })

  it('find rules that caught nothing, and when they last did', async () => {
    const of0 = raw.calls.filter(({ rule_id }) => rule_id === 'rule-0').map(({ started_at_ms }) => started_at_ms)
    const all = await site.handlers['analytics.deadRules'](actor, {
      tenantId,
      startMs: firstMs - 86_400_000,
      endMs: nowMs,
    })
    expect(all.items).toEqual([{ ruleId: 'rule-9', name: 'Rule rule-9', direction: 'inbound' }])
    const lately = await site.handlers['analytics.deadRules'](actor, { tenantId, startMs: nowMs, endMs: nowMs + 1 })
    const lastCaughtAtMs = Math.floor(Math.max(...of0) / quarterMs) * quarterMs
    expect(lately).toMatchObject({ total: 2, items: [{ ruleId: 'rule-0', lastCaughtAtMs }, { ruleId: 'rule-9' }] })
  })
})

describe('a rebuild', () => {
  it('finds what was counted call by call, row by row', async () => {
    const before = await dump(site.dataDir)
    await site.handlers['analytics.rebuild'](actor, { tenantId })
    expect(await site.store.analytics.isRebuilding(tenantId)).toBe(true)
    await site.store.analytics.rebuild()
    expect(await site.store.analytics.isRebuilding(tenantId)).toBe(false)
    expect(await dump(site.dataDir)).toEqual(before)
  })

  it('mends whatever is wrong, while calls go on being counted', async () => {
    const db = openFile(site.dataDir)
    db.exec(`
DELETE FROM analytics_rollups WHERE start_ms % 7 = 0 AND dimension <> 'country';
UPDATE analytics_rollups SET calls = calls + 3, talk_ms = -1 WHERE minutes = 60;
UPDATE analytics_rollups SET key = 'nobody' WHERE minutes = 1440 AND dimension = 'agent' AND key = 'agent-2';
UPDATE analytics_answer_delays SET count = 99 WHERE key = 'vapi';`)
    const columns = db.pragma('table_info(analytics_rollups)') as { name: string }[]
    const values = columns.slice(5).map(() => 4)
    for (const minutes of [15, 60, 1440, 10_080])
      db.prepare(`INSERT INTO analytics_rollups VALUES (1, 'agent', ?, 0, 'ghost', ${values.join(', ')})`).run(minutes)
    db.close()
    await site.store.analytics.requestRebuild(tenantId, nowMs)
    const rebuilding = site.store.analytics.rebuild()
    await site.append(randomUnits(random, 300, count))
    await rebuilding
    const mended = await dump(site.dataDir)
    expect(mended.filter((row) => row.includes('ghost'))).toEqual([])
    raw = readRaw(site.dataDir)
    const { current } = await site.handlers['analytics.summary'](actor, {
      tenantId,
      startMs: firstMs,
      endMs: lastMs,
    })
    expect(plain(current)).toMatchObject(plain(figures(within(firstMs, lastMs))) as object)
    await site.store.analytics.requestRebuild(tenantId, nowMs)
    await site.store.analytics.rebuild()
    expect(await dump(site.dataDir)).toEqual(mended)
  })
})

describe('a batch with a unit that cannot be stored', () => {
  it('counts all others once', async () => {
    const { store, dispose, append, handlers } = await open()
    const units = randomUnits(randomFrom(3), 40)
    const { call } = units.find((unit) => unit.call !== undefined)!
    const bad = { tenantId, call: { ...call!, id: 'bad', token: 'bad', direction: undefined as never } }
    const refused = store.callLog.append(bad, 'written').catch((error: unknown) => error)
    await append(units)
    expect(await refused).toMatchObject({ code: 'INVALID_INPUT' })
    const before = await handlers['analytics.series'](actor, { tenantId, startMs: firstMs, endMs: lastMs })
    const ledger = await handlers['analytics.deadlines'](actor, { tenantId, startMs: firstMs, endMs: lastMs })
    const kinds = ['voice_request', 'dial_result'] as (string | undefined)[]
    const answers = units.filter(({ webhookEvent, isRepeated }) => !isRepeated && kinds.includes(webhookEvent?.kind))
    expect(ledger.total.answers).toBe(answers.length)
    await store.analytics.requestRebuild(tenantId, nowMs)
    await store.analytics.rebuild()
    expect(await handlers['analytics.series'](actor, { tenantId, startMs: firstMs, endMs: lastMs })).toEqual(before)
    expect(before.points.some(({ calls }) => calls > 0)).toBe(true)
    await dispose()
  })
})

describe('what cannot be answered', () => {
  const refusal = (message: RegExp) => ({ code: 'INVALID_INPUT', message: expect.stringMatching(message) as string })
  const range = { tenantId, startMs: firstMs, endMs: lastMs }

  it('is refused with the way out', async () => {
    const { handlers } = site
    await expect(handlers['analytics.summary'](actor, { ...range, agentId: 'a', country: 'DE' })).rejects.toMatchObject(
      refusal(/one filter at a time.*agentId and country.*call records/),
    )
    await expect(
      handlers['analytics.breakdown'](actor, { ...range, groupBy: 'agent', groupId: 'g' }),
    ).rejects.toMatchObject(refusal(/leave groupId out/))
    await expect(handlers['analytics.series'](actor, { ...range, timeZone: 'Mars/Olympus' })).rejects.toMatchObject(
      refusal(/Mars\/Olympus is no time zone/),
    )
    await expect(
      handlers['analytics.series'](actor, { ...range, startMs: lastMs - 300 * 86_400_000, bucket: '15m' }),
    ).rejects.toMatchObject(refusal(/more than 3000 points/))
    await expect(
      handlers['analytics.summary'](actor, { ...range, startMs: lastMs - 500 * 86_400_000 }),
    ).rejects.toMatchObject(refusal(/longer than 400 days/))
    await expect(handlers['analytics.heatmap'](actor, { ...range, endMs: firstMs })).rejects.toMatchObject(
      refusal(/must be after startMs/),
    )
    await expect(handlers['analytics.distribution'](actor, { ...range, groupId: 'nobody' })).rejects.toMatchObject({
      code: 'NOT_FOUND',
    })
    await expect(handlers['analytics.rebuild'](actor, { tenantId: 'nobody' })).rejects.toMatchObject({
      code: 'NOT_FOUND',
    })
  })

  it('is nothing for a tenant whose calls are gone', async () => {
    const { analytics } = site.store
    const all = { fromMs: 0, untilMs: 900_000 }
    expect((await analytics.sums('nobody', { dimension: 'tenant', key: '' }, [all]))[0]?.calls).toBe(0)
    expect((await analytics.breakdown('nobody', 'agent', all, { measure: 'calls' }, 5)).items).toEqual([])
    expect((await analytics.answerDelays('nobody', undefined, all)).size).toBe(0)
    expect((await analytics.decisionTimes('nobody', all)).size).toBe(0)
    expect((await analytics.firstChoices('nobody', 'g', all)).size).toBe(0)
    expect((await analytics.deadlines('nobody', [all]))[0]?.answers).toBe(0)
    expect(await analytics.deadRules('nobody', all, 5)).toEqual({ items: [], total: 0 })
    expect(await analytics.isRebuilding('nobody')).toBe(false)
    expect(await analytics.requestRebuild('nobody', 1)).toBe(false)
  })
})

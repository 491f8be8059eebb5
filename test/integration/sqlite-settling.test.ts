import { createSecretKey } from 'node:crypto'
import { setImmediate } from 'node:timers/promises'
import Database from 'better-sqlite3'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { createBatchWriter } from '../../server/adapters/sqlite/calls/batch-writer.ts'
import { packUnit } from '../../server/adapters/sqlite/calls/packed-unit.ts'
import { createSettling } from '../../server/adapters/sqlite/calls/settling.ts'
import { createSqliteTenantRepository } from '../../server/adapters/sqlite/configuration/tenant-repository.ts'
import type { Store } from '../../server/adapters/sqlite/connect-store.ts'
import { databaseFile } from '../../server/adapters/sqlite/file/data-directory.ts'
import { migrate } from '../../server/adapters/sqlite/file/migrate.ts'
import { createKeyring } from '../../server/adapters/sqlite/keys/keyring.ts'
import { migrations } from '../../server/adapters/sqlite/migrations/index.ts'
import { createCallSettler } from '../../server/adapters/sqlite/store/call-settler.ts'
import { allSettled, unsettledCalls } from '../support/settled.ts'
import { aSqliteStore, openInlineStore, silent } from '../support/sqlite-store.ts'
import { aCall, aRule, aTenant } from '../support/store-rows.ts'

let store: Store
let dataDir: string
let dispose: () => Promise<void>
beforeEach(async () => {
  ;({ store, dataDir, dispose } = await aSqliteStore())
  await store.configuration.tenants.create(aTenant())
  for (const id of ['rule-1', 'rule-2']) await store.configuration.inboundRules.create(aRule({ id, pattern: '+1*' }))
})
afterEach(() => dispose())

const tenantId = aTenant().id
const hourMs = 3_600_000
const startMs = Date.UTC(2026, 0, 5, 12)
const range = { fromMs: startMs, untilMs: startMs + 4 * hourMs }

/** Over, of an hour each; who knows of a CDR has one. */
const anEndedCall = (n: number, more: Parameters<typeof aCall>[0] = {}) =>
  aCall({
    id: `call-${n}`,
    token: `token-${n}`,
    tenantId,
    from: `+1202555${1000 + n}`,
    state: 'completed',
    disposition: n % 2 === 0 ? 'answered' : 'busy',
    agentId: `agent-${n % 3}`,
    ruleId: 'rule-1',
    provider: 'vapi',
    startedAtMs: startMs + (n % 4) * hourMs,
    answeredAtMs: n % 2 === 0 ? startMs + (n % 4) * hourMs + 2000 * n : undefined,
    durationSeconds: n,
    cdrHash: 'hash',
    ...more,
  })
const put = (call: ReturnType<typeof aCall>) =>
  store.callLog.append({ tenantId, call, attempts: call.attempts }, 'written')

/** All that lists and analytics say. */
const everything = async () => {
  const { calls, analytics } = store
  const page = (filter: Parameters<typeof calls.list>[1], query = {}) =>
    calls.list(tenantId, filter, { limit: 50, ...query })
  return {
    all: await page({}),
    byDuration: await page({}, { sort: 'duration', order: 'asc' }),
    byAgent: await page({ disposition: ['answered'] }, { sort: 'agent' }),
    part: await page({ fromContains: '5551' }),
    number: await page({ from: '+12025551003' }),
    sums: await analytics.sums(tenantId, { dimension: 'outcome', key: 'busy' }, [
      range,
      { ...range, fromMs: startMs + hourMs },
    ]),
    agents: await analytics.breakdown(tenantId, 'agent', range, { measure: 'duration_ms', per: 'calls' }, 2),
    delays: await analytics.answerDelays(tenantId, 'vapi', range),
    dead: await analytics.deadRules(tenantId, range, 10),
  }
}

describe('settling of calls', () => {
  it('changes nothing that lists and analytics say', async () => {
    for (let n = 0; n < 9; n += 1) await put(anEndedCall(n))
    await put(aCall({ id: 'open', token: 'open', tenantId, startedAtMs: startMs }))
    expect(unsettledCalls(dataDir)).toBe(9)
    const before = await everything()
    expect(before.all.items).toHaveLength(10)
    expect(before.number.items).toHaveLength(1)
    expect(before.sums.map(({ calls }) => calls)).toEqual([4, 4])
    expect(before.agents).toMatchObject({ keys: 3, total: { calls: 9 } })
    expect(before.dead.items.map(({ ruleId }) => ruleId)).toEqual(['rule-2'])
    await allSettled(dataDir)
    expect(await everything()).toEqual(before)
    // A part is settled, and the rest not.
    for (let n = 9; n < 12; n += 1) await put(anEndedCall(n))
    const half = await everything()
    expect(unsettledCalls(dataDir)).toBe(3)
    expect(half.agents.total.calls).toBe(12)
    await allSettled(dataDir)
    expect(await everything()).toEqual(half)
  })

  it('waits some seconds for a CDR, and then does without', async () => {
    const endedMs = Date.now()
    const call = anEndedCall(1, { cdrHash: undefined, updatedAtMs: endedMs })
    await put(call)
    await put(anEndedCall(2))
    await vi.waitFor(() => expect(unsettledCalls(dataDir)).toBe(1), { timeout: 4000 })
    await put({ ...call, revision: call.revision + 1, durationSeconds: 99, cdrHash: 'late', updatedAtMs: endedMs + 1 })
    await vi.waitFor(() => expect(unsettledCalls(dataDir)).toBe(0), { timeout: 4000 })
    const unheard = anEndedCall(3, { cdrHash: undefined, updatedAtMs: Date.now() })
    await put(unheard)
    await vi.waitFor(() => expect(unsettledCalls(dataDir)).toBe(0), { timeout: 9000 })
    const [{ duration_ms } = { duration_ms: 0 }] = await store.analytics.sums(
      tenantId,
      { dimension: 'tenant', key: '' },
      [range],
    )
    expect(duration_ms).toBe((99 + 2 + 3) * 1000)
  }, 20_000)

  it('is done for a process that ended before it', async () => {
    await put(anEndedCall(1))
    await store.close()
    expect(unsettledCalls(dataDir)).toBe(1)
    store = await openInlineStore(dataDir)
    await allSettled(dataDir)
    expect((await everything()).agents.total.calls).toBe(1)
    await store.close()
  })

  it('counts each call once where several nodes do it', async () => {
    await store.close()
    const nodes = await Promise.all([1, 2, 3].map(() => openInlineStore(dataDir, silent, true)))
    for (let n = 0; n < 60; n += 1) {
      store = nodes[n % 3]!
      await put(anEndedCall(n))
    }
    await allSettled(dataDir)
    expect((await everything()).agents.total).toMatchObject({ calls: 60, duration_ms: 1_770_000 })
    for (const node of nodes) await node.close()
  })

  it('takes a call out again that goes on, as another node knows', async () => {
    await put(anEndedCall(1))
    await allSettled(dataDir)
    const known = aCall({ ...anEndedCall(1), id: 'joined', state: 'connected', disposition: undefined, revision: 9 })
    await put(known)
    const goesOn = await everything()
    expect(goesOn.all.items.map(({ state }) => state)).toEqual(['connected'])
    expect(goesOn.agents.total.calls).toBe(0)
    await put({ ...known, state: 'completed', disposition: 'answered', revision: 10 })
    await allSettled(dataDir)
    const over = await everything()
    expect(over.all.items.map(({ state }) => state)).toEqual(['completed'])
    expect(over.agents.total).toMatchObject({ calls: 1, outcome_answered: 1, outcome_busy: 0 })
  })

  it('takes a call out again that goes on under the same id, and enters it anew', async () => {
    const call = anEndedCall(1)
    await put(call)
    await allSettled(dataDir)
    const settled = await everything()
    expect(settled.agents.total.calls).toBe(1)
    const known = { ...call, state: 'connected', disposition: undefined, cdrHash: undefined, revision: 2 } as const
    await put(known)
    const goesOn = await everything()
    expect(goesOn.all.items.map(({ state }) => state)).toEqual(['connected'])
    expect(goesOn.all.total).toBe(1)
    expect(goesOn.part.items).toHaveLength(1)
    expect(goesOn.agents.total.calls).toBe(0)
    expect(goesOn.sums.map(({ calls }) => calls)).toEqual([0, 0])
    await put({ ...call, disposition: 'answered', durationSeconds: 50, revision: 3 })
    const unsettled = await everything()
    expect(unsettled.agents.total).toMatchObject({
      calls: 1,
      outcome_answered: 1,
      outcome_busy: 0,
      duration_ms: 50_000,
    })
    await allSettled(dataDir)
    expect(await everything()).toEqual(unsettled)
  })

  it('leaves a call alone that is deleted meanwhile', async () => {
    for (let n = 0; n < 3; n += 1) await put(anEndedCall(n))
    await store.configuration.tenants.delete(undefined, tenantId)
    await allSettled(dataDir)
    expect(await store.calls.list(tenantId, {}, { limit: 5 })).toEqual({ items: [] })
  })
})

describe('a slice of settling', () => {
  const aFile = () => {
    const db = new Database(':memory:')
    db.pragma('foreign_keys = ON')
    migrate(db, migrations, { file: 'x', nowMs: 1 })
    const keyring = createKeyring(db, createSecretKey(Buffer.alloc(32)))
    createSqliteTenantRepository(db, keyring).create(aTenant())
    const writeBatch = createBatchWriter(db, keyring)
    const pending = db.prepare<[], string>('SELECT token FROM call_records WHERE is_pending = 1 ORDER BY no').pluck()
    const counted = db.prepare<[], number | null>(
      "SELECT sum(calls) FROM analytics_rollups WHERE dimension = 'tenant' AND minutes = 10080",
    )
    const write = (...calls: ReturnType<typeof aCall>[]) => {
      const units = calls.map((call) => packUnit({ tenantId, call, attempts: call.attempts }))
      expect(writeBatch({ units, journal: [] })).toEqual({ failed: [] })
    }
    return {
      db,
      write,
      settle: createSettling(db, () => void db.exec('BEGIN IMMEDIATE')),
      pending: () => pending.all(),
      counted: () => counted.pluck().get() ?? 0,
    }
  }
  const never = { fromMs: 0, untilMs: 0 }
  const fine = { failed: [], leftOut: 0 }
  const calls = (count: number) => Array.from({ length: count }, (_, n) => anEndedCall(n))

  it('is as large as the time allows that the one before took, with some calls at least', () => {
    const { write, settle, pending, counted } = aFile()
    write(...calls(500))
    const sizes = [0, 0, 1e9, 1e9].map((forMs) => settle(never, 500, forMs).calls)
    expect(sizes).toEqual([75, 75, 75, 150])
    expect([pending().length, counted()]).toEqual([125, 375])
    expect(settle(never, 500)).toEqual({ ...fine, calls: 125, isDone: false, isMoreToCome: true })
    expect(settle(never, 500)).toEqual({ ...fine, calls: 0, isDone: true, isMoreToCome: false })
    expect([pending().length, counted()]).toEqual([0, 500])
  })

  it('waits for no CDR of a call that ended before the clock was set back', () => {
    const { write, settle, pending } = aFile()
    const nowMs = startMs
    const changedMs = {
      before: nowMs - 6000,
      'just now': nowMs - 4000,
      'on a node ahead': nowMs + 1000,
      later: nowMs + 1e9,
    }
    write(
      ...Object.entries(changedMs).map(([token, updatedAtMs], n) =>
        anEndedCall(n, { token, updatedAtMs, cdrHash: undefined }),
      ),
    )
    settle({ fromMs: nowMs - 5000, untilMs: nowMs + 5000 }, 9)
    expect(pending()).toEqual(['just now', 'on a node ahead'])
  })

  it('leaves out what was changed, deleted or settled since it was found', () => {
    const { db, write, settle, pending, counted } = aFile()
    write(...calls(85))
    settle(never, 85, 0)
    expect(pending().slice(0, 3)).toEqual(['token-47', 'token-51', 'token-55'])
    write(aCall({ ...anEndedCall(47), state: 'connected', disposition: undefined, revision: 2 }))
    db.exec("DELETE FROM call_records WHERE token = 'token-51'")
    // By another node, which counted it.
    db.exec("UPDATE call_records SET is_pending = 0 WHERE token = 'token-55'")
    while (!settle(never, 85).isDone);
    expect([pending(), counted()]).toEqual([['token-47'], 82])
  })

  /** As a fault in one of the indexes, or in what counts, would do. */
  const refusing = `CREATE TRIGGER refused BEFORE UPDATE OF is_pending ON call_records WHEN new.is_pending = 0
AND new.token IN ('token-3', 'token-7') BEGIN SELECT RAISE(ABORT, 'refused'); END`

  it('goes on without a call that cannot be settled, and tries it again when it was changed', () => {
    const { db, write, settle, pending, counted } = aFile()
    write(...calls(20))
    db.exec(refusing)
    const failed: unknown[] = []
    let last = settle(never, 15)
    for (; !last.isDone; last = settle(never, 15)) failed.push(...last.failed)
    const refused = { tenantId, error: { message: 'refused' } }
    expect(failed).toMatchObject([
      { ...refused, token: 'token-3' },
      { ...refused, token: 'token-7' },
    ])
    expect([pending(), counted()]).toEqual([['token-3', 'token-7'], 18])
    expect(settle(never, 15)).toEqual({ calls: 0, isDone: true, isMoreToCome: true, failed: [], leftOut: 2 })
    db.exec("DELETE FROM call_records WHERE token = 'token-7'")
    write(anEndedCall(3, { revision: 2 }))
    expect(settle(never, 15)).toMatchObject({ isDone: true, failed: [{ token: 'token-3' }], leftOut: 1 })
    db.exec('DROP TRIGGER refused')
    expect(settle(never, 15)).toMatchObject({ calls: 0, leftOut: 1 })
    write(anEndedCall(3, { revision: 3 }))
    expect(settle(never, 15)).toMatchObject({ calls: 1, leftOut: 0 })
    expect([pending(), counted()]).toEqual([[], 19])
  })

  it('ends with the fault where it is not the calls that are at fault', () => {
    const { db, write, settle, pending } = aFile()
    write(...calls(1005))
    db.pragma(`max_page_count = ${db.pragma('page_count', { simple: true }) as number}`)
    const full: unknown = expect.objectContaining({ code: 'SQLITE_FULL' })
    for (let n = 0; n < 3; n += 1) expect(() => settle(never, 2000)).toThrow(full)
    db.pragma('max_page_count = 1000000')
    db.exec("CREATE TRIGGER refused BEFORE UPDATE OF is_pending ON call_records BEGIN SELECT RAISE(ABORT, 'all'); END")
    const settleAll = () => {
      while (!settle(never, 2000).isDone);
    }
    for (let n = 0; n < 2; n += 1) expect(settleAll).toThrow('all')
    expect(pending()).toHaveLength(1005)
  })

  it('tells of a call that cannot be settled until it is gone', async () => {
    const db = new Database(databaseFile(dataDir))
    db.exec(refusing)
    await store.close()
    const log = { ...silent, error: vi.fn() }
    store = await openInlineStore(dataDir, log)
    for (let n = 0; n < 9; n += 1) await put(anEndedCall(n))
    await vi.waitFor(() => expect(unsettledCalls(dataDir)).toBe(2), 4000)
    expect((await everything()).agents.total.calls).toBe(9)
    await vi.waitFor(() => expect(store.callLog.health()).toMatchObject({ lastError: 'refused' }), 4000)
    for (const token of ['token-3', 'token-7'])
      expect(log.error).toHaveBeenCalledWith(expect.objectContaining({ tenantId, token }), expect.anything())
    db.exec('DELETE FROM call_records WHERE is_pending = 1')
    await vi.waitFor(() => expect(store.callLog.health().failingSinceMs).toBeUndefined(), 4000)
    db.close()
    await store.close()
  })

  it('is followed by a break, in which others have their turn', async () => {
    const did: string[] = []
    const settler = createCallSettler({
      settle: (_sinceMs, _most, forMs) => {
        did.push(`settled for ${forMs < 25 ? 'a few' : 'many'} ms`)
        void setImmediate().then(() => did.push('others'))
        const isDone = did.length > 3
        return Promise.resolve({ ...fine, calls: 1, isDone, isMoreToCome: false })
      },
      log: silent,
      nowMs: Date.now,
    })
    settler.wake()
    await vi.waitFor(() => expect(did).toHaveLength(6), 4000)
    expect(did).toEqual(Array.from({ length: 3 }, () => ['settled for a few ms', 'others']).flat())
    await settler.stop()
  })
})

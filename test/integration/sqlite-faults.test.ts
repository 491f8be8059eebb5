import { createSecretKey } from 'node:crypto'
import Database from 'better-sqlite3'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { type Batch, type BatchReport, createBatchWriter } from '../../server/adapters/sqlite/calls/batch-writer.ts'
import { createCallLookup } from '../../server/adapters/sqlite/calls/call-lookup.ts'
import { createCallLog } from '../../server/adapters/sqlite/store/call-log.ts'
import { createKeyring } from '../../server/adapters/sqlite/keys/keyring.ts'
import { migrate } from '../../server/adapters/sqlite/file/migrate.ts'
import { migrations } from '../../server/adapters/sqlite/migrations/index.ts'
import { createSeenTokens } from '../../server/adapters/sqlite/store/seen-tokens.ts'
import { createTallyJournal } from '../../server/adapters/sqlite/store/tally-journal.ts'
import { packUnit, type PackedUnit } from '../../server/adapters/sqlite/calls/packed-unit.ts'
import { createSqliteTenantRepository } from '../../server/adapters/sqlite/configuration/tenant-repository.ts'
import { createTenantPurge } from '../../server/adapters/sqlite/configuration/tenant-purge.ts'
import { createThreadClient } from '../../server/adapters/sqlite/threads/thread-client.ts'
import { createWalKeeper } from '../../server/adapters/sqlite/store/wal-keeper.ts'
import { createWalSync } from '../../server/adapters/sqlite/store/wal-sync.ts'
import { fromWireError, toWireError } from '../../server/adapters/sqlite/errors/wire-error.ts'
import { DomainError } from '../../server/domain/errors.ts'
import type { UnitOfWork } from '../../server/ports/call-store.ts'
import { rememberUnsaved } from '../../server/operations/unsaved-units.ts'
import { fakeClock } from '../support/fake-clock.ts'
import { aTenant, aVoiceUnit } from '../support/store-rows.ts'
import { aSqliteStore, openThreadedStore, silent } from '../support/sqlite-store.ts'

/** A promise that the test settles. */
const waiting = () => {
  let settle: { resolve: () => void; reject: (error: Error) => void } | undefined
  const promise = new Promise<void>((resolve, reject) => {
    settle = { resolve, reject }
  })
  return { promise, ...settle! }
}
const tally = (epoch = 'e') => ({ epoch, epochStartedAtMs: 1, members: new Map([['a', { offset: 0, buckets: [] }]]) })

const aWriter = () => {
  const db = new Database(':memory:')
  db.pragma('foreign_keys = ON')
  migrate(db, migrations, { file: 'x', nowMs: 1 })
  const keyring = createKeyring(db, createSecretKey(Buffer.alloc(32)))
  createSqliteTenantRepository(db, keyring).create(aTenant({ id: 'tenant-1' }))
  const write = createBatchWriter(db, keyring)
  return {
    db,
    keyring,
    write,
    forget: write.forget,
    lookup: createCallLookup(db, keyring),
    fillUp: () => db.pragma(`max_page_count = ${db.pragma('page_count', { simple: true }) as number}`),
    makeRoom: () => db.pragma('max_page_count = 1000000'),
  }
}
const calls = (from: number, count: number): Batch<PackedUnit> => ({
  units: Array.from({ length: count }, (_, n) => packUnit(aVoiceUnit('tenant-1', from + n))),
  journal: [],
})
const full: unknown = expect.objectContaining({ code: 'SQLITE_FULL' })

describe('a disk that is full', () => {
  it('rejects the whole batch, and stores the next one when there is room again', () => {
    const { db, write, fillUp, makeRoom } = aWriter()
    const count = () => db.prepare('SELECT count(*) AS n FROM call_records').get()
    write(calls(0, 100))
    fillUp()
    expect(() => write(calls(100, 100))).toThrow(full)
    expect(count()).toEqual({ n: 100 })
    makeRoom()
    expect(write(calls(100, 100))).toEqual({ failed: [] })
    expect(count()).toEqual({ n: 200 })
  })

  it('costs nothing of a call whose first webhook was refused, once a later one brings the whole call', () => {
    const { write, lookup, fillUp, makeRoom } = aWriter()
    fillUp()
    expect(() => write(calls(0, 300))).toThrow(full)
    makeRoom()
    const call = aVoiceUnit('tenant-1', 0).call!
    const attempts = [...call.attempts, { ...call.attempts[0]!, n: 2, agentId: 'other' }]
    const whole = packUnit({ tenantId: 'tenant-1', call: { ...call, attempts, revision: 2 }, attempts })
    expect(write({ units: [whole], journal: [] })).toEqual({ failed: [] })
    expect(lookup.find('tenant-1', call.token)).toMatchObject({ id: call.id, attempts: [{ n: 1 }, { n: 2 }] })
  })

  it('is asked again by an empty batch, which fails as long as nothing can be written', () => {
    const { db, write } = aWriter()
    db.pragma('query_only = ON')
    expect(() => write({ units: [], journal: [] })).toThrow()
    db.pragma('query_only = OFF')
    expect(write({ units: [], journal: [] })).toEqual({ failed: [] })
  })

  it('is told as what it is', () => {
    const told = (code: string) => fromWireError(toWireError(Object.assign(new Error('x'), { code })))
    expect(told('SQLITE_FULL')).toMatchObject({
      code: 'UNAVAILABLE',
      message: expect.stringContaining('disk is full') as string,
    })
    expect(told('SQLITE_BUSY')).toMatchObject({ message: expect.stringContaining('locked') as string })
    expect(told('SQLITE_READONLY_DBMOVED')).toMatchObject({
      message: expect.stringContaining('only be read') as string,
    })
    expect(told('SQLITE_IOERR_FSYNC')).toMatchObject({
      message: expect.stringContaining('disk reports errors') as string,
    })
    expect(told('ENOENT')).toMatchObject({ name: 'StoreError', code: 'ENOENT', message: 'x' })
    expect(fromWireError(toWireError('plain text'))).toMatchObject({ name: 'StoreError', message: 'plain text' })
    const refusal = new DomainError('CONFLICT', 'no', [{ path: '/a', message: 'b' }])
    expect(fromWireError(toWireError(refusal))).toMatchObject({
      code: 'CONFLICT',
      message: 'no',
      details: refusal.details,
    })
  })
})

describe('a call whose row is gone', () => {
  it('is taken as a new one when more of it comes', () => {
    const { db, write, lookup } = aWriter()
    const unit = packUnit(aVoiceUnit('tenant-1', 0))
    write({ units: [unit], journal: [] })
    db.exec('DELETE FROM call_records; DELETE FROM dial_attempts; DELETE FROM call_transitions')
    expect(write({ units: [unit], journal: [] })).toEqual({ failed: [] })
    expect(lookup.find('tenant-1', aVoiceUnit('tenant-1', 0).call!.token)).toBeDefined()
  })
})

describe('a tenant that is deleted while calls go on', () => {
  const aPair = () => {
    const made = aWriter()
    createSqliteTenantRepository(made.db, made.keyring).create(aTenant({ id: 'tenant-2' }))
    const [own, other] = [aVoiceUnit('tenant-1', 0), aVoiceUnit('tenant-2', 1)]
    const write = (...units: UnitOfWork[]) => made.write({ units: units.map(packUnit), journal: [] })
    const goesOn = { ...own, call: { ...own.call!, from: '+12025550199', state: 'connected' as const, revision: 9 } }
    return { ...made, own, other, goesOn, write, purge: createTenantPurge(made.db, made.keyring, made.forget) }
  }

  it('leaves the calls of others alone, which get the numbers of its rows', async () => {
    const { db, own, other, goesOn, write, purge, lookup } = aPair()
    write(own)
    db.exec(`WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 600)
INSERT INTO call_numbers (tenant_no, number) SELECT 1, i FROM n`)
    const purging = purge('tenant-1')
    // Others have their turn, with its calls gone and the rest on its way.
    expect(db.prepare('SELECT count(*) FROM call_records').pluck().get()).toBe(0)
    expect(write(other)).toEqual({ failed: [] })
    expect(write(goesOn)).toEqual({ failed: [] })
    await purging
    expect(lookup.find('tenant-2', other.call!.token)).toEqual(other.call)
  })

  it('never writes into the row of another tenant, whatever is remembered', () => {
    const { db, own, other, goesOn, write, lookup } = aPair()
    write(own)
    db.exec('DELETE FROM call_records; DELETE FROM dial_attempts; DELETE FROM call_transitions')
    write(other)
    expect(write(goesOn)).toEqual({ failed: [] })
    expect(lookup.find('tenant-2', other.call!.token)).toEqual(other.call)
    expect(lookup.find('tenant-1', own.call!.token)).toMatchObject({ state: 'connected', from: '+12025550199' })
  })
})

describe('the call log, when the writer or the disk fails', () => {
  const make = (commit: (batch: Batch) => Promise<BatchReport>, sync: () => Promise<void> = async () => undefined) => {
    const log = { ...silent, info: vi.fn(), error: vi.fn() }
    const journal = createTallyJournal(() => callLog.wake())
    const callLog = createCallLog({ commit, sync, journal, seen: { add: () => undefined }, log, nowMs: () => 77 })
    return { callLog, journal, log }
  }
  const unit = (n: number) => aVoiceUnit('tenant-1', n)

  it('gives up the units, says since when and how many, and recovers', async () => {
    const commit = vi.fn(async (_batch: Batch): Promise<BatchReport> => ({ failed: [] }))
    commit.mockRejectedValueOnce(new Error('the disk is full'))
    const { callLog, log } = make(commit)
    const results = await Promise.allSettled([callLog.append(unit(1), 'written'), callLog.append(unit(2), 'synced')])
    expect(results.map(({ status }) => status)).toEqual(['rejected', 'rejected'])
    expect(callLog.health()).toEqual({ backlog: 0, undelivered: 2, lastError: 'the disk is full', failingSinceMs: 77 })
    expect(log.error).toHaveBeenCalledTimes(1)
    await callLog.append(unit(3), 'synced')
    expect(callLog.health()).toEqual({ backlog: 0, undelivered: 2 })
    expect(log.info).toHaveBeenCalledTimes(1)
  })

  it('finds out by itself that writing works again, and complains once as long as it does not', async () => {
    let isFull = true
    const commit = vi.fn(async (_batch: Batch): Promise<BatchReport> => {
      if (isFull) throw new Error('the disk is full')
      return { failed: [] }
    })
    const { callLog, log } = make(commit)
    for (const n of [1, 2, 3]) await expect(callLog.append(unit(n), 'written')).rejects.toThrow('the disk is full')
    await vi.waitFor(() => expect(commit).toHaveBeenCalledTimes(4), 5000)
    expect(callLog.health()).toMatchObject({ failingSinceMs: 77, undelivered: 3 })
    expect(log.error).toHaveBeenCalledTimes(1)
    isFull = false
    await vi.waitFor(() => expect(callLog.health().failingSinceMs).toBeUndefined(), 5000)
    expect(commit).toHaveBeenLastCalledWith({ units: [], journal: [] })
  })

  it('is failing for as long as syncs fail, whatever is written meanwhile', async () => {
    let isBroken = true
    const { callLog } = make(
      async () => ({ failed: [] }),
      async () => {
        if (isBroken) throw new Error('EIO')
      },
    )
    await expect(callLog.append(unit(1), 'synced')).rejects.toThrow('The disk did not confirm a write')
    await callLog.append(unit(2), 'written')
    expect(callLog.health()).toMatchObject({ failingSinceMs: 77, lastError: 'The disk did not confirm a write' })
    isBroken = false
    await vi.waitFor(() => expect(callLog.health()).toEqual({ backlog: 0, undelivered: 1 }), 5000)
  })

  it('sends large webhooks a few at a time', async () => {
    const sizes: number[] = []
    const { callLog } = make(async ({ units }) => {
      sizes.push(units.length)
      return { failed: [] }
    })
    const large = (n: number) => {
      const { webhookEvent, ...rest } = unit(n)
      return { ...rest, webhookEvent: { ...webhookEvent!, payload: 'x'.repeat(1_000_000) } }
    }
    await Promise.all(Array.from({ length: 20 }, (_, n) => callLog.append(large(n), 'written')))
    expect(sizes).toEqual([8, 8, 4])
  })

  it('says the journal’s changes again with the next batch', async () => {
    const batches: Batch[] = []
    const { callLog, journal } = make(async (batch) => {
      batches.push(batch)
      if (batches.length === 1) throw new Error('no')
      return { failed: [] }
    })
    journal.save('tenant-1', 'g', tally(), 'a')
    await callLog.append(unit(1), 'written').catch(() => undefined)
    await callLog.append(unit(2), 'written')
    expect(batches.map((batch) => batch.journal.length)).toEqual([1, 1])
    expect(batches[1]?.journal).toEqual(batches[0]?.journal)
  })

  it('says a journal change that could not be written whole again, once there is another', async () => {
    const batches: Batch[] = []
    const { callLog, journal, log } = make(async (batch) => {
      batches.push(batch)
      return batches.length === 1 ? { failed: [], journalError: toWireError(new Error('odd')) } : { failed: [] }
    })
    journal.save('tenant-1', 'g', tally(), 'a')
    await callLog.flush()
    expect(log.error).toHaveBeenCalled()
    journal.save('tenant-1', 'g', tally(), 'a')
    await callLog.flush()
    expect(batches.map(({ journal: [entry] }) => entry?.kind === 'save' && entry.isWhole)).toEqual([true, true])
  })

  it('tries the journal again by itself after a while', async () => {
    let commits = 0
    const { journal } = make(async () => {
      commits += 1
      if (commits === 1) throw new Error('no')
      return { failed: [] }
    })
    journal.save('tenant-1', 'g', tally(), undefined)
    await expect.poll(() => journal.isDirty() || commits, { timeout: 5000 }).toBe(2)
  })

  it('answers written units while the sync of others is still running, and rejects those if it fails', async () => {
    const disk = waiting()
    const { callLog } = make(
      async () => ({ failed: [] }),
      () => disk.promise,
    )
    const synced = callLog.append(unit(1), 'synced')
    await callLog.append(unit(2), 'written')
    disk.reject(new Error('EIO'))
    await expect(synced).rejects.toThrow('The disk did not confirm a write')
    await callLog.flush()
    expect(callLog.health()).toMatchObject({ undelivered: 1, failingSinceMs: 77 })
  })

  it('sends what came meanwhile in one batch, a thousand units at most', async () => {
    const sizes: number[] = []
    const { callLog } = make(async ({ units }) => {
      sizes.push(units.length)
      return { failed: [] }
    })
    const first = callLog.append(unit(0), 'written')
    await Promise.all([first, ...Array.from({ length: 1500 }, (_, n) => callLog.append(unit(n), 'written'))])
    expect(sizes).toEqual([1000, 501])
  })
})

describe('units that failed, stored later', () => {
  const make = (sync: () => Promise<void>) => {
    const { db, write, lookup } = aWriter()
    const commits: ((store: boolean) => void)[] = []
    const commit = (batch: Batch): Promise<BatchReport> =>
      new Promise((resolve, reject) => {
        commits.push((isWorking) =>
          isWorking ? resolve(write({ ...batch, units: batch.units.map(packUnit) })) : reject(new Error('locked')),
        )
      })
    const journal = createTallyJournal(() => undefined)
    const store = createCallLog({ commit, sync, journal, seen: { add: () => undefined }, log: silent, nowMs: () => 1 })
    /** Until the writer has a batch. */
    const taken = () => vi.waitFor(() => expect(commits).toHaveLength(1))
    /** Ends the work on it. */
    const next = async (isWorking: boolean) => {
      await taken()
      commits.shift()!(isWorking)
    }
    const count = (table: string) => db.prepare<[], { n: number }>(`SELECT count(*) AS n FROM ${table}`).get()!.n
    return { callLog: rememberUnsaved(store, silent, fakeClock()), lookup, taken, next, count }
  }

  it('do not set back a call that the next batch brought to its end', async () => {
    const { callLog, lookup, taken, next, count } = make(async () => undefined)
    const voice = aVoiceUnit('tenant-1', 0)
    const ended = { ...voice.call!.attempts[0]!, endedAtMs: 9, result: 'cancelled' } as const
    const call = { ...voice.call!, state: 'no_answer', cdrHash: 'h', attempts: [ended], revision: 2 } as const
    const refused = expect(callLog.append(voice, 'written')).rejects.toThrow('locked')
    await taken()
    // Nothing has failed so far, so the CDR just waits for the next batch.
    const acknowledged = callLog.append({ tenantId: 'tenant-1', call, attempts: [ended] }, 'synced')
    await next(false)
    await refused
    await next(true)
    await acknowledged
    const retried = callLog.retry()
    await next(true)
    await retried
    expect(callLog.unsaved()).toBe(0)
    expect(lookup.find('tenant-1', call.token)).toMatchObject({ state: 'no_answer', cdrHash: 'h', attempts: [ended] })
    expect(count('call_transitions')).toBe(4)
    expect(count('routing_decisions')).toBe(1)
  })

  it('stand there once when the disk confirmed them late', async () => {
    let isBroken = true
    const { callLog, next, count } = make(() => (isBroken ? Promise.reject(new Error('EIO')) : Promise.resolve()))
    const refused = expect(callLog.append(aVoiceUnit('tenant-1', 0), 'synced')).rejects.toThrow('did not confirm')
    await next(true)
    await refused
    isBroken = false
    const retried = callLog.retry()
    await next(true)
    await retried
    expect(callLog.unsaved()).toBe(0)
    const tables = ['call_records', 'dial_attempts', 'call_transitions', 'routing_decisions', 'webhook_audit']
    expect(tables.map(count)).toEqual([1, 1, 4, 1, 1])
  })
})

describe('syncing the log', () => {
  it('shares a sync among those that came before it began', async () => {
    const syncs: ReturnType<typeof waiting>[] = []
    const sync = createWalSync({
      datasync: () => {
        syncs.push(waiting())
        return syncs.at(-1)!.promise
      },
    })
    const done: string[] = []
    const ask = (name: string) =>
      sync().then(
        () => done.push(name),
        () => done.push(`${name} failed`),
      )
    const [first, second, third] = [ask('first'), ask('second'), ask('third')]
    expect(syncs).toHaveLength(1)
    syncs[0]!.reject(new Error('EIO'))
    await first
    await vi.waitFor(() => expect(syncs).toHaveLength(2))
    expect(done).toEqual(['first failed'])
    syncs[1]!.resolve()
    await Promise.all([second, third])
    const fourth = ask('fourth')
    syncs[2]!.resolve()
    await fourth
    expect(done).toEqual(['first failed', 'second', 'third', 'fourth'])
  })
})

describe('keeping the log short', () => {
  const keeper = (fails = false) => {
    const did: string[] = []
    const time = { nowMs: 0 }
    const step = (name: string) => async () => {
      did.push(name)
      if (fails) throw new Error('no')
      return { pages: 0, copied: 0 }
    }
    const syncDatabase = async () => void did.push('sync')
    const steps = { copy: step('copy'), finish: step('finish'), syncDatabase, log: silent }
    return { did, time, keeper: createWalKeeper({ ...steps, nowMs: () => time.nowMs }) }
  }

  it('copies it when it has grown, and lets it start over when it is long', async () => {
    const { did, keeper: wal } = keeper()
    wal.note({ pages: 5000, copied: 2000 })
    await wal.idle()
    expect(did).toEqual([])
    wal.note({ pages: 5000, copied: 0 })
    wal.note({ pages: 5000, copied: 0 })
    await wal.idle()
    expect(did).toEqual(['copy'])
    wal.note({ pages: 20_000, copied: 5000 })
    await wal.idle()
    expect(did).toEqual(['copy', 'copy', 'sync', 'finish'])
  })

  it('rests for a while when that fails', async () => {
    const { did, time, keeper: wal } = keeper(true)
    wal.note({ pages: 20_000, copied: 0 })
    await wal.idle()
    wal.note({ pages: 20_000, copied: 0 })
    await wal.idle()
    time.nowMs = 10_000
    wal.note({ pages: 20_000, copied: 0 })
    await wal.idle()
    expect(did).toEqual(['copy', 'copy'])
  })
})

describe('the tokens seen', () => {
  const some = (from: number, count: number) => Array.from({ length: count }, (_, n) => `token-${from + n}`)

  it('are never denied, and others nearly always are, also past the first filter’s room', () => {
    const seen = createSeenTokens(0)
    expect(seen.mayContain('anything')).toBe(true)
    seen.markFilled()
    expect(seen.mayContain('anything')).toBe(false)
    for (const token of some(0, 5000)) seen.add(token)
    for (let n = 0; n < 1_400_000; n += 1) seen.add(`other-${n}`)
    seen.add('late')
    expect(seen.mayContain('late')).toBe(true)
    expect(some(0, 5000).every(seen.mayContain)).toBe(true)
    expect(some(5000, 5000).filter(seen.mayContain).length).toBeLessThan(200)
    expect(createSeenTokens(10_000_000).first.bits).toBe(2 ** 28)
  })
})

describe('a store thread', () => {
  let site: Awaited<ReturnType<typeof aSqliteStore>>
  beforeEach(async () => {
    site = await aSqliteStore(openThreadedStore)
  })
  afterEach(() => site.dispose())

  it('keeps the log short under load, and goes on', { timeout: 30_000 }, async () => {
    const { store } = site
    await store.configuration.tenants.create(aTenant({ id: 'tenant-1' }))
    await Promise.all(
      Array.from({ length: 6000 }, (_, n) => store.callLog.append(aVoiceUnit('tenant-1', n), 'written')),
    )
    const db = new Database(`${site.dataDir}/switchyard.db`)
    const state = () => (db.pragma('wal_checkpoint(NOOP)') as { log: number; checkpointed: number }[])[0]!
    await vi.waitFor(() => expect(state().checkpointed).toBeGreaterThan(4000), 10_000)
    db.close()
    expect(await store.configuration.countCalls('tenant-1')).toBe(6000)
  })

  it('that is gone refuses what is asked of it', async () => {
    let answer: (message: unknown) => void = () => undefined
    const client = createThreadClient<{ noun: { verb(): number } }>({
      postMessage: () => undefined,
      on: (_event, listener) => (answer = listener),
    })
    const asked = client.call('noun', 'verb')
    client.fail('it is gone')
    await expect(asked).rejects.toMatchObject({ code: 'UNAVAILABLE', message: 'it is gone' })
    await expect(client.call('noun', 'verb')).rejects.toMatchObject({ message: 'it is gone' })
    expect(() => answer({ id: 1, ok: true, value: 1 })).not.toThrow()
  })

  it('reads what is stored into the token filter at the next start', async () => {
    const { store, dataDir } = site
    await store.configuration.tenants.create(aTenant({ id: 'tenant-1' }))
    await Promise.all(
      Array.from({ length: 3000 }, (_, n) => store.callLog.append(aVoiceUnit('tenant-1', n), 'written')),
    )
    await store.close()
    const again = await openThreadedStore(dataDir)
    for (const n of [0, 1500, 2999]) {
      const { call } = aVoiceUnit('tenant-1', n)
      await expect.poll(() => again.calls.find('tenant-1', call!.token)).toMatchObject({ id: call!.id })
    }
    await again.close()
  })
})

import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import Database from 'better-sqlite3'
import { Value } from 'typebox/value'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { makeSampleConfiguration } from '../../../server/entry/sample-configuration.ts'
import { writeHistory } from '../../../server/entry/write-history.ts'
import { openCallHistory, type CallHistory, type ServerConfig } from '../../../server/index.ts'
import { CallDetail, type CallExplanation, CallRecord } from '../../../shared/contract/calls.ts'
import { startTestServer, type TestServer } from '../../support/test-server.ts'

const cli = join(import.meta.dirname, '../../../server/entry/cli/index.ts')
const endMs = Date.parse('2026-03-31T00:00:00Z')
const range = { startMs: endMs - 10 * 86_400_000, endMs, calls: 2000, seed: 1, run: 'test', payloadShare: 0.02 }

interface Result {
  readonly code: number | null
  readonly out: string
  readonly err: string
}

const simulate = (dataDir: string, ...args: string[]) => {
  const child = spawn(process.execPath, [cli, 'simulate', '--history', '--data-dir', dataDir, ...args])
  let [out, err] = ['', '']
  child.stdout.on('data', (chunk: Buffer) => (out += chunk.toString()))
  child.stderr.on('data', (chunk: Buffer) => (err += chunk.toString()))
  const done = once(child, 'close').then((): Result => ({ code: child.exitCode, out, err }))
  return { child, done, told: () => err }
}

describe('a history in a data directory', { timeout: 60_000 }, () => {
  let dataDir: string
  let tenantId: string
  let config: ServerConfig
  let server: TestServer | undefined

  const openHistory = async <T>(work: (history: CallHistory) => Promise<T>): Promise<T> => {
    const history = await openCallHistory(config)
    try {
      return await work(history)
    } finally {
      await history.close()
    }
  }

  beforeAll(async () => {
    dataDir = await mkdtemp(join(tmpdir(), 'switchyard-history-'))
    const listener = { host: '127.0.0.1', port: 0, adminHost: '127.0.0.1', adminPort: 0 }
    config = { version: '0.0.0-test', dataDir, ...listener, logLevel: 'silent' }
    tenantId = await makeSampleConfiguration(config)
  })
  afterAll(async () => {
    await server?.close()
    await rm(dataDir, { recursive: true, force: true })
  })

  it('is configured once, however often that is asked for', async () => {
    expect(await makeSampleConfiguration(config)).toBe(tenantId)
    const found = await openHistory((history) => history.readConfiguration(undefined))
    expect(found.tenant.id).toBe(tenantId)
    const { agents, groups, inboundRules, outboundRules, trunks } = found
    expect([agents, groups, inboundRules, outboundRules, trunks].map(({ length }) => length)).toEqual([20, 4, 10, 1, 2])
  })

  it('stops between two transactions, and says how many calls there are then', async () => {
    const before = { ...range, startMs: range.startMs - 86_400_000, endMs: range.startMs, calls: 9000 }
    const written = await openHistory((history) => writeHistory(history, before, { isStopped: () => true }))
    expect(written).toMatchObject({ calls: 2000, tenantId, tenantName: 'Sample' })
  })

  it('is written, and refused where calls are already, unless it is forced', async () => {
    await openHistory(async (history) => {
      expect(await writeHistory(history, range)).toMatchObject({ calls: 2000 })
      await expect(writeHistory(history, { ...range, run: 'next', calls: 1 })).rejects.toThrow(
        /Sample has calls between 2026-03-21 00:00 and 2026-03-31 00:00 UTC already.*--until.*--tenant.*--force/,
      )
      const forced = { ...range, run: 'next', calls: 10, force: true }
      expect(await writeHistory(history, forced)).toMatchObject({ calls: 10 })
    })
  })

  it('leaves the directory to the next one also when the last calls cannot be settled', async () => {
    const history = await openCallHistory(config)
    // More than would be left out one by one.
    const late = { ...range, startMs: endMs, endMs: endMs + 86_400_000, calls: 1100, run: 'late' }
    expect(await writeHistory(history, late)).toMatchObject({ calls: 1100 })
    const db = new Database(join(dataDir, 'switchyard.db'))
    db.exec(
      "CREATE TRIGGER refused BEFORE UPDATE OF is_pending ON call_records BEGIN SELECT RAISE(ABORT, 'refused'); END",
    )
    await expect(history.close()).rejects.toThrow('refused')
    db.exec('DROP TRIGGER refused')
    await openHistory((next) => next.readConfiguration(tenantId))
    expect(db.prepare('SELECT count(*) FROM call_records WHERE is_pending = 1').pluck().get()).toBe(0)
    db.close()
  })

  it('names the tenants where it has to be told which, and the way out where there is none', async () => {
    await openHistory(async (history) => {
      await expect(history.readConfiguration('nobody')).rejects.toThrow(
        `no tenant nobody. There is ${tenantId} (Sample)`,
      )
    })
    const empty = await mkdtemp(join(tmpdir(), 'switchyard-history-'))
    const { code, err } = await simulate(empty).done
    expect({ code, err }).toMatchObject({ code: 1, err: expect.stringContaining('--sample-configuration') as unknown })
    await rm(empty, { recursive: true })
  })

  it('is read back over the API as the contract has it, every page and every call', async () => {
    server = await startTestServer({ dataDir })
    const path = `/tenants/${tenantId}/calls`
    const ids = new Set<string>()
    let cursor: string | undefined
    do {
      const more = cursor === undefined ? '' : `&cursor=${encodeURIComponent(cursor)}`
      const { body } = await server.api<{ items: CallRecord[]; nextCursor?: string }>(
        'GET',
        `${path}?limit=200&startMs=${range.startMs}&endMs=${range.endMs}${more}`,
      )
      for (const record of body.items) {
        expect([...Value.Errors(CallRecord, record)]).toEqual([])
        ids.add(record.id)
      }
      cursor = body.nextCursor
    } while (cursor !== undefined)
    expect(ids.size).toBe(2010)
    expect((await server.api<{ items: unknown[] }>('GET', `${path}/live`)).body.items).toEqual([])

    let inFull = 0
    for (const id of [...ids].slice(0, 300)) {
      const { body } = await server.api<CallDetail>('GET', `${path}/${id}`)
      expect([...Value.Errors(CallDetail, body)]).toEqual([])
      expect(body.transitions.at(-1)?.to).toBe(body.state)
      expect(body.attempts).toHaveLength(body.attemptCount)
      if (body.decisions.length === 0) continue
      inFull += 1
      expect(body.webhookEvents).toHaveLength(body.decisions.length + 1)
      const { body: again } = await server.api<CallExplanation>('GET', `${path}/${id}/explain`)
      expect(again.outcome).toBe('same')
    }
    expect(inFull).toBeGreaterThan(0)
  })

  it('is refused while a server works in the directory', async () => {
    const { code, err } = await simulate(dataDir, '--days', '1').done
    expect(code).toBe(1)
    expect(err).toContain(dataDir)
  })
})

describe('switchyard simulate --history', { timeout: 60_000 }, () => {
  let dataDir: string
  beforeAll(async () => {
    dataDir = await mkdtemp(join(tmpdir(), 'switchyard-history-'))
  })
  afterAll(() => rm(dataDir, { recursive: true, force: true }))

  it('leaves whole calls when it is interrupted, and says how many', async () => {
    const { child, done, told } = simulate(dataDir, '--sample-configuration', '--calls', '100000000')
    while (!/\d+ of 100000000 calls/.test(told())) await once(child.stderr, 'data')
    child.kill('SIGINT')
    const { code, err } = await done
    expect(code).toBe(130)
    const written = Number(/Interrupted: (\d+) of 100000000 calls are written/.exec(err)?.[1])
    expect(written).toBeGreaterThan(0)
    expect(written % 2000).toBe(0)

    const again = await simulate(dataDir, '--calls', '50').done
    expect(again).toMatchObject({ code: 1, err: expect.stringContaining('--force') as unknown })
    const added = await simulate(dataDir, '--calls', '50', '--force').done
    expect(added).toMatchObject({ code: 0, out: expect.stringContaining('50 calls of tenant Sample') as unknown })
  })

  it('says which option wants what', async () => {
    expect((await simulate(dataDir, '--days', '0').done).err).toContain('--days is 0; it wants more than 0')
    expect((await simulate(dataDir, '--payload-share', '2').done).err).toContain('a share from 0 to 1')
    expect((await simulate(dataDir, '--until', 'noon').done).err).toContain('Not a time like')
    expect((await simulate(dataDir, '--rate', '3').done).err).toContain("cannot be used with option '--rate")
  })
})

import { readFile, rm, stat } from 'node:fs/promises'
import type { Worker } from 'node:worker_threads'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { databaseFile } from '../../server/adapters/sqlite/file/data-directory.ts'
import { createStoreThread } from '../../server/adapters/sqlite/threads/store-thread-client.ts'
import { aTenant, aVoiceUnit } from '../support/store-rows.ts'
import { aDataDir, aSqliteStore, openInlineStore, openThreadedStore, silent } from '../support/sqlite-store.ts'

const unit = (n: number) => aVoiceUnit('tenant-1', n)
const options = { file: 'x.db', key: { master: new Uint8Array(32) }, nowMs: 1 }

/** The store's threads, as the process sees them start. */
const workers: Worker[] = []
const noteWorker = (worker: Worker) => void workers.push(worker)
const threadOf = (role: string) => workers.findLast((worker) => worker.threadName === `store ${role}`)!

describe('the threads of a store', { timeout: 30_000 }, () => {
  let site: Awaited<ReturnType<typeof aSqliteStore>>
  beforeEach(async () => {
    process.on('worker', noteWorker)
    site = await aSqliteStore(openThreadedStore)
    await site.store.configuration.tenants.create(aTenant({ id: 'tenant-1' }))
  })
  afterEach(async () => {
    await site.dispose()
    process.off('worker', noteWorker)
    workers.length = 0
  })

  it('look up calls and answers while analysts search', async () => {
    const { calls, callLog } = site.store
    await Promise.all(Array.from({ length: 3000 }, (_, n) => callLog.append(unit(n), 'written')))
    let searched = 0
    const searches = Array.from({ length: 100 }, () =>
      calls.list('tenant-1', { fromContains: 'zzzz' }, { limit: 50 }).then(() => (searched += 1)),
    )
    expect(await calls.find('tenant-1', unit(7).call!.token)).toMatchObject({ id: unit(7).call!.id })
    expect(await calls.findAnswer('tenant-1', unit(7).answer!.key, 0)).toEqual(unit(7).answer)
    expect(searched).toBeLessThan(100)
    await Promise.all(searches)
  })

  it('are started again when the writer dies: what was under way is refused, health says so, and then all is well', async () => {
    const { callLog, calls } = site.store
    await callLog.append(unit(1), 'synced')
    const under = callLog.append(unit(2), 'synced')
    await threadOf('writer').terminate()
    await under.catch(() => undefined)
    await expect(callLog.append(unit(3), 'written')).rejects.toMatchObject({ code: 'UNAVAILABLE' })
    expect(callLog.health()).toMatchObject({
      lastError: expect.stringContaining('writer') as string,
      failingSinceMs: expect.any(Number) as number,
    })
    await vi.waitFor(() => expect(callLog.health().failingSinceMs).toBeUndefined(), 10_000)
    await callLog.append(unit(4), 'synced')
    expect(await calls.find('tenant-1', unit(1).call!.token)).toBeDefined()
    expect(await calls.find('tenant-1', unit(4).call!.token)).toBeDefined()
  })

  it.each(['reader', 'lookup'])('are started again when the %s dies', async (role) => {
    const { callLog, calls } = site.store
    await callLog.append(unit(1), 'written')
    const read = () =>
      role === 'lookup' ? calls.find('tenant-1', unit(1).call!.token) : calls.get('tenant-1', unit(1).call!.id)
    await threadOf(role).terminate()
    await expect(read()).rejects.toMatchObject({ code: 'UNAVAILABLE' })
    expect(callLog.health().lastError).toContain(role)
    await vi.waitFor(() => expect(callLog.health().failingSinceMs).toBeUndefined(), 10_000)
    expect(await read()).toBeDefined()
  })

  it.runIf(process.platform === 'linux')('keep the file locked when the writer dies that scrubbed it', async () => {
    const { ino } = await stat(databaseFile(site.dataDir))
    const locks = async (): Promise<number> =>
      (await readFile('/proc/locks', 'utf8')).split('\n').filter((line) => line.includes(`:${ino} `)).length
    await site.store.erasures.scrub({ number: '+17025550147', country: 'US' })
    expect(await locks()).toBe(1)
    await threadOf('writer').terminate()
    // Otherwise whoever leaves the file takes it for the last one there, and the write-ahead log away from those who write to it.
    expect(await locks()).toBe(1)
  })

  it('are started again after an error that nobody caught, and what it was is logged', async () => {
    const dataDir = await aDataDir()
    const log = { ...silent, error: vi.fn() }
    const store = await openThreadedStore(dataDir, log)
    // Not a request at all: the listener throws.
    threadOf('lookup').postMessage(null)
    await vi.waitFor(() => expect(store.callLog.health().failingSinceMs).toBeDefined(), 10_000)
    expect(log.error).toHaveBeenCalledWith(
      { role: 'lookup', reason: expect.stringContaining('TypeError') as string },
      expect.any(String),
    )
    await vi.waitFor(() => expect(store.callLog.health().failingSinceMs).toBeUndefined(), 10_000)
    await store.close()
    await rm(dataDir, { recursive: true })
  })

  it('close without complaint while the tokens of earlier calls are still being read', async () => {
    await Promise.all(Array.from({ length: 5000 }, (_, n) => site.store.callLog.append(unit(n), 'written')))
    await site.store.close()
    const log = { ...silent, warn: vi.fn(), error: vi.fn() }
    await (await openThreadedStore(site.dataDir, log)).close()
    expect([log.warn.mock.calls, log.error.mock.calls]).toEqual([[], []])
  })

  it('close also while one of them is gone', async () => {
    await site.store.callLog.append(unit(1), 'synced')
    await Promise.all(['writer', 'reader', 'lookup'].map((role) => threadOf(role).terminate()))
    await site.store.close()
    const again = await openInlineStore(site.dataDir)
    expect(await again.calls.find('tenant-1', unit(1).call!.token)).toBeDefined()
    await again.close()
  })

  it('all die at once, and what is synced after that is synced to the right file', async () => {
    const { callLog, calls } = site.store
    await callLog.append(unit(1), 'synced')
    await Promise.all(['writer', 'reader', 'lookup'].map((role) => threadOf(role).terminate()))
    await vi.waitFor(() => expect(callLog.health().failingSinceMs).toBeUndefined(), 10_000)
    await callLog.append(unit(2), 'synced')
    expect(await calls.find('tenant-1', unit(1).call!.token)).toBeDefined()
    expect(await calls.find('tenant-1', unit(2).call!.token)).toBeDefined()
  })
})

/** Threads that live as long as the test wants. */
const hosts = () => {
  const started: { die(reason?: string): void; ended: boolean }[] = []
  let refusals = 0
  const startHost = () => {
    let answer: (message: unknown) => void = () => undefined
    let gone: (reason: string) => void = () => undefined
    const host = { ended: false, die: (reason = 'out of memory') => gone(reason) }
    started.push(host)
    return {
      port: {
        postMessage: (message: unknown) => {
          const { id } = message as { id: number }
          const isRefused = 'open' in (message as object) && refusals > 0
          if (isRefused) refusals -= 1
          const error = { kind: 'open' as const, name: 'DiskFullError', message: 'full' }
          queueMicrotask(() => answer(isRefused ? { id, ok: false, error } : { id, ok: true, value: started.length }))
        },
        on: (_event: 'message', listener: (message: unknown) => void) => (answer = listener),
      },
      onGone: (listener: (reason: string) => void) => (gone = listener),
      end: async () => {
        host.ended = true
        gone('ended')
      },
    }
  }
  return { started, startHost, refuse: (times: number) => (refusals = times) }
}

describe('a store thread', () => {
  beforeEach(() => void vi.useFakeTimers())
  afterEach(() => void vi.useRealTimers())
  type Api = { noun: { verb(): number } }
  const make = (log = silent) => {
    const { startHost, ...rest } = hosts()
    return { ...rest, thread: createStoreThread<Api>({ role: 'writer', startHost, log, nowMs: Date.now }) }
  }

  it('that cannot open the file at first says so and is not tried again', async () => {
    const { thread, started, refuse } = make()
    await expect(thread.call('noun', 'verb')).rejects.toMatchObject({ code: 'UNAVAILABLE' })
    refuse(1)
    await expect(thread.open(options)).rejects.toMatchObject({ name: 'DiskFullError' })
    await vi.advanceTimersByTimeAsync(60_000)
    expect(started.map(({ ended }) => ended)).toEqual([true])
    await thread.close()
  })

  it('is started again with longer and longer pauses, and at once again after a long life', async () => {
    const { thread, started, refuse } = make()
    await thread.open(options)
    refuse(3)
    started[0]!.die()
    expect(thread.fault()).toEqual({ message: expect.stringContaining('writer') as string, sinceMs: Date.now() })
    await expect(thread.call('noun', 'verb')).rejects.toMatchObject({ code: 'UNAVAILABLE' })
    await vi.advanceTimersByTimeAsync(100 + 200 + 400)
    expect(started).toHaveLength(4)
    expect(started.slice(1).every(({ ended }) => ended)).toBe(true)
    expect(thread.fault()).toBeDefined()
    await vi.advanceTimersByTimeAsync(800)
    expect(thread.fault()).toBeUndefined()
    expect(await thread.call('noun', 'verb')).toBe(5)
    await vi.advanceTimersByTimeAsync(60_000)
    started[4]!.die()
    await vi.advanceTimersByTimeAsync(100)
    expect(await thread.call('noun', 'verb')).toBe(6)
  })

  it('that dies while it is being prepared is tried once more', async () => {
    const { thread, started } = make()
    await thread.open(options)
    const seen = vi.fn()
    thread.onReopen(async (client) => {
      seen(await client.call('noun', 'verb'))
      if (started.length === 2) started[1]!.die()
    })
    started[0]!.die()
    await vi.advanceTimersByTimeAsync(100)
    expect(thread.fault()).toBeDefined()
    await vi.advanceTimersByTimeAsync(200)
    expect(seen.mock.calls).toEqual([[2], [3]])
    expect(thread.fault()).toBeUndefined()
  })

  it('that is closed stays closed', async () => {
    const { thread, started } = make()
    await thread.open(options)
    started[0]!.die()
    await thread.close()
    await vi.advanceTimersByTimeAsync(60_000)
    expect(started).toHaveLength(1)
  })
})

import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { rm } from 'node:fs/promises'
import { resolve } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { aTenant, aVoiceUnit } from '../support/store-rows.ts'
import { aDataDir, openInlineStore, openThreadedStore } from '../support/sqlite-store.ts'

const script = resolve(import.meta.dirname, '../support/append-until-killed.ts')
let dataDir: string

beforeEach(async () => {
  dataDir = await aDataDir()
})
afterEach(() => rm(dataDir, { recursive: true, force: true }))

/** Kills the writing process without warning once it has acknowledged that many; answers all it acknowledged. */
const killAfter = async (count: number): Promise<number[]> => {
  const child = spawn(process.execPath, [script, dataDir, 'tenant-1'], { stdio: ['ignore', 'pipe', 'inherit'] })
  let text = ''
  child.stdout.setEncoding('utf8').on('data', (chunk: string) => {
    text += chunk
    if (text.split('\n').length > count) child.kill('SIGKILL')
  })
  await once(child, 'close')
  return text.split('\n').slice(0, -1).map(Number)
}

describe('a store whose process is killed', () => {
  it('has every unit that was acknowledged, whole, and no tally behind them', { timeout: 30_000 }, async () => {
    const first = await openInlineStore(dataDir)
    await first.configuration.tenants.create(aTenant({ id: 'tenant-1' }))
    await first.close()

    const acknowledged = await killAfter(400)
    const store = await openInlineStore(dataDir)
    expect(acknowledged.length).toBeGreaterThanOrEqual(400)
    for (const n of acknowledged) {
      const unit = aVoiceUnit('tenant-1', n)
      const detail = await store.calls.get('tenant-1', unit.call!.token)
      expect(detail?.transitions).toHaveLength(4)
      expect(detail?.webhookEvents.map(({ id }) => id)).toEqual([unit.webhookEvent!.id])
      expect(await store.calls.findAnswer('tenant-1', unit.answer!.key, 0)).toEqual(unit.answer)
    }
    const [saved] = await store.journal.load()
    expect(saved?.tally.members.get('a')?.buckets[0]?.count).toBeGreaterThan(Math.max(...acknowledged))
    await store.close()
  })

  it.each([
    ['in threads', openThreadedStore],
    ['in this thread', openInlineStore],
  ])('goes on where it was after a clean close (%s)', async (_where, open) => {
    const store = await open(dataDir)
    await store.configuration.tenants.create(aTenant({ id: 'tenant-1' }))
    const appended = [0, 1, 2].map((n) => store.callLog.append(aVoiceUnit('tenant-1', n), 'synced'))
    store.journal.saveTally('tenant-1', 'g', { epoch: 'e', epochStartedAtMs: 1, members: new Map() }, undefined)
    await store.meta.set('greeting', 'hello')
    await store.close()
    await Promise.all(appended)

    const again = await open(dataDir)
    expect((await again.calls.inFlight()).map(({ id }) => id.slice(-1))).toEqual(['0', '1', '2'])
    expect(await again.journal.load()).toHaveLength(1)
    expect(await again.meta.get('greeting')).toBe('hello')
    expect(await again.meta.get('nothing')).toBeUndefined()
    await again.callLog.append(
      { ...aVoiceUnit('tenant-1', 1), decision: undefined, webhookEvent: undefined },
      'written',
    )
    expect((await again.calls.get('tenant-1', 'call-000000000000001'))?.transitions).toHaveLength(8)
    await again.close()
  })

  it('stores nothing after it was closed, and can be closed twice', async () => {
    const store = await openThreadedStore(dataDir)
    await Promise.all([store.close(), store.close()])
    await expect(store.calls.inFlight()).rejects.toMatchObject({ code: 'UNAVAILABLE' })
    await expect(store.callLog.append(aVoiceUnit('tenant-1', 1), 'written')).rejects.toMatchObject({
      code: 'UNAVAILABLE',
    })
  })
})

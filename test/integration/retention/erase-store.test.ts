import Database from 'better-sqlite3'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { Call } from '../../../server/domain/calls/call.ts'
import { unpacked, type BodyColumns } from '../../../server/adapters/sqlite/webhooks/webhook-bodies.ts'
import { createBodyPacker } from '../../../server/adapters/sqlite/webhooks/webhook-writer.ts'
import { retained } from '../../support/old-records.ts'
import { allSettled } from '../../support/settled.ts'
import { aSqliteStore } from '../../support/sqlite-store.ts'

const { tenant, unit, sought } = retained
let site: Awaited<ReturnType<typeof aSqliteStore>>
beforeEach(async () => {
  site = await aSqliteStore()
  await site.store.configuration.tenants.create(tenant)
  await Promise.all(Array.from({ length: 30 }, (_, n) => site.store.callLog.append(unit(n), 'written')))
})
afterEach(() => site.dispose())

describe('erasing from the records', () => {
  it('erases a call once more that its next webhook brought back meanwhile', async () => {
    const { store } = site
    const late: string[] = []
    const erased = await store.erasures.erase(tenant.id, sought, 'erased', false, async (tokens) => {
      if (late.length > 0) return
      late.push(...tokens)
      // From what is remembered of the call.
      await store.callLog.append({ ...unit(0), webhookEvent: undefined }, 'written')
    })
    expect(late).toContain(unit(0).call!.token)
    expect(erased.tokens).toHaveLength(4)
    expect((await store.calls.list(tenant.id, { from: sought.number }, { limit: 1 })).total).toBe(0)
  })

  it.each(['erase', 'anonymise'])(
    'leaves no byte of a number whose call went on after it was settled (%s)',
    async (mode) => {
      const { store, dataDir } = site
      await allSettled(dataDir)
      for (const { call } of [0, 10, 20].map(unit)) {
        const put = (more: Partial<Call>) =>
          store.callLog.append({ tenantId: tenant.id, call: { ...call!, ...more }, attempts: [] }, 'written')
        await put({ state: 'connected', disposition: undefined, revision: 2 })
        // Without a CDR so far it is not settled for some seconds.
        await put({ revision: 3, updatedAtMs: Date.now() })
      }
      await store.erasures.erase(tenant.id, sought, 'label', mode === 'anonymise', () => Promise.resolve())
      await store.erasures.scrub(sought)
      const db = new Database(join(dataDir, 'switchyard.db'))
      expect(db.prepare('SELECT 1 FROM call_numbers WHERE number = ?').all(sought.number)).toEqual([])
      db.exec("INSERT INTO call_number_parts (call_number_parts, rank) VALUES ('integrity-check', 1)")
      db.close()
      for (const name of ['switchyard.db', 'switchyard.db-wal'])
        expect((await readFile(join(dataDir, name))).includes(sought.number.slice(1))).toBe(false)
    },
  )

  it.each(['erase', 'anonymise'])(
    'forgets the answers too, which were decided before they were given (%s)',
    async (mode) => {
      const { store } = site
      const { webhookEvent, ...slow } = unit(100)
      // Some milliseconds later.
      await store.callLog.append(
        { ...slow, webhookEvent: { ...webhookEvent!, atMs: webhookEvent!.atMs + 7 } },
        'written',
      )
      const answerOf = (n: number) => store.calls.findAnswer(tenant.id, unit(n).answer!.key, 0)
      expect([await answerOf(0), await answerOf(100)]).toEqual([unit(0).answer, unit(100).answer])
      await store.erasures.erase(tenant.id, sought, 'label', mode === 'anonymise', () => Promise.resolve())
      expect([await answerOf(0), await answerOf(100)]).toEqual([undefined, undefined])
      expect(await answerOf(1)).toEqual(unit(1).answer)
    },
  )

  it('is not undone by another node that compresses what it read before', async () => {
    const file = join(site.dataDir, 'switchyard.db')
    const [db, other] = [new Database(file), new Database(file)]
    const plain = (): number =>
      db.prepare('SELECT count(*) FROM webhook_audit WHERE bodies IS NULL').pluck().get() as number
    expect(plain()).toBeGreaterThan(0)
    let isErased = false
    const packer = createBodyPacker(db, () => {
      if (!isErased) other.exec("UPDATE webhook_audit SET payload = 'erased' WHERE bodies IS NULL")
      isErased = true
      db.exec('BEGIN IMMEDIATE')
    })
    packer.packSlice()
    while (!packer.packSlice().isDone);
    expect(plain()).toBe(0)
    const rows = db.prepare('SELECT * FROM webhook_audit WHERE no > 4').all() as BodyColumns[]
    expect(new Set(rows.map((row) => unpacked(row).payload))).toEqual(new Set(['erased']))
    other.close()
    db.close()
  })
})

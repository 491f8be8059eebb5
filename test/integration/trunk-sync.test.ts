import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createTenantDirectory } from '../../server/operations/tenant-directory.ts'
import { createTrunkHandlers } from '../../server/operations/trunks.ts'
import type { ConfigDeps } from '../../server/operations/config-context.ts'
import type { PlatformTrunk } from '../../server/ports/cloudonix.ts'
import type { ConfigurationStore } from '../../server/ports/configuration.ts'
import { fakeClock } from '../support/fake-clock.ts'
import { aSqliteStore, silent } from '../support/sqlite-store.ts'
import { aTenant } from '../support/store-rows.ts'

const actor = { role: 'owner', name: 'test' } as never
const at = (id: string, name: string, over: Partial<PlatformTrunk> = {}): PlatformTrunk => ({
  id,
  name,
  direction: 'outbound',
  isActive: true,
  isDeleted: false,
  isOutboundChoice: true,
  ...over,
})

let sqlite: Awaited<ReturnType<typeof aSqliteStore>>
let store: ConfigurationStore
let tenants = 0
let rows = 0
beforeAll(async () => {
  sqlite = await aSqliteStore()
  store = sqlite.store.configuration
})
afterAll(() => sqlite.dispose())

/** A tenant of its own, and what Cloudonix has of it. */
const aSite = async () => {
  const tenantId = `tenant-${(tenants += 1)}`
  await store.tenants.create(aTenant({ id: tenantId, cloudonixApiKey: 'XI' }))
  const directory = createTenantDirectory(store, silent)
  await directory.reload(tenantId)
  let platform: readonly PlatformTrunk[] = []
  const deps = {
    store,
    directory,
    clock: fakeClock(),
    newId: () => `row-${String((rows += 1)).padStart(6, '0')}`,
    events: { publish: () => undefined },
  } as unknown as ConfigDeps
  const trunks = createTrunkHandlers(deps, { listTrunks: async () => platform })
  return {
    tenantId,
    directory,
    create: (fields: { name: string; cloudonixId?: string }) => trunks['trunks.create'](actor, { tenantId, ...fields }),
    sync: (now: readonly PlatformTrunk[]) => {
      platform = now
      return trunks['trunks.sync'](actor, { tenantId })
    },
    stored: async () =>
      (await store.trunks.list(tenantId, { limit: 1000 })).items.map(
        ({ name, cloudonixId, platformState }) => `${cloudonixId ?? 'none'} ${name} ${platformState ?? 'unknown'}`,
      ),
    inForce: () => [...(directory.byId(tenantId)?.routing.trunks.values() ?? [])].map(({ name }) => name).toSorted(),
    configVersion: async () => (await store.tenants.get(undefined, tenantId))?.configVersion,
  }
}

describe('a sync of trunks', () => {
  it.each([
    ['one takes the name of another', [at('1', 'backup'), at('2', 'old')], ['1 backup present', '2 old present']],
    ['two swap their names', [at('1', 'backup'), at('2', 'main')], ['1 backup present', '2 main present']],
    [
      'a new one takes a name and is listed first',
      [at('3', 'main'), at('1', 'other'), at('2', 'backup')],
      ['1 other present', '2 backup present', '3 main present'],
    ],
    ['one takes the name of one that is gone', [at('1', 'backup')], ['1 backup present', '2 backup-gone vanished']],
    [
      'one takes the name of one that was deleted',
      [at('1', 'backup'), at('2', 'backup', { isDeleted: true })],
      ['1 backup present', '2 backup-gone vanished'],
    ],
  ])('goes through when %s', async (_what, now, after) => {
    const site = await aSite()
    await site.sync([at('1', 'main'), at('2', 'backup')])
    await site.sync(now)
    expect((await site.stored()).toSorted()).toEqual(after)
    expect(site.inForce()).toEqual(after.map((text) => text.split(' ')[1]).toSorted())
    expect(await site.sync(now)).toMatchObject({ added: [], changed: [], vanished: [], unchanged: after.length })
  })

  it('leaves one that was typed in by hand another name when Cloudonix gives its own to another one', async () => {
    const site = await aSite()
    await site.sync([at('1', 'main')])
    for (const name of ['backup', 'backup-gone']) await site.create({ name })
    expect(await site.sync([at('1', 'backup')])).toMatchObject({
      changed: [{ name: 'backup' }],
      vanished: [{ name: 'backup-gone-2' }, { name: 'backup-gone' }],
    })
  })

  it('stores all or nothing', async () => {
    const site = await aSite()
    await site.sync([at('1', 'main')])
    const before = await site.configVersion()
    const { bringUpToDate } = store.trunks
    const [row] = (await store.trunks.list(site.tenantId, { limit: 1 })).items
    const [next, added] = [
      { ...row!, name: 'renamed', version: 3 },
      { ...row!, id: 'new', cloudonixId: '2', version: 1 },
    ]
    expect(await bringUpToDate(site.tenantId, [next], [added])).toBe(false)
    await expect(
      bringUpToDate(site.tenantId, [{ ...next, version: 2 }], [{ ...added, cloudonixId: '1' }]),
    ).rejects.toMatchObject({ code: 'CONFLICT' })
    expect([await site.stored(), await site.configVersion()]).toEqual([['1 main present'], before])
  })

  it('makes of whatever there was what Cloudonix has', async () => {
    const name = fc.constantFrom('a', 'b', 'c', 'a-gone')
    const trunk = fc.record({
      id: fc.constantFrom('1', '2', '3', '4'),
      name,
      isDeleted: fc.boolean(),
      isActive: fc.boolean(),
    })
    const there = fc.uniqueArray(trunk, { selector: ({ id }) => id, maxLength: 4 })
    const byHand = fc.uniqueArray(name, { maxLength: 2 })
    await fc.assert(
      fc.asyncProperty(byHand, fc.array(there, { minLength: 2, maxLength: 4 }), async (names, steps) => {
        const site = await aSite()
        for (const one of names) await site.create({ name: one })
        for (const step of steps) {
          const now = step.map(({ id, name: called, ...state }) => at(id, called, state))
          const { skipped } = await site.sync(now)
          const stored = await site.stored()
          const live = now.filter(({ isDeleted }) => !isDeleted)
          for (const { id, name: called, isActive } of live)
            if (skipped.every((one) => one.name !== called))
              expect(stored).toContain(`${id} ${called} ${isActive ? 'present' : 'inactive'}`)
          expect(stored.filter((text) => / (present|inactive)$/.test(text))).toHaveLength(
            new Set(live.map((one) => one.name)).size,
          )
          expect(site.inForce()).toEqual(stored.map((text) => text.split(' ')[1]).toSorted())
          expect(await site.sync(now)).toMatchObject({ added: [], changed: [], vanished: [] })
        }
      }),
      { numRuns: 60 },
    )
  })
})

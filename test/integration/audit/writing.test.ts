import { rm } from 'node:fs/promises'
import Database from 'better-sqlite3'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { auditedVerbs } from '../../../server/adapters/sqlite/audit/audited-verbs.ts'
import { isAudited } from '../../../server/adapters/sqlite/audit/audited.ts'
import { databaseFile } from '../../../server/adapters/sqlite/file/data-directory.ts'
import { loadMasterKey } from '../../../server/adapters/sqlite/keys/master-key.ts'
import { openWriter } from '../../../server/adapters/sqlite/threads/writer-thread-api.ts'
import type { Store } from '../../../server/adapters/sqlite/connect-store.ts'
import type { AuditEntry } from '../../../shared/contract/audit-log.ts'
import { verifyAuditLog } from '../../../server/operations/audit-log.ts'
import { aDataDir, openInlineStore } from '../../support/sqlite-store.ts'
import { aGroup, anAgent, aRule, aSchedule, aTenant } from '../../support/store-rows.ts'

let dataDir: string
let store: Store
beforeEach(async () => {
  dataDir = await aDataDir()
  store = await openInlineStore(dataDir)
  await store.configuration.tenants.create(aTenant())
})
afterEach(async () => {
  await store.close()
  await rm(dataDir, { recursive: true, force: true })
})

const tenantId = 'tenant-1'
const entries = async (): Promise<AuditEntry[]> => (await store.audit.list({}, { limit: 200 })).items.reverse()
const newest = async (count = 1) => (await entries()).slice(-count)
const withRawFile = <T>(work: (db: Database.Database) => T): T => {
  const db = new Database(databaseFile(dataDir))
  try {
    return work(db)
  } finally {
    db.close()
  }
}

it('every verb that is said to be audited is, and no other', async () => {
  const writer = openWriter({
    file: databaseFile(dataDir),
    key: { master: await loadMasterKey(dataDir) },
    nowMs: 1,
    isShared: true,
  })
  const said = Object.entries(auditedVerbs).flatMap(([noun, verbs]) =>
    Object.entries(verbs).map(([verb, is]) => [`${noun}.${verb}`, is === true]),
  )
  const real = Object.entries(writer).flatMap(([noun, verbs]) =>
    Object.entries(verbs).map(([verb, method]) => [`${noun}.${verb}`, isAudited(method)]),
  )
  expect(Object.fromEntries(real)).toEqual(Object.fromEntries(said))
  await writer.thread.close()
})

describe('a change', () => {
  it('leaves a row with what it was before and after, in the order of changes', async () => {
    const { voiceAgents } = store.configuration
    const agent = anAgent({ id: 'a1', name: 'Anna', value: '+12025550100', password: 'correct horse', tags: ['x'] })
    await voiceAgents.create(agent)
    await voiceAgents.update({ ...agent, version: agent.version + 1, tags: ['x', 'y'], value: '+12025550101' })
    await voiceAgents.delete(tenantId, 'a1')
    const [made, changed, deleted] = await newest(3)
    const of = { tenantId, noun: 'voiceAgents', id: 'a1', actor: { kind: 'system' }, origin: { transport: 'system' } }
    expect(made).toMatchObject({
      ...of,
      action: 'create',
      after: { name: 'Anna', tags: ['x'], provider: agent.provider },
    })
    expect(made?.before).toBeUndefined()
    expect(changed).toMatchObject({
      ...of,
      action: 'update',
      before: { name: 'Anna', tags: ['x'], value: made?.after?.['value'], version: agent.version },
      after: { name: 'Anna', tags: ['x', 'y'], version: agent.version + 1 },
    })
    expect(Object.keys(changed?.after ?? {}).sort()).toEqual(['name', 'tags', 'value', 'version'])
    expect(changed?.after?.['value']).not.toBe(changed?.before?.['value'])
    expect(deleted).toMatchObject({ ...of, action: 'delete', before: { name: 'Anna' } })
    expect(deleted?.after).toBeUndefined()
    expect(deleted?.before?.['password']).toBe(made?.after?.['password'])
    const text = JSON.stringify(await entries())
    for (const hidden of [
      '2025550100',
      '2025550101',
      'correct horse',
      aTenant().tenantKey,
      aTenant().signingKeys[0]!.secret,
    ])
      expect(text).not.toContain(hidden)
    expect(await verifyAuditLog(store.audit)).toMatchObject({ isIntact: true, rows: 4 })
  })

  it('that was refused leaves none', async () => {
    const { voiceAgents } = store.configuration
    await voiceAgents.create(anAgent({ id: 'a1' }))
    const before = (await entries()).length
    await expect(voiceAgents.create(anAgent({ id: 'a2', name: 'Agent a1' }))).rejects.toThrow(/already/)
    expect(await voiceAgents.update(anAgent({ id: 'a1', version: 9 }))).toBe(false)
    expect(await voiceAgents.delete(tenantId, 'nobody')).toBe(false)
    expect(await entries()).toHaveLength(before)
  })

  it('of many rows leaves one for each', async () => {
    const { inboundRules } = store.configuration
    for (const id of ['r1', 'r2', 'r3']) await inboundRules.create(aRule({ id, name: id, enabled: true }))
    await store.configuration.bulk('inboundRules', tenantId, ['r1', 'r2', 'gone'], 'disable', 5)
    expect(await newest(2)).toMatchObject([
      { id: 'r1', action: 'update', before: { enabled: true }, after: { name: 'r1', enabled: false } },
      { id: 'r2', action: 'update', before: { enabled: true }, after: { name: 'r2', enabled: false } },
    ])
    await store.configuration.reorderRules('inboundRules', tenantId, ['r3', 'r1'], 6)
    expect(await newest(2)).toMatchObject([
      { id: 'r3', after: { priority: 10 } },
      { id: 'r1', after: { priority: 20 } },
    ])
    await store.configuration.bulk('inboundRules', tenantId, ['r3'], 'delete', 7)
    expect(await newest()).toMatchObject([{ id: 'r3', action: 'delete', before: { name: 'r3' } }])
  })

  it('takes others along, which are told of too', async () => {
    const { trunks } = store.configuration
    const trunk = (id: string, isDefault: boolean) => ({
      ...{ id, tenantId, name: id, direction: 'public-outbound', priority: 1, enabled: true, isDefault },
      ...{ version: 1, createdAtMs: 1, updatedAtMs: 1 },
    })
    await trunks.create(trunk('k1', true))
    await trunks.create(trunk('k2', true))
    expect(await newest(2)).toMatchObject([
      { id: 'k2', action: 'create' },
      { id: 'k1', action: 'update', before: { isDefault: true }, after: { isDefault: false } },
    ])
    const [first, second] = [await trunks.get(tenantId, 'k1'), await trunks.get(tenantId, 'k2')]
    await trunks.bringUpToDate(
      tenantId,
      [{ ...first!, name: 'k9', version: first!.version + 1 }],
      [{ ...second!, id: 'k3', name: 'k3', version: 1, isDefault: false }],
    )
    expect(await newest(2)).toMatchObject([
      { id: 'k1', action: 'update', before: { name: 'k1' }, after: { name: 'k9' } },
      { id: 'k3', action: 'create' },
    ])
  })

  it('of what is no row is told as well: tokens, sessions, settings, exports, erasures, archives, resets', async () => {
    const from = (await entries()).length
    await store.access.createToken({
      id: 'tok',
      name: 'CI',
      role: 'admin',
      tenantId,
      hash: 'h4sh-of-token',
      createdAtMs: 1,
    })
    await store.access.deleteToken('tok')
    await store.access.createSignInCode({ hash: 'h4sh-of-code', expiresAtMs: 9 })
    await store.access.takeSignInCode('h4sh-of-code', 1)
    const session = {
      id: 's1',
      hash: 'h4sh-of-session',
      name: 'Owner',
      role: 'owner' as const,
    }
    const times = { createdAtMs: 1, expiresAtMs: 9, lastSeenAtMs: 1, renewedAtMs: 1 }
    await store.access.createSession({ ...session, ...times, isByLink: true })
    await store.access.deleteSession('s1')
    await store.access.deleteSession('s1')
    await store.access.users.create({
      ...{ id: 'u1', version: 1, createdAtMs: 1, updatedAtMs: 1, email: 'ada@example.com', name: 'Ada' },
      ...{ role: 'admin', enabled: true, passwordHash: '$argon2id$h4sh-of-password' },
    })
    await store.access.users.noteSignIn('u1', 5)
    await store.access.createSession({ ...session, ...times, hash: 'h4sh-2', isByLink: false, userId: 'u1' })
    await store.access.deleteSessionsOf('u1')
    await store.access.deleteSessionsOf('u1')
    await store.access.users.delete(undefined, 'u1')
    await store.keys.seal(new Uint8Array(32))
    await store.meta.set('retention', '{"version":1,"callDays":30}')
    await store.meta.set('retention', '{"version":2,"callDays":60}')
    await store.meta.set('motto', 'calls +12025550100')
    const row = {
      ...{
        id: 'x1',
        tenantId,
        state: 'queued' as const,
        shown: { filter: {}, times: 'utc' as const },
        rows: 0,
        bytes: 0,
      },
      ...{ createdBy: 'me', createdAtMs: 1 },
      request: {
        format: 'csv' as const,
        fields: ['id' as const],
        filter: { from: ['+12025550100'] },
        order: 'asc' as const,
      },
    }
    await store.exports.create(row as never, 5)
    await store.exports.end('x1', ['queued'], 'cancelled', { nowMs: 2 })
    await store.exports.end('nobody', ['queued'], 'cancelled', { nowMs: 2 })
    await store.exports.delete(tenantId, 'x1')
    await store.erasures.put(tenantId, { id: 'e1', mode: 'erase', state: 'running', requestedAtMs: 1 })
    await store.erasures.put(tenantId, { id: 'e1', mode: 'erase', state: 'done', requestedAtMs: 1, finishedAtMs: 2 })
    await store.retention.putArchive(tenantId, { kind: 'calls', dayMs: 0, rows: 3, bytes: 9, sha256: 'ff' }, 1)
    await store.retention.keep(tenantId, 'calls', 0, 99)
    await store.calls.deleteAnswersOf(tenantId)
    await store.dialect.clear(tenantId)
    await store.audit.note({ noun: 'refusals', action: 'forbidden', after: { operation: 'tenants.create' } })
    const told = (await entries()).slice(from)
    expect(told.map(({ noun, action, id }) => [noun, action, id?.replace(/^hash:[a-p]{30}$/, 'hidden')])).toEqual([
      ['apiTokens', 'create', 'tok'],
      ['apiTokens', 'delete', 'tok'],
      ['signInCodes', 'create', 'hidden'],
      ['sessions', 'sign-in', 's1'],
      ['sessions', 'sign-out', 's1'],
      ['users', 'create', 'u1'],
      ['sessions', 'sign-in', 's1'],
      ['sessions', 'end', 'u1'],
      ['users', 'delete', 'u1'],
      ['masterKey', 'update', undefined],
      ['retention', 'create', undefined],
      ['retention', 'update', undefined],
      ['motto', 'create', undefined],
      ['exports', 'create', 'x1'],
      ['exports', 'cancelled', 'x1'],
      ['exports', 'delete', 'x1'],
      ['erasures', 'create', 'e1'],
      ['erasures', 'update', 'e1'],
      ['archives', 'create', 'calls.1970-01-01'],
      ['archives', 'restore', 'calls.1970-01-01'],
      ['idempotency', 'reset', undefined],
      ['webhookDialect', 'reset', undefined],
      ['refusals', 'forbidden', undefined],
    ])
    expect(told[11]).toMatchObject({ before: { callDays: 30 }, after: { callDays: 60 } })
    expect(JSON.stringify(told)).not.toMatch(/h4sh-of|2025550100/)
    // Signing out is known to be of the same session.
    expect(told[3]?.id).toBe(told[4]?.id)
  })

  it('is told of after its tenant is gone, which leaves its rows where they are', async () => {
    await store.configuration.schedules.create(aSchedule())
    await store.configuration.agentGroups.create(aGroup({ members: [] }))
    await store.configuration.tenants.delete(undefined, tenantId)
    const all = await entries()
    expect(all.map(({ noun, action }) => `${noun} ${action}`)).toEqual([
      'tenants create',
      'schedules create',
      'agentGroups create',
      'tenants delete',
    ])
    expect(all.every((entry) => entry.tenantId === tenantId)).toBe(true)
    // The same key hid the same value, to the last.
    expect(all[3]?.before?.['tenantKey']).toBe(all[0]?.after?.['tenantKey'])
    expect(await verifyAuditLog(store.audit)).toMatchObject({ isIntact: true })
  })

  it('is not there without its row, nor its row without it', async () => {
    withRawFile((db) =>
      db.exec(`CREATE TRIGGER broken AFTER INSERT ON audit_log BEGIN SELECT RAISE(ABORT, 'broken'); END`),
    )
    const before = await entries()
    await expect(store.configuration.voiceAgents.create(anAgent({ id: 'a1' }))).rejects.toThrow(/broken/)
    await expect(
      store.configuration.tenants.create(aTenant({ id: 'tenant-2', domain: 'two.example.net' })),
    ).rejects.toThrow(/broken/)
    expect(await store.configuration.voiceAgents.get(tenantId, 'a1')).toBeUndefined()
    expect(await store.configuration.tenants.get(undefined, 'tenant-2')).toBeUndefined()
    expect(await entries()).toEqual(before)
    withRawFile((db) => db.exec('DROP TRIGGER broken'))
    // What was remembered of the key of the tenant that came to nothing does not count for the next one.
    const third = aTenant({ id: 'tenant-3', domain: 'three.example.net', webhookApiKey: 'abc' })
    await store.configuration.tenants.create(third)
    await store.configuration.voiceAgents.create(anAgent({ id: 'a1', tenantId: 'tenant-3', password: 'pass' }))
    await store.close()
    store = await openInlineStore(dataDir)
    expect((await store.configuration.tenants.get(undefined, 'tenant-3'))?.webhookApiKey).toBe('abc')
    expect((await store.configuration.voiceAgents.get('tenant-3', 'a1'))?.password).toBe('pass')
    expect(await verifyAuditLog(store.audit)).toMatchObject({ isIntact: true })
  })

  it('is not undone by hand: rows are neither changed nor deleted nor put in between', () => {
    withRawFile((db) => {
      expect(() => db.exec("UPDATE audit_log SET noun = 'x'")).toThrow(/not changed/)
      expect(() => db.exec('DELETE FROM audit_log')).toThrow(/not deleted/)
      const insert = `INSERT OR REPLACE INTO audit_log SELECT * FROM audit_log WHERE seq = 1`
      expect(() => db.exec(insert)).toThrow(/added at its end/)
    })
  })
})

describe('the list', () => {
  it('goes from the newest to the oldest, a page at a time, by every filter', async () => {
    for (const id of ['a1', 'a2', 'a3']) await store.configuration.voiceAgents.create(anAgent({ id, name: id }))
    const seqs: number[] = []
    for (let cursor: string | undefined, more = true; more;) {
      const page = await store.audit.list({}, { limit: 3, cursor })
      seqs.push(...page.items.map(({ seq }) => seq))
      cursor = page.nextCursor
      more = cursor !== undefined
    }
    expect(seqs).toEqual([4, 3, 2, 1])
    const [, second] = await entries()
    const count = async (filter: Parameters<Store['audit']['list']>[0]) =>
      (await store.audit.list(filter, { limit: 50 })).items.length
    expect(await count({ noun: 'voiceAgents' })).toBe(3)
    expect(await count({ noun: 'voiceAgents', id: 'a2' })).toBe(1)
    expect(await count({ action: 'delete' })).toBe(0)
    expect(await count({ actor: 'Switchyard' })).toBe(4)
    expect(await count({ tenantId: 'another' })).toBe(0)
    expect(await count({ startMs: second!.atMs + 60_000 })).toBe(0)
    expect(await count({ tenantId, endMs: second!.atMs + 60_000 })).toBe(4)
  })
})

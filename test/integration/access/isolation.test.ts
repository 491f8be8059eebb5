import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { operations, type Actor, type Reply } from '../../../shared/contract/index.ts'
import type { Operation } from '../../../shared/contract/operation.ts'
import { databaseRows } from '../../support/database-rows.ts'
import { createFullTenant, inputsOf, type FullTenant, type TenantIds } from '../../support/full-tenant.ts'
import { startTestServer, type TestServer } from '../../support/test-server.ts'

let test: TestServer
let mine: FullTenant
let theirs: FullTenant
let me: Actor
beforeAll(async () => {
  test = await startTestServer()
  theirs = await createFullTenant(test, 'zqalpha', '303')
  mine = await createFullTenant(test, 'zqbravo', '404')
  me = { kind: 'token', name: 'admin of mine', role: 'admin', tenantId: mine.ids.tenantId }
}, 60_000)
afterAll(() => test.close())

const ofTenants = Object.entries<Operation>(operations).filter(([, { path }]) => path.includes('/:tenantId'))
const ask = (name: string, input: unknown, actor = me): Promise<Reply<unknown>> =>
  test.server.dispatch(actor, name, input)
const inputsFor = (tenant: FullTenant) => inputsOf(tenant) as Readonly<Record<string, object>>

/** All rows that are the other tenant's, in whatever table: what nobody of this one may change. */
const rowsOfTheirs = async (): Promise<string> => {
  const rows = await databaseRows(test.dataDir)
  const [{ no } = { no: 0 }] = (rows['tenants'] as { id: string; no: number }[]).filter(
    ({ id }) => id === theirs.ids.tenantId,
  )
  const isTheirs = (row: unknown): boolean => {
    const { tenant_id, tenant_no, id } = row as Record<string, unknown>
    return tenant_id === theirs.ids.tenantId || tenant_no === no || id === theirs.ids.tenantId
  }
  return JSON.stringify(Object.entries(rows).map(([table, all]) => [table, all.filter(isTheirs)]))
}

/** Their texts, which must not come out. An id that was sent may come back in a refusal. */
const leaks = (reply: unknown): string[] => {
  const text = JSON.stringify(reply)
  return theirs.marks.filter((mark) => text.includes(mark))
}

/** The same input with one id of mine after the other replaced by theirs of that kind. */
const withTheirs = (input: object): object[] => {
  const kinds = Object.keys(mine.ids).filter((kind) => kind !== 'tenantId') as (keyof TenantIds)[]
  const text = JSON.stringify(input)
  return kinds.flatMap((kind) => {
    const id = JSON.stringify(mine.ids[kind])
    return text.includes(id) ? [JSON.parse(text.replaceAll(id, JSON.stringify(theirs.ids[kind]))) as object] : []
  })
}

describe('two tenants with everything', () => {
  it('have something of theirs in each table that is a tenant’s, or the test proves nothing', async () => {
    const text = await rowsOfTheirs()
    for (const table of ['voice_agents', 'call_records', 'exports', 'saved_filters', 'webhook_audit', 'numbers'])
      expect(text).not.toContain(`["${table}",[]]`)
    for (const name of ['voiceAgents.get', 'calls.get', 'exports.get', 'webhookEvents.get']) {
      const reply = await ask(name, inputsFor(theirs)[name], { kind: 'local', name: 'owner', role: 'owner' })
      expect([name, reply.ok, leaks(reply).length > 0]).toEqual([name, true, true])
    }
  })

  it('do not find each other, whatever is asked for', async () => {
    const before = await rowsOfTheirs()
    for (const [name, { access }] of ofTenants) {
      const reply = await ask(name, inputsFor(theirs)[name])
      const code = access === 'owner' ? 'FORBIDDEN' : 'NOT_FOUND'
      expect([name, reply]).toMatchObject([name, { ok: false, error: { code } }])
      expect([name, leaks(reply)]).toEqual([name, []])
    }
    expect(await rowsOfTheirs()).toBe(before)
  })

  it('do nothing with each other’s things, by whichever id', async () => {
    const before = await rowsOfTheirs()
    let cases = 0
    for (const [name, { access }] of ofTenants) {
      if (access === 'owner') continue
      for (const input of withTheirs(inputsFor(mine)[name] ?? {})) {
        const reply = await ask(name, input)
        cases += 1
        expect([name, leaks(reply)]).toEqual([name, []])
        if (!reply.ok)
          expect([name, reply.error.code]).toEqual([name, expect.stringMatching(/NOT_FOUND|INVALID_INPUT|CONFLICT/)])
        // A filter or an expectation may name what is not there: it finds nothing.
        else if (Object.values(theirs.ids).includes((input as { id?: string }).id ?? ''))
          throw new Error(`${name} did something with ${JSON.stringify(input)}`)
      }
    }
    console.log(`${cases} inputs with an id of the other tenant`)
    expect(cases).toBeGreaterThan(80)
    expect(await rowsOfTheirs()).toBe(before)
  })

  it('see nothing of each other in lists, searches, figures and places of a list', async () => {
    const owner: Actor = { kind: 'local', name: 'owner', role: 'owner' }
    for (const search of ['zqalpha', '303555', theirs.ids.token]) {
      for (const [name, { method, input }] of ofTenants) {
        if (method !== 'GET' || !Object.hasOwn(input.properties, 'search')) continue
        const reply = await ask(name, { tenantId: mine.ids.tenantId, search })
        expect([name, search, reply]).toMatchObject([name, search, { ok: true, value: { items: [] } }])
      }
    }
    for (const filter of [{ from: theirs.caller }, { fromContains: '303555' }, { token: theirs.ids.token }])
      expect(await ask('calls.list', { tenantId: mine.ids.tenantId, ...filter })).toMatchObject({
        value: { items: [] },
      })
    await theirs.play()
    const page = await ask('calls.list', { tenantId: theirs.ids.tenantId, limit: 1 }, owner)
    const { nextCursor: cursor } = (page as { value: { nextCursor?: string } }).value
    expect(cursor).toBeDefined()
    expect(leaks(await ask('calls.list', { tenantId: mine.ids.tenantId, cursor, limit: 50 }))).toEqual([])
    for (const name of ['tenants.list', 'system.info', 'system.health', 'providers.list', 'account.get'])
      expect([name, leaks(await ask(name, {}))]).toEqual([name, []])
  })

  it('hear nothing of each other', async () => {
    const { token } = await test.server.access.tokens.create({
      name: 'm',
      role: 'analyst',
      tenantId: mine.ids.tenantId,
    })
    const stopping = new AbortController()
    const listen = (path: string) =>
      fetch(`${test.server.urls.admin}/api/v1/events${path}`, {
        headers: { authorization: `Bearer ${token}` },
        signal: stopping.signal,
      })
    expect((await listen(`?tenantId=${theirs.ids.tenantId}`)).status).toBe(404)
    const reader = (await listen('')).body!.pipeThrough(new TextDecoderStream()).getReader()
    const theirToken = await theirs.play()
    const myToken = await mine.play()
    let heard = ''
    while (!heard.includes(myToken)) heard += (await reader.read()).value ?? ''
    stopping.abort()
    expect(leaks(heard)).toEqual([])
    expect(heard).not.toContain(theirToken)
  })

  it('are gone without a trace when they are deleted, and the other one is as it was', async () => {
    const before = await rowsOfTheirs()
    const owner: Actor = { kind: 'local', name: 'owner', role: 'owner' }
    expect(await ask('tenants.delete', { tenantId: mine.ids.tenantId, force: true }, owner)).toMatchObject({ ok: true })
    const { audit_log: changes, ...tables } = await databaseRows(test.dataDir)
    const rows = JSON.stringify(tables)
    const ids: readonly string[] = Object.values(mine.ids)
    for (const mark of [...mine.marks, ...ids]) expect([mark, rows.includes(mark)]).toEqual([mark, false])
    // What was done stays written down, without a number and without a key.
    const written = JSON.stringify(changes)
    expect(written).toContain(mine.ids.tenantId)
    for (const mark of mine.marks.slice(1)) expect([mark, written.includes(mark)]).toEqual([mark, false])
    expect(await rowsOfTheirs()).toBe(before)
  })
})

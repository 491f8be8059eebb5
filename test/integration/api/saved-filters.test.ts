import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { SavedFilter } from '../../../shared/contract/saved-filters.ts'
import { createSite, type Site } from '../../support/site.ts'
import { startTestServer, type TestServer } from '../../support/test-server.ts'

let test: TestServer
let site: Site
beforeAll(async () => {
  test = await startTestServer()
  site = await createSite(test)
})
afterAll(() => test.close())

const api = <T = Record<string, unknown>>(method: string, path: string, body?: unknown, token?: string) =>
  test.api<T>(method, `${site.path}/saved-filters${path}`, body, token)

describe('saved filters', () => {
  const filter = { state: ['busy', 'failed'], fromPrefix: '+49', minMos: 2.5, failedOver: true, startMs: 5 }

  it('are kept, changed and deleted by whoever may read calls', async () => {
    const { token } = await test.server.access.tokens.create({
      name: 'analyst',
      role: 'analyst',
      tenantId: site.tenant.id,
    })
    const made = await api<SavedFilter>('POST', '', { name: 'Bad calls', filter }, token)
    expect(made).toMatchObject({ status: 201, body: { name: 'Bad calls', filter, version: 1 } })
    const path = `/${made.body.id}`
    expect((await api('GET', path, undefined, token)).body).toEqual(made.body)
    const changed = await api('PATCH', path, { version: 1, filter: { search: '0123' } }, token)
    expect(changed.body).toMatchObject({ name: 'Bad calls', version: 2 })
    expect(changed.body['filter']).toEqual({ search: '0123' })
    expect((await api('PATCH', path, { version: 1, name: 'Late' }, token)).status).toBe(409)
    const listed = await api<{ items: SavedFilter[] }>('GET', '?search=bad', undefined, token)
    expect(listed.body.items).toEqual([changed.body])
    expect((await api('DELETE', path, undefined, token)).status).toBe(204)
    expect((await api('DELETE', path)).status).toBe(404)
    expect((await api('GET', path)).status).toBe(404)
  })

  it('have a name of their own, and hold what a list of calls takes', async () => {
    expect((await api('POST', '', { name: 'Twice', filter: {} })).status).toBe(201)
    expect(await api('POST', '', { name: 'Twice', filter: {} })).toMatchObject({
      status: 409,
      body: { error: { message: 'There is already a saved filter named "Twice"; choose another name' } },
    })
    for (const refused of [{ nonsense: 1 }, { state: 'lost in space' }, { minMos: 9 }, { limit: 5 }])
      expect((await api('POST', '', { name: 'Refused', filter: refused })).status).toBe(400)
    const all = '/tenants/nobody/saved-filters'
    expect((await test.api('GET', all)).status).toBe(404)
    expect((await test.api('POST', all, { name: 'x', filter: {} })).status).toBe(404)
  })
})

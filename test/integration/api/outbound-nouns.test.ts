import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createSessionBook, startFakeApi, type FakeApi } from '../../../server/simulator/index.ts'
import { createSite, type Site } from '../../support/site.ts'
import { startTestServer, type TestServer } from '../../support/test-server.ts'

const apiKey = 'XIabcdefghijklmnopqrstuvwxyz012345'
let platform: FakeApi
let test: TestServer
let site: Site

interface Row {
  id: string
  version: number
  [field: string]: unknown
}
const api = <T = Row>(method: string, path: string, body?: unknown) => test.api<T>(method, `${site.path}${path}`, body)
const message = ({ body }: { body: object }) => (body as { error?: { message: string } }).error?.message

beforeAll(async () => {
  platform = await startFakeApi({
    apiKey,
    sessions: createSessionBook(),
    domains: ['example.cloudonix.net'],
    fault: () => undefined,
  })
  test = await startTestServer({ cloudonixUrl: platform.url })
  site = await createSite(test, { cloudonixApiKey: apiKey })
})
afterAll(async () => {
  await test.close()
  await platform.close()
})

describe('trunks', () => {
  it('come from Cloudonix, are brought up to date, and are not lost when they are gone there', async () => {
    const gone = (await api('POST', '/trunks', { name: 'gone', cloudonixId: '999', capacity: 3 })).body
    const first = await api<Record<'added' | 'changed' | 'vanished', Row[]>>('POST', '/trunks/sync')
    expect(first.status).toBe(200)
    expect(first.body.added.map(({ name }) => name)).toContain('carrier-out')
    expect(first.body.vanished).toEqual([{ id: gone.id, name: 'gone' }])
    const again = await api('POST', '/trunks/sync')
    expect(again.body).toMatchObject({ added: [], changed: [], vanished: [], skipped: [] })
    expect((await api('GET', `/trunks/${gone.id}`)).body).toMatchObject({ platformState: 'vanished', capacity: 3 })
    const { items } = (await api<{ items: Row[] }>('GET', '/trunks')).body
    expect(items.find(({ name }) => name === 'carrier-in')).toMatchObject({ direction: 'inbound', cloudonixId: '3101' })
  })

  it('have names that documents can hold, once each, and one default at most', async () => {
    const a = (await api('POST', '/trunks', { name: 'a', isDefault: true })).body
    const b = (await api('POST', '/trunks', { name: 'b', isDefault: true })).body
    expect((await api('GET', `/trunks/${a.id}`)).body).toMatchObject({ isDefault: false, version: 2 })
    expect(message(await api('POST', '/trunks', { name: 'a' }))).toContain('already a trunk named "a"')
    expect(message(await api('POST', '/trunks', { name: 'x y' }))).toContain('letters, digits and hyphens')
    const changed = await api('PATCH', `/trunks/${b.id}`, { version: 1, capacity: 2, isDefault: false })
    expect(changed.body).toMatchObject({ version: 2, capacity: 2, isDefault: false })
    expect((await api('PATCH', `/trunks/${b.id}`, { version: 1, name: 'c' })).status).toBe(409)
    expect((await api('PATCH', `/trunks/${b.id}`, { version: 2, cloudonixId: '3102' })).status).toBe(409)
    for (const { id } of [a, b]) expect((await api('DELETE', `/trunks/${id}`)).status).toBe(204)
  })

  it('are not deleted while they are used, unless forced', async () => {
    const trunk = (await api('POST', '/trunks', { name: 'used' })).body
    const target = { type: 'number', value: '+12025550145', trunkIds: [trunk.id] }
    const rule = (await api('POST', '/inbound-rules', { pattern: '+12025550199', target })).body
    await api('POST', '/outbound-rules', { name: 'Out', destinationPattern: '+1303*', trunkIds: [trunk.id] })
    await api('POST', '/agent-groups', { name: 'Falls back', strategy: 'priority', fallback: target })
    const refused = await api<{ error: { details: { message: string }[] } }>('DELETE', `/trunks/${trunk.id}`)
    expect(refused.status).toBe(409)
    expect(refused.body.error.details.map((detail) => detail.message)).toEqual([
      'group fallback Falls back',
      'inbound rule +12025550199',
      'outbound rule Out',
    ])
    expect((await api('DELETE', `/trunks/${trunk.id}?force=true`)).status).toBe(204)
    const { version } = rule
    expect(message(await api('PATCH', `/inbound-rules/${rule.id}`, { version, target }))).toContain(
      'which does not exist',
    )
  })
})

it('the default trunk is used by all that name none', async () => {
  const other = await createSite(test, { domain: 'usual.cloudonix.net' })
  const make = async (path: string, body: object) => (await test.api<Row>('POST', `${other.path}${path}`, body)).body
  const trunk = await make('/trunks', { name: 'usual', isDefault: true })
  const spare = await make('/trunks', { name: 'spare' })
  const to = (value: string, trunkIds?: string[]) => ({ type: 'number', value, trunkIds })
  await make('/outbound-rules', { name: 'Named', destinationPattern: '+1303*', trunkIds: [spare.id] })
  await make('/outbound-rules', { name: 'Unnamed', destinationPattern: '+1304*' })
  await make('/outbound-rules', {
    name: 'To an agent',
    destinationPattern: '+1305*',
    target: { type: 'agent', id: other.agents[0]!.id },
  })
  await make('/inbound-rules', { name: 'Away', pattern: '+12025550181', target: to('3035550181') })
  await make('/inbound-rules', { name: 'Desk', pattern: '+12025550182', target: to('1001') })
  await make('/inbound-rules', { name: 'Spare', pattern: '+12025550183', target: to('+13035550183', [spare.id]) })
  await make('/agent-groups', { name: 'Falls back', strategy: 'priority', fallback: to('+13035550184', []) })
  const own = (await test.api<Row>('GET', other.path)).body
  const change = { version: own.version, defaultTarget: to('+13035550185') }
  expect((await test.api('PATCH', other.path, change)).status).toBe(200)
  const users = async ({ id }: Row) => {
    const answer = await test.api<{ error: { details: { message: string }[] } }>('DELETE', `${other.path}/trunks/${id}`)
    return answer.status === 409 && answer.body.error.details.map((detail) => detail.message)
  }
  expect(await users(trunk)).toEqual([
    'group fallback Falls back',
    'inbound rule Away',
    'outbound rule Unnamed',
    'tenant default Acme',
  ])
  expect(await users(spare)).toEqual(['inbound rule Spare', 'outbound rule Named'])
})

describe('numbers', () => {
  it('are read as they are dialled, once each, and belong to agents that exist', async () => {
    const agentId = site.agents[0]!.id
    const made = await api('POST', '/numbers', { number: '(202) 555-0188', agentId })
    expect(made.body).toMatchObject({ number: '+12025550188', kind: 'agent', mayDialOut: false, agentId })
    expect((await api('POST', '/numbers', { number: '+12025550188' })).status).toBe(409)
    expect(message(await api('POST', '/numbers', { number: 'anonymous' }))).toContain('is no number')
    expect(message(await api('POST', '/numbers', { number: '+12025550189', agentId: 'x' }))).toContain('voice agent x')
    const { id } = made.body
    expect(
      (await api('PATCH', `/numbers/${id}`, { version: 1, mayDialOut: true, number: '+12025550190' })).body,
    ).toMatchObject({ mayDialOut: true, number: '+12025550190' })
    expect((await api<{ items: Row[] }>('GET', `/numbers?kind=agent&agentId=${agentId}`)).body.items).toHaveLength(1)
    expect(message(await test.api('DELETE', `${site.path}/voice-agents/${agentId}`))).toContain('number +12025550190')
    await api('POST', '/outbound-rules', { name: 'Shown', destinationPattern: '+1404*', callerId: '+12025550190' })
    expect(message(await api('DELETE', `/numbers/${id}`))).toContain('outbound rule Shown')
    const renamed = await api('PATCH', `/numbers/${id}`, { version: 2, number: '+12025550191' })
    expect([renamed.status, message(renamed)]).toEqual([409, expect.stringContaining('outbound rule Shown')])
    const kept = await api('PATCH', `/numbers/${id}`, { version: 2, number: '202 555 0190', mayDialOut: false })
    expect(kept.body).toMatchObject({ number: '+12025550190', mayDialOut: false })
    expect((await api('DELETE', `/numbers/${id}?force=true`)).status).toBe(204)
  })

  it.each(['12025550194', '2025550194', '+12025550194'])('are kept while a rule shows them as %s', async (callerId) => {
    const { id } = (await api('POST', '/numbers', { number: '+12025550194' })).body
    const rule = (await api('POST', '/outbound-rules', { name: 'As', destinationPattern: '+1405*', callerId })).body
    expect((await api('DELETE', `/numbers/${id}`)).status).toBe(409)
    await api('PATCH', `/outbound-rules/${rule.id}`, { version: 1, callerId: 'ACME' })
    expect((await api('DELETE', `/numbers/${id}`)).status).toBe(204)
  })
})

describe('outbound rules', () => {
  it('have defaults, and are changed, reordered and deleted', async () => {
    const one = (await api('POST', '/outbound-rules', { destinationPattern: '+1 (505)*' })).body
    expect(one).toMatchObject({
      name: '+1505*',
      destinationPattern: '+1505*',
      trunkIds: [],
      stripDigits: 0,
      prepend: '',
      priority: 100,
      enabled: true,
    })
    const two = (await api('POST', '/outbound-rules', { destinationPattern: '*', callerPattern: '1001' })).body
    expect(two).toMatchObject({ name: 'Any destination', callerPattern: '1001' })
    expect((await api('POST', '/outbound-rules/reorder', { ids: [two.id, one.id] })).body).toEqual({ changed: 2 })
    const next = await api('PATCH', `/outbound-rules/${two.id}`, {
      version: 2,
      callerPattern: null,
      destinationPattern: '+1506*',
      prepend: '9',
      callerId: '+12025550100',
    })
    expect(next.body).toMatchObject({ destinationPattern: '+1506*', prepend: '9', priority: 10, version: 3 })
    expect(next.body['callerPattern']).toBeUndefined()
    const ids = [one.id, two.id]
    expect((await api('POST', '/outbound-rules/bulk', { action: 'disable', ids })).body).toEqual({ changed: 2 })
    expect((await api<{ items: Row[] }>('GET', '/outbound-rules?enabled=false')).body.items).toHaveLength(2)
    expect((await api('DELETE', `/outbound-rules/${one.id}`)).status).toBe(204)
    expect((await api('GET', `/outbound-rules/${one.id}`)).status).toBe(404)
    expect((await api('POST', '/outbound-rules/bulk', { action: 'delete', ids })).body).toEqual({ changed: 1 })
  })

  it.each([
    [{ destinationPattern: '+1*2' }, 'before its end'],
    [{ destinationPattern: '*', trunkIds: ['nope'] }, 'names trunk nope, which does not exist'],
    [{ destinationPattern: '*', target: { type: 'hangup' } }, 'name a voice agent or an agent group'],
    [{ destinationPattern: '*', target: { type: 'group', id: 'x' }, trunkIds: ['y'] }, 'names trunks and a target'],
    [{ destinationPattern: '*', target: { type: 'group', id: 'x' }, prepend: '9' }, 'only calls through trunks have'],
    [{ destinationPattern: '*', target: { type: 'group', id: 'x' } }, 'names agent group x'],
  ])('refuses %j', async (rule, words) => {
    const refused = await api('POST', '/outbound-rules', rule)
    expect([refused.status, message(refused)]).toEqual([400, expect.stringContaining(words)])
  })
})

it('settings say what may be dialled, as patterns', async () => {
  const read = async () => (await test.api<Row>('GET', site.path)).body
  for (const [change, words] of [
    [{ settings: { outboundAllow: ['+1*2'] } }, 'before its end'],
    [{ settings: { outboundDeny: ['01144*'] } }, 'instead of "01144*" write +44*'],
    [{ settings: { outboundDeny: ['011*'] } }, 'write +* for every international number, or name countries'],
    [{ defaultCountry: 'DE', settings: { outboundDeny: ['0900*'] } }, 'write +49900*'],
  ] as const) {
    const bad = await test.api('PATCH', site.path, { version: (await read()).version, ...change })
    expect([bad.status, message(bad)]).toEqual([400, expect.stringContaining(words)])
  }
  const settings = { outboundAllow: ['+1 (202)*'], outboundDeny: ['+1202900*'], trunkRetryOn: ['failed'] }
  const good = await test.api<Row>('PATCH', site.path, { version: (await read()).version, settings })
  expect(good.body['settings']).toMatchObject({ ...settings, outboundAllow: ['+1202*'] })
})

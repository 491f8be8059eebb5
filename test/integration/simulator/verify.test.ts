import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterEach, describe, expect, it } from 'vitest'
import { fetchExpectations, verifyCalls, type PlayedCall } from '../../../server/simulator/index.ts'

interface FakeRecord {
  readonly token: string
  readonly state: string
  readonly disposition?: string
  readonly attemptCount: number
  readonly agentId?: string
}

let stop = (): Promise<void> => Promise.resolve()
afterEach(() => stop())

const agents = [
  { id: 'a1', value: '+12025550171' },
  { id: 'a2', value: 'sip:+12025550172@sip.example.com' },
  { id: 'a3', value: '+12025550173' },
]
const member = (agentId: string, weight = 1, enabled = true) => ({ agentId, weight, enabled })

/** Two records to a page; `late` ones are there only from the third look on. */
const startApi = async (records: readonly FakeRecord[], late: readonly FakeRecord[] = []) => {
  let looks = 0
  const lists: Record<string, () => readonly unknown[]> = {
    '/api/v1/tenants/t1/voice-agents': () => agents,
    '/api/v1/tenants/t1/agent-groups': () => [
      { name: 'Sales', strategy: 'round_robin', members: [member('a1', 2), member('a2'), member('gone', 5, false)] },
      { name: 'Support', strategy: 'priority', members: [member('a3')] },
      { name: 'Night', strategy: 'load_balanced', members: [member('a3')] },
      { name: 'Desk', strategy: 'round_robin', members: [member('a4')] },
    ],
    '/api/v1/tenants/t1/inbound-rules': () => [
      { target: { type: 'agent', id: 'a4' } },
      { target: { type: 'group', id: 'g' } },
    ],
    '/api/v1/tenants/t1/calls': () => (++looks > 2 ? [...records, ...late] : records),
  }
  const server = createServer((request, response) => {
    const { pathname, searchParams } = new URL(request.url ?? '/', 'http://api.invalid')
    const answer = (status: number, value: unknown): void => {
      response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(value))
    }
    if (request.headers.authorization !== 'Bearer secret') return answer(401, { error: { code: 'UNAUTHENTICATED' } })
    if (pathname === '/api/v1/tenants/t1') return answer(200, { id: 't1', domain: 'acme.cloudonix.net' })
    const list = lists[pathname]
    if (!list) return answer(404, {})
    const token = searchParams.get('token')
    const all = (list() as FakeRecord[]).filter((item) => token === null || item.token === token)
    const start = Number(searchParams.get('cursor') ?? 0)
    const rest = start + 2 < all.length ? { nextCursor: String(start + 2) } : {}
    answer(200, { items: all.slice(start, start + 2), ...rest })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  stop = () =>
    new Promise((resolve) => {
      server.close(() => resolve())
      server.closeAllConnections()
    })
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, token: 'secret', tenantId: 't1' }
}

const played = (token: string, overrides: Partial<PlayedCall> = {}): PlayedCall => ({
  token,
  to: '+12025550100',
  state: 'completed',
  disposition: 'answered',
  dials: [{ value: '+12025550171', isAgent: true, outcome: 'answered' }],
  wasReordered: false,
  isCdrTaken: true,
  isComparable: true,
  ...overrides,
})
const record = (token: string, overrides: Partial<FakeRecord> = {}): FakeRecord => ({
  token,
  state: 'completed',
  disposition: 'answered',
  attemptCount: 1,
  agentId: 'a1',
  ...overrides,
})

describe('comparing records with what was played', () => {
  it('finds nothing where they agree, over several pages, and leaves out what cannot be compared', async () => {
    const sip = [{ value: '+12025550172@sip.example.com', isAgent: true, outcome: 'answered' as const }]
    const trunk = [{ value: '+12025550145', isAgent: false, outcome: 'answered' as const }]
    const access = await startApi([
      record('x'),
      record('a'),
      record('b', { agentId: 'a2' }),
      record('c', { agentId: undefined }),
    ])
    const calls = [
      played('a'),
      played('b', { dials: sip }),
      played('c', { dials: trunk }),
      played('d', { isComparable: false }),
    ]
    expect(await verifyCalls(calls, access, Date.now(), 0)).toEqual({ compared: 3, notComparable: 1, mismatches: [] })
  })

  it('names the token, the field, and both values where they differ', async () => {
    const access = await startApi([
      record('a', { state: 'connected', disposition: undefined }),
      record('b', { attemptCount: 2, agentId: 'a2' }),
    ])
    const { mismatches } = await verifyCalls([played('a'), played('b'), played('c')], access, Date.now(), 0)
    expect(mismatches).toEqual([
      { token: 'a', field: 'state', expected: 'completed', found: 'connected' },
      { token: 'a', field: 'disposition', expected: 'answered', found: 'none' },
      { token: 'b', field: 'attemptCount', expected: '1', found: '2' },
      { token: 'b', field: 'agent', expected: 'a1 (+12025550171)', found: 'a2' },
      { token: 'c', field: 'record', expected: 'a record', found: 'none' },
    ])
  })

  it('expects no agent where a message was all that answered', async () => {
    const dials = [{ value: '+12025550171', isAgent: true, outcome: 'busy' as const }]
    const access = await startApi([record('a'), record('b', { agentId: undefined })])
    const calls = [played('a', { dials }), played('b', { dials })]
    expect((await verifyCalls(calls, access, Date.now(), 0)).mismatches).toEqual([
      { token: 'a', field: 'agent', expected: 'none, for a message came after', found: 'a1' },
    ])
  })

  it('looks again until the server has settled', async () => {
    const access = await startApi([], [record('a')])
    expect(await verifyCalls([played('a')], access, Date.now(), 5000)).toMatchObject({ compared: 1, mismatches: [] })
  })

  it('reads many calls page by page instead of one by one', async () => {
    const tokens = Array.from({ length: 60 }, (_, index) => `t${index}`)
    const access = await startApi(tokens.map((token) => record(token)))
    const calls = tokens.map((token) => played(token))
    expect(await verifyCalls(calls, access, Date.now(), 0)).toMatchObject({ compared: 60, mismatches: [] })
  })

  it('learns the domain, and the ideal shares of groups that keep exact ones and have their agents to themselves', async () => {
    expect(await fetchExpectations(await startApi([]))).toEqual({
      domain: 'acme.cloudonix.net',
      groups: [{ name: 'Sales', weights: { '+12025550171': 2, 'sip:+12025550172@sip.example.com': 1 } }],
    })
  })

  it('says so when it may not read', async () => {
    const access = await startApi([])
    await expect(fetchExpectations({ ...access, token: 'wrong' })).rejects.toThrow('answered 401')
    await expect(fetchExpectations({ ...access, tenantId: 't2' })).rejects.toThrow('There is no tenant t2')
  })
})

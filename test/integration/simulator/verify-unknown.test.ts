import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterEach, describe, expect, it } from 'vitest'
import { fetchExpectations, verifyCalls, type PlayedCall } from '../../../server/simulator/index.ts'

let server: Server | undefined
afterEach(() => new Promise<void>((resolve) => (server ? server.close(() => resolve()) : resolve())))

/** A REST API of nothing but these answers; 404 for everything else. */
const startApi = async (answers: Readonly<Record<string, unknown>>) => {
  const api = createServer((request, response) => {
    const answer = answers[(request.url ?? '').split('?', 1)[0]!.replace('/api/v1/tenants/t1', '')]
    response.writeHead(answer === undefined ? 404 : 200, { connection: 'close' }).end(JSON.stringify(answer ?? {}))
  })
  server = api
  await new Promise<void>((resolve) => api.listen(0, '127.0.0.1', resolve))
  return { url: `http://127.0.0.1:${(api.address() as AddressInfo).port}`, token: 'secret', tenantId: 't1' }
}
const played: PlayedCall = {
  token: 'a',
  to: '+12025550100',
  state: 'completed',
  disposition: 'answered',
  dials: [{ value: '+12025550171', isAgent: true, outcome: 'answered' }],
  wasReordered: false,
  isCdrTaken: true,
  isComparable: true,
}
const record = { token: 'a', state: 'completed', disposition: 'answered', attemptCount: 1 }

describe('verifying against a tenant that changed meanwhile', () => {
  it('a dialled agent that is not configured is a mismatch, also when the record names none', async () => {
    const access = await startApi({ '/voice-agents': { items: [] }, '/calls': { items: [record] } })
    expect((await verifyCalls([played], access, Date.now(), 0)).mismatches).toEqual([
      { token: 'a', field: 'agent', expected: 'unknown agent (+12025550171)', found: 'none' },
    ])
  })

  it('a call without a dial has no agent to compare', async () => {
    const access = await startApi({ '/calls': { items: [{ ...record, attemptCount: 0 }] } })
    const { compared, mismatches } = await verifyCalls([{ ...played, dials: [] }], access, Date.now(), 0)
    expect({ compared, mismatches }).toEqual({ compared: 1, mismatches: [] })
  })

  it('records of other calls do not count', async () => {
    const access = await startApi({ '/calls': { items: [{ ...record, token: 'b' }] } })
    expect((await verifyCalls([played], access, Date.now(), 0)).mismatches).toMatchObject([{ field: 'record' }])
  })
})

describe('what a configuration lets one expect', () => {
  it('leaves out groups whose agents the default target or a fallback reaches too', async () => {
    const group = (name: string, agentId: string, fallback?: object) => ({
      name,
      strategy: 'round_robin',
      members: [{ agentId, weight: 2, enabled: true }],
      fallback,
    })
    const access = await startApi({
      '': { id: 't1', domain: 'acme.cloudonix.net', defaultTarget: { type: 'agent', id: 'a1' } },
      '/agent-groups': {
        items: [group('By default', 'a1'), group('By fallback', 'a2'), group('Own', 'a3', { type: 'agent', id: 'a2' })],
      },
    })
    expect(await fetchExpectations(access)).toEqual({
      domain: 'acme.cloudonix.net',
      groups: [{ name: 'Own', weights: { a3: 2 } }],
    })
  })
})

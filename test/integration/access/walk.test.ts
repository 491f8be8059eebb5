import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createDispatch } from '../../../server/operations/dispatch.ts'
import { operations, type Actor, type Handlers, type OperationName } from '../../../shared/contract/index.ts'
import type { Operation } from '../../../shared/contract/operation.ts'
import type { Role } from '../../../shared/vocabulary.ts'
import { inputsOf, type FullTenant } from '../../support/full-tenant.ts'
import { anAdminApp, bearer } from '../http-support.ts'

/** What may be done by whom, said once more by hand: a change of the contract that opens something has to be made here too. */
const analyst: readonly string[] = [
  ...['tenants.list', 'tenants.get', 'providers.list', 'account.get', 'account.changePassword', 'system.*'],
  ...['voiceAgents.list', 'voiceAgents.get', 'voiceAgents.circuitChanges'],
  ...['agentGroups.list', 'agentGroups.get', 'agentGroups.distribution'],
  ...['inboundRules', 'outboundRules', 'trunks', 'numbers', 'schedules'].flatMap((noun) => [
    `${noun}.list`,
    `${noun}.get`,
  ]),
  ...['routing.test', 'routing.testBatch', 'routing.analysis'],
  ...['routing.testCases.list', 'routing.testCases.get', 'routing.testCases.run'],
  ...['calls.live', 'calls.list', 'calls.get', 'calls.explain'],
  ...['summary', 'series', 'breakdown', 'heatmap', 'distribution', 'providers', 'deadlines', 'deadRules'].map(
    (figure) => `analytics.${figure}`,
  ),
  ...['savedFilters.*', 'exports.*', 'idempotency.get'],
  ...['list', 'get', 'diff', 'replay', 'dialect'].map((verb) => `webhookEvents.${verb}`),
]
const owner: readonly string[] = [
  ...['tenants.create', 'tenants.delete', 'providers.create', 'providers.update'],
  ...['retention.get', 'retention.update', 'retention.size', 'users.*', 'apiTokens.*'],
]
const own = ['account.get', 'account.changePassword']

const isAmong = (names: readonly string[], name: string): boolean =>
  names.includes(name) || names.some((one) => one.endsWith('.*') && name.startsWith(one.slice(0, -1)))
const leastRole = (name: string): Role =>
  isAmong(analyst, name) ? 'analyst' : isAmong(owner, name) ? 'owner' : 'admin'
const rank: Readonly<Record<Role, number>> = { analyst: 1, admin: 2, owner: 3 }

const actors: Readonly<Record<string, Actor | undefined>> = {
  nobody: undefined,
  owner: { kind: 'token', name: 'owner', role: 'owner' },
  'admin of all': { kind: 'token', name: 'admin', role: 'admin' },
  'analyst of all': { kind: 'token', name: 'analyst', role: 'analyst' },
  'admin of t1': { kind: 'token', name: 'admin1', role: 'admin', tenantId: 't1' },
  'analyst of t1': { kind: 'token', name: 'analyst1', role: 'analyst', tenantId: 't1' },
  'admin of t2': { kind: 'token', name: 'admin2', role: 'admin', tenantId: 't2' },
  'analyst of t2': { kind: 'token', name: 'analyst2', role: 'analyst', tenantId: 't2' },
}

const t1: FullTenant = {
  ids: new Proxy({} as FullTenant['ids'], { get: (_target, kind) => (kind === 'tenantId' ? 't1' : String(kind)) }),
  marks: [],
  number: '+12025550100',
  caller: '+12025550101',
  play: () => Promise.reject(new Error('There is no server here')),
}
const inputs = inputsOf(t1) as Readonly<Record<string, Record<string, unknown>>>
const all = Object.entries<Operation>(operations)

/** What has to come, by the table above and by nothing of the product. */
const expected = (name: string, { method, path }: Operation, actor: Actor | undefined): string => {
  if (!actor) return 'UNAUTHENTICATED'
  if (rank[actor.role] < rank[leastRole(name)]) return 'FORBIDDEN'
  if (actor.tenantId === undefined || own.includes(name)) return 'let in'
  if (path.startsWith('/api/v1/tenants/:tenantId')) return actor.tenantId === 't1' ? 'let in' : 'NOT_FOUND'
  return method === 'GET' ? 'let in' : 'FORBIDDEN'
}

describe('operations by roles, transports and tenants', () => {
  let reached: { name: string; actor: Actor }[] = []
  const handlers = Object.fromEntries(
    all.map(([name]) => [
      name,
      async (actor: Actor) => {
        reached.push({ name, actor })
        return {}
      },
    ]),
  ) as unknown as Handlers
  const dispatch = createDispatch(handlers, (error) => {
    throw error
  })

  const over = {
    IPC: async (name: string, actor: Actor | undefined): Promise<string> => {
      const reply = await dispatch(actor, name, inputs[name])
      return reply.ok ? 'let in' : reply.error.code
    },
    REST: async (name: string, actor: Actor | undefined): Promise<string> => {
      const { method, path, isFile } = operations[name as OperationName] as Operation
      const given = inputs[name] ?? {}
      const inPath = [...path.matchAll(/:(\w+)/g)].map(([, key]) => key ?? '')
      const url = path.replace(/:(\w+)/g, (_whole, key: string) => String(given[key]))
      const input = Object.fromEntries(Object.entries(given).filter(([key]) => !inPath.includes(key)))
      const isQuery = method === 'GET' || method === 'DELETE'
      const query = new URLSearchParams(
        Object.entries(input).flatMap(([key, value]) => [value].flat().map((one) => [key, String(one)])),
      )
      const answer = await app.inject({
        method,
        url: isQuery ? `${url}?${query.toString()}` : url,
        headers: actor ? bearer(actor.name) : {},
        ...(!isQuery && { payload: input }),
      })
      // A file that is not there cannot be sent; who came so far was let in.
      if (answer.statusCode < 300 || (isFile && reached.length > 0)) return 'let in'
      return answer.json<{ error: { code: string } }>().error.code
    },
  }
  let app: Awaited<ReturnType<typeof anAdminApp>>['app']
  beforeAll(async () => {
    ;({ app } = await anAdminApp({
      dispatch,
      authenticate: async ({ bearer: name }) => {
        const actor = Object.values(actors).find((one) => one?.name === name)
        return actor && { actor }
      },
    }))
  })
  afterAll(() => app.close())

  it('are declared, each of them, and nothing else is', () => {
    const declared = [...analyst, ...owner].filter((name) => !name.endsWith('.*'))
    expect(declared.filter((name) => !Object.hasOwn(operations, name))).toEqual([])
    for (const [name, { access }] of all) expect([name, access]).toEqual([name, leastRole(name)])
    expect(Object.keys(inputs).sort()).toEqual(all.map(([name]) => name).sort())
  })

  it.each(['IPC', 'REST'] as const)('let in whom they should over %s, and nobody else', async (transport) => {
    const wrong: unknown[] = []
    let cases = 0
    for (const [name, operation] of all)
      for (const [who, actor] of Object.entries(actors)) {
        reached = []
        const came = await over[transport](name, actor)
        const due = expected(name, operation, actor)
        cases += 1
        if (came !== due || reached.length !== (due === 'let in' ? 1 : 0)) wrong.push({ name, who, due, came })
        if (reached.some((one) => one.actor.name !== actor?.name)) wrong.push({ name, who, reached })
      }
    console.log(
      `${cases} cases over ${transport}: ${all.length} operations, ${Object.keys(actors).length} kinds of callers`,
    )
    expect(wrong).toEqual([])
    expect(cases).toBe(all.length * 8)
  })
})

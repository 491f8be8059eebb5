import { join } from 'node:path'
import Database from 'better-sqlite3'
import { parse } from 'csv-parse/sync'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { RoutingTestCase, TestCaseResult, TestedRow } from '../../../shared/contract/routing-tests.ts'
import { databaseRows } from '../../support/database-rows.ts'
import { actionOf, createSite, dialled, newToken, numberOf, type Site } from '../../support/site.ts'
import { startTestServer, type TestServer } from '../../support/test-server.ts'

let test: TestServer
let site: Site
beforeAll(async () => {
  test = await startTestServer()
  site = await createSite(test)
})
afterAll(() => test.close())

const api = <T = Record<string, unknown>>(method: string, path: string, body?: unknown) =>
  test.api<T>(method, `${site.path}${path}`, body)
const ask = (to: string) => site.ask(newToken(), to)

const distribution = async () =>
  Promise.all(
    Object.values(site.groups).map(async ({ id }) => (await api('GET', `/agent-groups/${id}/distribution`)).body),
  )

describe('a test of the rules', () => {
  it('changes nothing, a thousand times over: no row, no rotation, no slot, no call', async () => {
    const numbers = Object.values(numberOf)
    const cdr = actionOf(await ask(numberOf.round_robin))
    expect(cdr).toContain('dial-result')
    const made = await api<RoutingTestCase>('POST', '/routing/test-cases', {
      name: 'Unchanged',
      from: '+12025550123',
      to: numberOf.round_robin,
      expect: { outcome: 'agent' },
    })
    expect(made.status).toBe(201)
    // Everything of before is written by the time an answer of the API about it is.
    const before = {
      rows: await databaseRows(test.dataDir),
      groups: await distribution(),
      live: (await api('GET', '/calls/live')).body,
    }
    const next = (await api<{ decision: { agentId: string } }>('POST', '/routing/test', { from: '', to: numbers[0] }))
      .body
    for (let n = 0; n < 100; n += 1)
      await api('POST', '/routing/test', { from: '+12025550123', to: numbers[n % numbers.length] })
    const rows = Array.from({ length: 800 }, (_, n) => ({ from: `+1202555${n}`, to: numbers[n % numbers.length] }))
    expect((await api('POST', '/routing/test-batch', { rows })).body).toMatchObject({ badRows: 0 })
    for (let n = 0; n < 100; n += 1)
      expect((await api('POST', '/routing/test-cases/run', {})).body).toMatchObject({ passed: 1, failed: 0 })
    expect((await api('GET', '/routing/analysis')).status).toBe(200)

    expect(await databaseRows(test.dataDir)).toEqual(before.rows)
    expect(await distribution()).toEqual(before.groups)
    expect((await api('GET', '/calls/live')).body).toEqual(before.live)
    const agent = site.agents.find(({ id }) => id === next.decision.agentId)
    expect(dialled(await ask(numberOf.round_robin))).toBe(agent?.value)
  })
})

describe('routing/test-batch', () => {
  interface Batch {
    items: TestedRow[]
    badRows: number
    csv?: string
  }
  const batch = (body: object) => api<Batch>('POST', '/routing/test-batch', body)

  it('answers a table: the number read, rule, group, agent, target', async () => {
    const { body } = await batch({ rows: [{ from: '2025550123', to: '(202) 555-0101' }, { to: '+4930123456' }] })
    expect(body.items).toEqual([
      expect.objectContaining({
        line: 1,
        from: '2025550123',
        to: '(202) 555-0101',
        fromNumber: '+12025550123',
        toNumber: numberOf.priority,
        direction: 'inbound',
        ruleName: 'Rule priority',
        groupName: 'Group priority',
        agentName: 'Agent 1',
        target: { type: 'agent', id: site.agents[0]?.id },
      }),
      expect.objectContaining({ line: 2, toNumber: '+4930123456', target: { type: 'reject', value: 'congestion' } }),
    ])
    expect(body).not.toHaveProperty('csv')
  })

  it('reads CSV, names what is bad by its line, and loses nothing', async () => {
    const long = '1'.repeat(300)
    const csv = `\ufeffFrom , note, TO\r\n\r\n+1202,x,+12025550101\n"a"b,c,d\n,,\n=1+1,,"@SUM(1,2)"\n+1,,${long}\n"+1,,+12025550102\n+1,,+12025550102\n`
    const { body } = await batch({ csv, format: 'csv' })
    expect(body.badRows).toBe(4)
    expect(
      body.items.map(({ line, to, problem, ruleName }) => [line, to.slice(0, 20), problem?.split(':')[0], ruleName]),
    ).toEqual([
      [3, '+12025550101', undefined, 'Rule priority'],
      [4, '"a"b,c,d', 'Invalid Closing Quote', undefined],
      [5, '', 'The number that is called is missing', undefined],
      [6, '@SUM(1,2)', undefined, undefined],
      [7, long.slice(0, 20), 'A number is longer than 255 characters', undefined],
      [8, '"+1,,+12025550102', 'Quote Not Closed', undefined],
      [9, '+12025550102', undefined, 'Rule load_balanced'],
    ])
    const lines = (body.csv ?? '').trimEnd().split('\n')
    expect(lines).toHaveLength(8)
    expect(lines[0]).toMatch(/^line,from,to,problem,fromNumber/)
    expect(lines[4]).toMatch(/^6,'=1\+1,"'@SUM\(1,2\)",/)
    for (const cell of parse(body.csv ?? '').flat()) expect(cell).not.toMatch(/^[=+@\t\r-]/)
  })

  it('takes back the CSV that it answered with, with the same result', async () => {
    const rows = [
      { from: '+1202', to: numberOf.priority },
      { from: '-1', to: '@x' },
      { from: "'", to: "'1" },
    ]
    const { body: first } = await batch({ rows, format: 'csv' })
    expect(first.csv).toContain(`'${numberOf.priority}`)
    const { body: again } = await batch({ csv: first.csv })
    const asked = ({ from, to, toNumber, target }: TestedRow) => ({ from, to, toNumber, target })
    expect(again.items.map(asked)).toEqual(first.items.map(asked))
  })

  it('reads the semicolons of other spreadsheets', async () => {
    const { body } = await batch({ csv: 'to;from\n+12025550101;+1', direction: 'outbound', format: 'csv' })
    expect(body.items).toMatchObject([{ line: 2, direction: 'outbound', target: { type: 'reject' } }])
  })

  it.each([
    ['neither rows nor text', {}, 'either as rows or as csv'],
    ['both', { rows: [], csv: 'to' }, 'either as rows or as csv'],
    ['text without the column', { csv: 'from,number\n1,2' }, 'no column "to"'],
    ['text without a readable header', { csv: '"to\n1' }, 'no column "to"'],
    ['no text at all', { csv: '' }, 'no column "to"'],
    ['too many rows', { csv: `to\n${'+1\n'.repeat(10_001)}` }, 'more than 10000 rows'],
  ])('refuses %s', async (_, body, why) => {
    const refused = await batch(body)
    expect(refused.status).toBe(400)
    expect(refused.text).toContain(JSON.stringify(why).slice(1, -1))
  })

  it('takes ten thousand rows', async () => {
    const rows = Array.from({ length: 10_000 }, () => ({ from: '+12025550123', to: numberOf.priority }))
    const { body } = await batch({ rows })
    expect(body.items).toHaveLength(10_000)
    expect(new Set(body.items.map(({ ruleName }) => ruleName))).toEqual(new Set(['Rule priority']))
  })

  it('does not know a tenant that is not there', async () => {
    for (const path of ['test-batch', 'test-cases/run'])
      expect((await test.api('POST', `/tenants/nobody/routing/${path}`, {})).status).toBe(404)
    for (const path of ['analysis', 'test-cases'])
      expect((await test.api('GET', `/tenants/nobody/routing/${path}`)).status).toBe(404)
  })
})

describe('test cases', () => {
  const cases = '/routing/test-cases'
  const make = async (name: string, more: object): Promise<RoutingTestCase> => {
    const answer = await api<RoutingTestCase>('POST', cases, {
      name,
      from: '+12025550123',
      to: numberOf.priority,
      ...more,
    })
    expect(answer).toMatchObject({ status: 201 })
    return answer.body
  }
  const run = async (ids?: string[]) =>
    (await api<{ passed: number; failed: number; items: TestCaseResult[] }>('POST', `${cases}/run`, { ids })).body

  it('are kept, changed and deleted', async () => {
    const made = await make('Kept', { direction: 'inbound', atMs: 5, expect: { outcome: 'agent' } })
    const path = `${cases}/${made.id}`
    expect((await api('GET', path)).body).toEqual(made)
    expect(
      (await api('POST', cases, { ...{ name: 'Kept', from: '', to: '+1' }, expect: { outcome: 'agent' } })).status,
    ).toBe(409)
    expect((await api('POST', cases, { name: 'Empty', from: '', to: '+1', expect: {} })).status).toBe(400)
    const changed = await api('PATCH', path, { version: 1, direction: null, atMs: null, name: 'Held' })
    expect(changed.body).toMatchObject({ name: 'Held', version: 2 })
    expect(changed.body).not.toHaveProperty('direction')
    expect((await api('PATCH', path, { version: 1, name: 'Late' })).status).toBe(409)
    const listed = await api<{ items: RoutingTestCase[] }>('GET', `${cases}?search=held`)
    expect(listed.body.items).toEqual([(await api('GET', path)).body])
    expect((await api('DELETE', path)).status).toBe(204)
    expect((await api('DELETE', path)).status).toBe(404)
    expect((await api('GET', path)).status).toBe(404)
  })

  it('pass when everything named is so, and tell what came instead', async () => {
    const groupId = site.groups.priority.id
    const agentId = site.agents[0]?.id
    const rules = await api<{ items: { id: string; name: string }[] }>('GET', '/inbound-rules')
    const ruleId = rules.body.items.find(({ name }) => name === 'Rule priority')?.id
    const right = await make('Right', {
      expect: {
        outcome: 'agent',
        direction: 'inbound',
        ruleId,
        groupId,
        agentId,
        provider: 'vapi',
        target: { type: 'group', id: groupId },
      },
    })
    const wrong = await make('Wrong', {
      to: '+4930123456',
      expect: { outcome: 'agent', ruleId, target: { type: 'message', value: 'Hello' } },
    })
    expect(await run([right.id])).toMatchObject({ passed: 1, failed: 0, items: [{ name: 'Right', differences: [] }] })
    expect(await run([wrong.id])).toMatchObject({
      passed: 0,
      failed: 1,
      items: [
        {
          passed: false,
          decision: { target: { type: 'reject' } },
          differences: [
            { field: 'outcome', expected: 'agent', came: 'reject' },
            { field: 'ruleId', expected: ruleId, came: 'none' },
            { field: 'target', expected: 'spoken message, then hang-up', came: 'reject (congestion)' },
          ],
        },
      ],
    })
    expect((await run()).items.map(({ name }) => name)).toEqual(['Right', 'Unchanged', 'Wrong'])
    expect((await api('POST', `${cases}/run`, { ids: ['nobody'] })).status).toBe(404)
  })
})

describe('routing/analysis', () => {
  interface Found {
    configVersion: number
    rules: number
    counts: Record<string, number>
    findings: { kind: string; message: string; ruleId?: string; witness?: { to: string } }[]
    moreFindings: number
    reached: { ruleId: string; to: string; from: string }[]
  }
  const look = async (query = '') => (await api<Found>('GET', `/routing/analysis${query}`)).body

  it('finds what is wrong, and a call for each rule that is right, which the server routes by that rule', async () => {
    const clean = await look()
    expect(clean).toMatchObject({ rules: 3, counts: {}, findings: [] })
    for (const { ruleId, to, from } of clean.reached) {
      const { body } = await api<{ decision: { ruleId: string } }>('POST', '/routing/test', { to, from })
      expect(body.decision.ruleId).toBe(ruleId)
    }
    const rule = (more: object) =>
      api<{ id: string }>('POST', '/inbound-rules', { target: { type: 'hangup' }, ...more })
    const late = await rule({ pattern: numberOf.priority, callerPattern: '+44*', priority: 500 })
    await rule({ pattern: '+4930*' })
    await rule({ pattern: '+4930*' })
    const found = await look()
    expect(found).toMatchObject({ rules: 6, counts: { shadowed: 1, duplicate: 1 } })
    expect(found.configVersion).toBeGreaterThan(clean.configVersion)
    expect(found.findings[0]).toMatchObject({
      kind: 'shadowed',
      ruleId: late.body.id,
      witness: { to: numberOf.priority },
    })
    expect((await look('?kind=duplicate')).findings.map(({ kind }) => kind)).toEqual(['duplicate'])
    expect(await look('?kind=duplicate&kind=shadowed&limit=1')).toMatchObject({ moreFindings: 1 })
    expect(await look(`?ruleId=${late.body.id}`)).toMatchObject({ counts: { shadowed: 1 }, reached: [] })
    const [one, two] = await Promise.all([look(), look()])
    expect(one).toEqual(two)
  })

  it('knows outbound rules and trunks: what was disabled is told, and an example is routed by its rule', async () => {
    const before = (await look()).rules
    const trunk = (await api<{ id: string }>('POST', '/trunks', { name: 'usual', isDefault: true })).body
    const rule = (more: object) =>
      api<{ id: string }>('POST', '/outbound-rules', { destinationPattern: '+49*', ...more })
    const first = (await rule({ name: 'First' })).body.id
    const second = (await rule({ name: 'Second', callerPattern: '1001', priority: 500 })).body.id
    const third = (await rule({ name: 'Third', destinationPattern: '+48*', trunkIds: [trunk.id] })).body.id
    const found = await look()
    expect(found.rules).toBe(before + 3)
    expect(found.findings.find(({ ruleId }) => ruleId === second)?.kind).toBe('shadowed')
    for (const { ruleId, to, from } of found.reached.filter((one) => [first, third].includes(one.ruleId))) {
      const call = { to, from, direction: 'outbound' }
      expect(
        (await api<{ explanation: { rules: object[] } }>('POST', '/routing/test', call)).body.explanation.rules,
      ).toEqual(expect.arrayContaining([expect.objectContaining({ ruleId, chosen: true })]))
    }
    expect(found.reached.filter(({ ruleId }) => [first, third].includes(ruleId))).toHaveLength(2)
    await api('PATCH', `/trunks/${trunk.id}`, { version: 1, enabled: false })
    for (const ruleId of [first, third]) expect((await look(`?ruleId=${ruleId}`)).counts).toEqual({ unusable_trunk: 1 })
    await api('PATCH', `/trunks/${trunk.id}`, { version: 2, enabled: true, isDefault: false })
    expect((await look(`?ruleId=${first}`)).counts).toEqual({ no_trunk: 1 })
    expect((await look(`?ruleId=${third}`)).counts).toEqual({})
    for (const id of [first, second, third]) await api('DELETE', `/outbound-rules/${id}`)
  })

  it('tells a stored pattern that can no longer be read', async () => {
    const { body } = await api<{ id: string }>('POST', '/inbound-rules', {
      pattern: '+999*',
      callerPattern: '+998*',
      target: { type: 'hangup' },
    })
    const spoil = (column: string, text: string) => {
      const db = new Database(join(test.dataDir, 'switchyard.db'))
      db.prepare(`UPDATE inbound_routing_rules SET ${column} = ? WHERE id = ?`).run(text, body.id)
      db.close()
    }
    spoil('caller_pattern', '+1*2')
    expect((await look(`?ruleId=${body.id}`)).findings).toMatchObject([{ kind: 'unreachable' }])
    spoil('pattern', '+1*2')
    expect((await look(`?ruleId=${body.id}`)).findings[0]?.message).toContain('before its end')
  })
})

import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createSite, dialled, newToken, numberOf, voiceRequest, type Site } from '../../support/site.ts'
import { startTestServer, type TestServer } from '../../support/test-server.ts'

type Row = Record<string, unknown> & { id: string; version: number }

let test: TestServer
let site: Site
beforeAll(async () => {
  test = await startTestServer()
  site = await createSite(test, { timeZone: 'Europe/Berlin' })
})
afterAll(() => test.close())

const api = <T = Row>(method: string, path: string, body?: unknown) => test.api<T>(method, `${site.path}${path}`, body)
const make = async (path: string, body: unknown): Promise<Row> => {
  const answer = await api('POST', path, body)
  expect(answer).toMatchObject({ status: 201 })
  return answer.body
}
const office = [1, 2, 3, 4, 5].map((day) => ({ day, from: '09:00', to: '17:00' }))
const always = [1, 2, 3, 4, 5, 6, 7].map((day) => ({ day, from: '00:00', to: '24:00' }))
let named = 0
const aName = () => `Schedule ${(named += 1)}`
const message = (value: string) => ({ type: 'message', value })

interface Tested {
  decision: Record<string, unknown>
  explanation: {
    summary: string
    rules: { name: string; verdict: string }[]
    steps: { outcome: string; members?: { name: string; eligible: boolean; verdict: string }[] }[]
  }
}
/** Monday 2026-06-01, 13:00 in Berlin; the Sunday before. */
const monday = Date.UTC(2026, 5, 1, 11)
const sunday = monday - 86_400_000
const route = async (to: string, atMs?: number) => {
  const answer = await api<Tested>('POST', '/routing/test', { from: '+12025550123', to, atMs })
  expect(answer.status).toBe(200)
  return answer.body
}

describe('a schedule', () => {
  it('is made, listed, read, changed and deleted, and everybody is told', async () => {
    const told: unknown[] = []
    const stop = test.server.events.subscribe(({ name, payload }) => {
      if (name === 'schedule.changed') told.push(payload)
    })
    const schedule = await make('/schedules', {
      name: 'Lunch',
      weekly: [
        { day: 2, from: '12:00', to: '13:00' },
        { day: 1, from: '12:30', to: '24:00' },
        { day: 1, from: '00:00', to: '12:30' },
      ],
      holidays: [
        { date: '2026-12-25', open: [] },
        { date: '2026-01-01', open: [{ from: '10:00', to: '11:00' }] },
      ],
    })
    expect(schedule).toMatchObject({
      name: 'Lunch',
      version: 1,
      timeZone: 'Europe/Berlin',
      weekly: [
        { day: 1, from: '00:00', to: '12:30' },
        { day: 1, from: '12:30', to: '24:00' },
        { day: 2, from: '12:00', to: '13:00' },
      ],
      holidays: [{ date: '2026-01-01', open: [{ from: '10:00', to: '11:00' }] }, { date: '2026-12-25' }],
    })
    expect((await api('GET', `/schedules/${schedule.id}`)).body).toEqual(schedule)
    expect((await api('GET', '/schedules?search=lunch')).body).toMatchObject({ items: [schedule], total: 1 })
    const change = (version: number, fields: object) =>
      api('PATCH', `/schedules/${schedule.id}`, { version, ...fields })
    expect((await change(1, { timeZone: 'UTC', holidays: [] })).body).toMatchObject({
      version: 2,
      timeZone: 'UTC',
      holidays: [],
      weekly: schedule['weekly'],
    })
    expect((await change(1, { name: 'Late' })).status).toBe(409)
    expect((await api('DELETE', `/schedules/${schedule.id}`)).status).toBe(204)
    expect((await api('GET', `/schedules/${schedule.id}`)).status).toBe(404)
    expect((await api('DELETE', `/schedules/${schedule.id}`)).status).toBe(404)
    stop()
    expect(told).toEqual(
      ['created', 'updated', 'deleted'].map((kind) => ({ tenantId: site.tenant.id, id: schedule.id, change: kind })),
    )
  })

  it.each<[string, object, string, string]>([
    ['no hours', { weekly: undefined }, '/weekly', 'is required'],
    ['a day that is none', { weekly: [{ day: 8, from: '09:00', to: '17:00' }] }, '/weekly/0/day', '<= 7'],
    [
      'a field that is none',
      { weekly: [{ day: 1, from: '09:00', to: '17:00', hours: 8 }] },
      '/weekly/0/hours',
      'field',
    ],
    ['a time that is none', { weekly: [{ day: 1, from: '9 am', to: '17:00' }] }, '/weekly/0/from', 'HH:MM'],
    ['a night in one range', { weekly: [{ day: 1, from: '22:00', to: '06:00' }] }, '/weekly/0/to', 'two ranges'],
    ['hours that overlap', { weekly: [...office, { day: 3, from: '16:00', to: '20:00' }] }, '/weekly/5', 'overlaps'],
    ['a date that is none', { holidays: [{ date: '25.12.2026' }] }, '/holidays/0/date', 'YYYY-MM-DD'],
    [
      'hours of a holiday that are none',
      { holidays: [{ date: '2026-12-25', open: [{ from: '10:00', to: '10:00' }] }] },
      '/holidays/0/open/0/to',
      'not after',
    ],
    ['a zone that is none', { timeZone: 'Berlin' }, '/timeZone', 'Europe/Berlin'],
    ['a blank name', { name: ' ' }, '/name', 'must match'],
  ])('is refused with %s', async (_what, over, path, words) => {
    const body = { name: aName(), weekly: office, ...over }
    const refused = await api<{ error: { code: string; details: { path: string; message: string }[] } }>(
      'POST',
      '/schedules',
      body,
    )
    expect(refused).toMatchObject({ status: 400, body: { error: { code: 'INVALID_INPUT', details: [{ path }] } } })
    expect(refused.body.error.details[0]?.message).toContain(words)
  })

  it('is not changed to hours that are none, and keeps its name to itself', async () => {
    const first = await make('/schedules', { name: aName(), weekly: office })
    const second = await make('/schedules', { name: aName(), weekly: office })
    const change = (fields: object) => api('PATCH', `/schedules/${second.id}`, fields)
    expect(await change({ version: 1, weekly: [{ day: 1, from: '10:00', to: '09:00' }] })).toMatchObject({
      status: 400,
      body: { error: { details: [{ path: '/weekly/0/to' }] } },
    })
    expect((await change({ version: 1, name: first['name'] })).status).toBe(409)
    expect(await change({ name: 'No version' })).toMatchObject({
      status: 400,
      body: { error: { details: [{ path: '/version' }] } },
    })
    expect((await api('POST', '/schedules', { name: first['name'], weekly: [] })).status).toBe(409)
  })

  it('belongs to its tenant', async () => {
    const other = (await test.api<Row>('POST', '/tenants', { name: 'Other', domain: 'other.cloudonix.net' })).body
    const theirs = await test.api<Row>('POST', `/tenants/${other.id}/schedules`, { name: 'Theirs', weekly: office })
    expect(theirs.body).toMatchObject({ timeZone: 'UTC' })
    expect((await api('GET', `/schedules/${theirs.body.id}`)).status).toBe(404)
    for (const [path, body] of [
      ['/inbound-rules', { pattern: '+12025550180', target: { type: 'hangup' } }],
      ['/voice-agents', { name: 'Borrower', provider: 'vapi', value: '+12025550181' }],
    ] as const) {
      const refused = await api('POST', path, { ...body, scheduleId: theirs.body.id })
      expect(refused).toMatchObject({ status: 400, body: { error: { details: [{ path: '/scheduleId' }] } } })
      expect(refused.text).toContain('which does not exist')
    }
    const [agent] = site.agents
    const refused = await api('PATCH', `/voice-agents/${agent?.id}`, { version: 1, scheduleId: theirs.body.id })
    expect(refused.status).toBe(400)
    expect((await test.api('GET', '/tenants/nobody/schedules')).status).toBe(404)
    expect((await test.api('POST', '/tenants/nobody/schedules', { name: 'X', weekly: [] })).status).toBe(404)
  })
})

describe('routing by schedule', () => {
  it('takes a call while the rule is in schedule, and passes the rule over when it is not', async () => {
    const schedule = await make('/schedules', { name: aName(), weekly: always })
    const [agent] = site.agents
    const number = '+12025550150'
    const rule = await make('/inbound-rules', {
      name: 'By schedule',
      pattern: number,
      scheduleId: schedule.id,
      target: { type: 'agent', id: agent?.id },
    })
    expect(rule).toMatchObject({ scheduleId: schedule.id })
    await make('/inbound-rules', { name: 'Else', pattern: number, priority: 200, target: message('We are closed') })
    const ask = async (token = newToken()) => ({
      token,
      cxml: (await test.webhook(`${site.base}/application`, voiceRequest(token, number))).text,
    })
    expect(dialled((await ask()).cxml)).toBe('+12025550171')
    const { body } = await api('PATCH', `/schedules/${schedule.id}`, { version: 1, weekly: [] })
    expect(body).toMatchObject({ version: 2 })
    const closed = await ask()
    expect(closed.cxml).toContain('We are closed')
    const call = await site.call(closed.token)
    expect(call.decisions[0]?.explanation.rules).toMatchObject([
      {
        name: 'By schedule',
        chosen: false,
        verdict: `outside its schedule ${schedule['name'] as string} (does not open in the next 400 days)`,
      },
      { name: 'Else', chosen: true },
    ])
    await test.restart()
    expect((await ask()).cxml).toContain('We are closed')
    const free = await api('PATCH', `/inbound-rules/${rule.id}`, { version: 1, scheduleId: null })
    expect(free.body).not.toHaveProperty('scheduleId')
    expect(dialled((await ask()).cxml)).toBe('+12025550171')
  })

  it('tells what would happen at another time', async () => {
    const schedule = await make('/schedules', { name: 'Office', weekly: office, holidays: [{ date: '2026-06-08' }] })
    const number = '+12025550151'
    await make('/inbound-rules', { name: 'Day', pattern: number, scheduleId: schedule.id, target: message('Hello') })
    await make('/inbound-rules', { name: 'Night', pattern: number, priority: 200, target: message('Good night') })
    const verdicts = async (atMs: number) => (await route(number, atMs)).explanation.rules.map(({ verdict }) => verdict)
    expect(await verdicts(monday)).toEqual(['chosen'])
    expect(await verdicts(sunday)).toEqual(['outside its schedule Office (opens Mon 09:00 Europe/Berlin)', 'chosen'])
    expect((await verdicts(monday + 7 * 86_400_000))[0]).toBe(
      'outside its schedule Office (opens Tue 09:00 Europe/Berlin)',
    )
    for (const atMs of [-1, 0.5, 8.7e15])
      expect((await api('POST', '/routing/test', { from: '1', to: '2', atMs })).status).toBe(400)
    expect((await verdicts(253_402_300_799_999)).at(-1)).toBe('chosen')
  })

  it('passes over agents that are outside theirs, and shows it in the distribution of their group', async () => {
    const schedule = await make('/schedules', { name: 'Never', weekly: [] })
    const [first] = site.agents
    const before = (await api('GET', `/voice-agents/${first?.id}`)).body
    const set = async (scheduleId: string | null) =>
      api('PATCH', `/voice-agents/${first?.id}`, {
        version: (await api('GET', `/voice-agents/${first?.id}`)).body.version,
        scheduleId,
      })
    expect((await set(schedule.id)).body).toMatchObject({ scheduleId: schedule.id })
    const why = 'outside its schedule Never (does not open in the next 400 days)'
    const tested = await route(numberOf.priority)
    expect(tested.decision).toMatchObject({ agentName: 'Agent 2' })
    expect(tested.explanation.steps[0]?.members?.[0]).toMatchObject({ eligible: false, verdict: why })
    const spread = await api<{ members: object[] }>('GET', `/agent-groups/${site.groups.priority.id}/distribution`)
    expect(spread.body.members[0]).toMatchObject({ name: 'Agent 1', eligible: false, why, targetShare: 0 })
    expect((await set(null)).body).not.toHaveProperty('scheduleId')
    expect((await route(numberOf.priority)).decision).toMatchObject({ agentName: before['name'] })
  })

  it('keeps a schedule that is in use; forced, its users take no calls and say so until they are given another', async () => {
    const schedule = await make('/schedules', { name: 'Busy', weekly: always })
    const agent = await make('/voice-agents', {
      name: 'Shifted',
      provider: 'vapi',
      value: '+12025550179',
      scheduleId: schedule.id,
    })
    const number = '+12025550152'
    const rule = await make('/inbound-rules', {
      name: 'Shift',
      pattern: number,
      scheduleId: schedule.id,
      target: { type: 'agent', id: agent.id },
    })
    await make('/inbound-rules', {
      name: 'Direct',
      pattern: number,
      priority: 200,
      target: { type: 'agent', id: agent.id },
    })
    expect(await api('DELETE', `/schedules/${schedule.id}`)).toMatchObject({
      status: 409,
      body: {
        error: {
          message:
            'Schedule Busy is in use by voice agent Shifted, inbound rule Shift; change those first, or delete with force=true',
          details: [{ path: `/voice-agent/${agent.id}` }, { path: `/inbound-rule/${rule.id}` }],
        },
      },
    })
    expect((await route(number)).decision).toMatchObject({ ruleId: rule.id, agentId: agent.id })
    expect((await api('DELETE', `/schedules/${schedule.id}?force=true`)).status).toBe(204)
    const why = `its schedule ${schedule.id} was deleted`
    const { decision, explanation } = await route(number)
    expect(decision).toMatchObject({ target: { type: 'reject', value: 'congestion' } })
    expect(explanation.rules.map(({ verdict }) => verdict)).toEqual([why, 'chosen'])
    expect(explanation.steps[0]?.outcome).toBe(`voice agent Shifted passed over: ${why}`)
    const renamed = await api('PATCH', `/inbound-rules/${rule.id}`, { version: 1, name: 'Shift of before' })
    expect(renamed.body).toMatchObject({ scheduleId: schedule.id })
    await api('PATCH', `/inbound-rules/${rule.id}`, { version: 2, scheduleId: null })
    await api('PATCH', `/voice-agents/${agent.id}`, { version: 1, scheduleId: null })
    expect((await route(number)).decision).toMatchObject({ ruleId: rule.id, agentId: agent.id })
  })
})

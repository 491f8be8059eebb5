import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { actionOf, dialled, dialResult, newToken, voiceRequest } from '../../support/site.ts'
import { startTestServer, type TestServer } from '../../support/test-server.ts'

interface Row {
  readonly id: string
}
interface Agent extends Row {
  readonly version: number
  readonly draining: boolean
  readonly circuitOverride: string
  readonly health: { readonly circuit: string; readonly circuitReason?: string; readonly retryAtMs?: number }
}

let test: TestServer
let tenant: string
let base: string
beforeAll(async () => {
  test = await startTestServer()
  const settings = { circuit: { coolOffSeconds: 1 } }
  const { body } = await test.api<{ id: string; tenantKey: string }>('POST', '/tenants', {
    name: 'Circuits',
    domain: 'circuits.cloudonix.net',
    settings,
  })
  tenant = `/tenants/${body.id}`
  base = `/voice/${body.tenantKey}`
})
afterAll(() => test.close())

const create = async <T extends Row>(noun: string, fields: object): Promise<T> => {
  const { status, body } = await test.api<T>('POST', `${tenant}/${noun}`, fields)
  expect(status, JSON.stringify(body)).toBe(201)
  return body
}
let numbers = 0
/** Agents of a provider each, a group of them, and a number that leads to it. */
const aLine = async (providers = ['vapi', 'retell'], settings: object = {}, strategy = 'priority') => {
  const to = `+1202555${String(2000 + (numbers += 1))}`
  const agents: Agent[] = []
  for (const [i, provider] of providers.entries()) {
    agents.push(
      await create('voice-agents', { name: `${to} ${i}`, provider, value: `${to.replace('1202', '1303')}${i}` }),
    )
  }
  const members = agents.map(({ id }, i) => ({ agentId: id, priority: i + 1 }))
  const group = await create('agent-groups', { name: to, strategy, settings, members })
  await create('inbound-rules', { pattern: to, target: { type: 'group', id: group.id } })
  const [first] = agents
  return {
    to,
    agents,
    groupId: group.id,
    values: agents.map((_, i) => `${to.replace('1202', '1303')}${i}`),
    first: first!,
  }
}
const ask = async (to: string, from?: string): Promise<{ token: string; cxml: string }> => {
  const token = newToken()
  return { token, cxml: (await test.webhook(`${base}/application`, voiceRequest(token, to, from))).text }
}
const report = async (token: string, cxml: string, result: string, to: string): Promise<string> =>
  (await test.webhook(actionOf(cxml), dialResult(token, result, to))).text
const agentNow = async (id: string): Promise<Agent> =>
  (await test.api<Agent>('GET', `${tenant}/voice-agents/${id}`)).body

const failThrice = async (to: string): Promise<void> => {
  for (let n = 0; n < 3; n += 1) {
    const { token, cxml } = await ask(to)
    await report(token, cxml, 'no-answer', to)
  }
}
const cooledOff = async (id: string): Promise<void> => {
  const { retryAtMs } = (await agentNow(id)).health
  await expect.poll(() => Date.now() >= retryAtMs!, { timeout: 10_000 }).toBe(true)
}
const limitProviders = async (providerLimits: Record<string, number> | null): Promise<void> => {
  const { version } = (await test.api<{ version: number }>('GET', tenant)).body
  const { status, text } = await test.api('PATCH', tenant, { version, settings: { providerLimits } })
  expect(status, text).toBe(200)
}
const timelineOf = async (id: string): Promise<string[]> => {
  interface Change {
    readonly from: string
    readonly to: string
    readonly reason?: string
  }
  const { items } = (await test.api<{ items: Change[] }>('GET', `${tenant}/voice-agents/${id}/circuit`)).body
  return items.map(({ from, to, reason }) => `${from} → ${to}${reason === undefined ? '' : `: ${reason}`}`)
}

describe('an agent that fails', () => {
  it('gets no attempt after its third failed result, is tried again, and comes back with an answer', async () => {
    const { to, values, first } = await aLine()
    const calls = await Promise.all(Array.from({ length: 50 }, () => ask(to)))
    expect(calls.every(({ cxml }) => dialled(cxml) === values[0])).toBe(true)
    for (const { token, cxml } of calls.slice(0, 3)) await report(token, cxml, 'failed', to)
    expect((await agentNow(first.id)).health).toMatchObject({ circuit: 'open', circuitReason: '3 failed in a row' })
    const after = await Promise.all(Array.from({ length: 20 }, () => ask(to)))
    expect(after.every(({ cxml }) => dialled(cxml) === values[1])).toBe(true)
    for (const { token, cxml } of calls.slice(3))
      expect(dialled(await report(token, cxml, 'failed', to))).toBe(values[1])

    await cooledOff(first.id)
    const trying = await Promise.all(Array.from({ length: 10 }, () => ask(to)))
    const trials = trying.filter(({ cxml }) => dialled(cxml) === values[0])
    expect(trials).toHaveLength(1)
    expect((await agentNow(first.id)).health.circuit).toBe('half_open')
    await report(trials[0]!.token, trials[0]!.cxml, 'answered', to)
    expect((await agentNow(first.id)).health.circuit).toBe('closed')
    expect(dialled((await ask(to)).cxml)).toBe(values[0])

    await expect
      .poll(() => timelineOf(first.id))
      .toEqual(['half_open → closed', 'open → half_open: 3 failed in a row', 'closed → open: 3 failed in a row'])
  })

  it('takes its provider along when others of it fail too, already for the call that shows it', async () => {
    const { to, values } = await aLine(['dasha', 'dasha', 'dasha', 'deepvox'], { maxAttempts: 4 })
    const first = await ask(to)
    await report(first.token, first.cxml, 'failed', to)
    const second = await ask(to)
    const next = await report(second.token, second.cxml, 'failed', to)
    expect(dialled(next)).toBe(values[1])
    expect(dialled(await report(second.token, next, 'failed', to))).toBe(values[3])
  })

  it('is tried by one call over a restart too, whose answer brings it back', async () => {
    const { to, values, first } = await aLine()
    await failThrice(to)
    await cooledOff(first.id)
    const trial = await ask(to)
    expect(dialled(trial.cxml)).toBe(values[0])
    await test.restart()
    expect((await agentNow(first.id)).health.circuit).toBe('half_open')
    await cooledOff(first.id)
    expect(dialled((await ask(to)).cxml)).toBe(values[1])
    await report(trial.token, trial.cxml, 'answered', to)
    expect((await agentNow(first.id)).health.circuit).toBe('closed')
    expect(dialled((await ask(to)).cxml)).toBe(values[0])
  })

  it('is still out after a restart', async () => {
    const { to, values, first } = await aLine()
    await failThrice(to)
    await test.restart()
    expect((await agentNow(first.id)).health).toMatchObject({ circuitReason: '3 failed in a row' })
    expect([values[0], values[1]]).toContain(dialled((await ask(to)).cxml))
    const two = [await ask(to), await ask(to)].map(({ cxml }) => dialled(cxml))
    expect(two).toContain(values[1])
  })
})

describe('what an admin says', () => {
  it('drains an agent and takes that back', async () => {
    const { to, values, first } = await aLine()
    const drained = await test.api<Agent>('POST', `${tenant}/voice-agents/${first.id}/drain`, { draining: true })
    expect(drained).toMatchObject({ status: 200, body: { draining: true } })
    expect(dialled((await ask(to)).cxml)).toBe(values[1])
    await test.api('POST', `${tenant}/voice-agents/${first.id}/drain`, { draining: false })
    expect(dialled((await ask(to)).cxml)).toBe(values[0])
  })

  it('holds a circuit open or closed, and leaves it to the results again, anew', async () => {
    const { to, values, first } = await aLine()
    const hold = (state: string) => test.api<Agent>('POST', `${tenant}/voice-agents/${first.id}/circuit`, { state })
    expect((await hold('open')).body).toMatchObject({ circuitOverride: 'open', health: { circuit: 'open' } })
    expect(dialled((await ask(to)).cxml)).toBe(values[1])
    expect((await hold('closed')).body.health).toMatchObject({ circuitReason: 'held closed by an admin' })
    for (let n = 0; n < 4; n += 1) {
      const { token, cxml } = await ask(to)
      expect(dialled(cxml)).toBe(values[0])
      await report(token, cxml, 'failed', to)
    }
    expect((await hold('auto')).body.health).toMatchObject({ circuit: 'closed' })
    expect(dialled((await ask(to)).cxml)).toBe(values[0])
    expect((await test.api('POST', `${tenant}/voice-agents/${first.id}/circuit`, { state: 'ajar' })).status).toBe(400)
    expect((await test.api('POST', `${tenant}/voice-agents/nobody/drain`, { draining: true })).status).toBe(404)
  })

  it('is on the timeline, and outlives a restart', async () => {
    const { to, values, first } = await aLine()
    const told: string[] = []
    test.server.events.subscribe((event) => {
      if (event.name === 'agent.circuitChanged') told.push(event.payload.change.to)
    })
    await failThrice(to)
    const hold = (state: string) => test.api('POST', `${tenant}/voice-agents/${first.id}/circuit`, { state })
    await hold('auto')
    await hold('auto')
    expect(told).toEqual(['open', 'closed'])
    await test.restart()
    expect((await agentNow(first.id)).health).toMatchObject({ circuit: 'closed' })
    await hold('open')
    await hold('closed')
    // What becomes of calls to it meanwhile neither opens it nor its provider.
    await failThrice(to)
    expect(await timelineOf(first.id)).toEqual([
      'open → closed: held closed by an admin',
      'closed → open: held open by an admin',
      'open → closed: left to its results by an admin',
      'closed → open: 3 failed in a row',
    ])
    await hold('auto')
    expect(dialled((await ask(to)).cxml)).toBe(values[0])
  })

  it('by deleting it ends what its calls have to say', async () => {
    const { to, values, first } = await aLine(['fonio', 'fonio', 'deepvox'])
    const calls = [await ask(to), await ask(to), await ask(to), await ask(to)]
    expect((await test.api('DELETE', `${tenant}/voice-agents/${first.id}?force=true`)).status).toBe(204)
    const told: unknown[] = []
    test.server.events.subscribe((event) => {
      if (event.name === 'agent.circuitChanged') told.push(event.payload.change)
    })
    for (const { token, cxml } of calls) expect(dialled(await report(token, cxml, 'failed', to))).toBe(values[1])
    expect(told).toEqual([])
  })

  it('shows in the distribution of its groups', async () => {
    const { to, agents, groupId } = await aLine(['vapi', 'retell', 'vapi'])
    const why = async () => {
      const path = `${tenant}/agent-groups/${groupId}/distribution`
      const { body } = await test.api<{ members: { eligible: boolean; why?: string; targetShare: number }[] }>(
        'GET',
        path,
      )
      return body.members.map(({ eligible, why: reason, targetShare }) => (eligible ? targetShare : reason))
    }
    expect(await why()).toEqual([1 / 3, 1 / 3, 1 / 3])
    await test.api('POST', `${tenant}/voice-agents/${agents[0]!.id}/drain`, { draining: true })
    await test.api('POST', `${tenant}/voice-agents/${agents[1]!.id}/circuit`, { state: 'open' })
    expect(await why()).toEqual(['draining: it takes no new calls', 'its circuit is held open', 1])
    await ask(to)
    await limitProviders({ vapi: 1 })
    expect((await why())[2]).toMatch(/^its provider vapi is at its limit/)
    await limitProviders(null)
  })

  it('limits a provider to its plan, which a dial that is over does not count in', async () => {
    const { to, values } = await aLine(['synthflow', 'synthflow'])
    await limitProviders({ synthflow: 1 })
    const { token, cxml } = await ask(to)
    expect(dialled((await ask(to)).cxml)).toBeUndefined()
    expect(dialled(await report(token, cxml, 'busy', to))).toBe(values[1])
    await limitProviders(null)
  })

  it('keeps callers with their agent, but not those who withhold their number: nobody knows who they are', async () => {
    const { to, values } = await aLine(['vapi', 'retell'], { stickyMinutes: 5 }, 'round_robin')
    for (const from of ['anonymous', 'Anonymous', 'sip:anonymous@anonymous.invalid', 'Restricted', '']) {
      const two = [await ask(to, from), await ask(to, from)]
      expect(two.map(({ cxml }) => dialled(cxml)).sort(), from).toEqual(values)
    }
  })

  it('limits a provider, keeps callers with their agent, and rings a member for its own time', async () => {
    const { to, values, agents } = await aLine(['ultravox', 'deepvox'], { stickyMinutes: 5 })
    await limitProviders({ ultravox: 1 })
    const first = await ask(to, '+12025550001')
    expect(dialled(first.cxml)).toBe(values[0])
    const second = await ask(to, '+12025550002')
    expect(dialled(second.cxml)).toBe(values[1])
    await report(first.token, first.cxml, 'answered', to)
    expect(dialled((await ask(to, '+12025550002')).cxml)).toBe(values[1])
    expect(dialled((await ask(to, '+12025550001')).cxml)).toBe(values[0])
    await limitProviders(null)

    const [group] = (await test.api<{ items: Row[] }>('GET', `${tenant}/agent-groups?search=${encodeURIComponent(to)}`))
      .body.items
    const members = agents.map(({ id }, i) => ({ agentId: id, priority: 2 - i, ringTimeoutSeconds: 40 + i }))
    await test.api('PUT', `${tenant}/agent-groups/${group!.id}/members`, { members })
    expect((await ask(to, '+12025550003')).cxml).toContain('timeout="41"')
  })
})

import Database from 'better-sqlite3'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import {
  actionOf,
  createSite,
  dialled,
  dialResult,
  newToken,
  numberOf,
  voiceRequest,
  type Site,
} from '../../support/site.ts'
import { startTestServer, type TestServer } from '../../support/test-server.ts'

let test: TestServer
let site: Site
beforeAll(async () => {
  test = await startTestServer()
  site = await createSite(test, { defaultTarget: { type: 'number', value: '+12025550900' } })
})
afterAll(() => test.close())

const ask = (token: string, to?: string, stage = 'one') => site.ask(token, to, stage)
const ruleTo = async (pattern: string, target: unknown): Promise<void> => {
  const { status, text } = await test.api('POST', `${site.path}/inbound-rules`, { pattern, target })
  if (status !== 201) throw new Error(text)
}
const activeCalls = async (agentId: string | undefined): Promise<number> =>
  (await test.api<{ health: { activeCalls: number } }>('GET', `${site.path}/voice-agents/${agentId}`)).body.health
    .activeCalls

/** Every document of a call that is busy wherever it goes. */
const busyEverywhere = async (token: string, first: string): Promise<(string | undefined)[]> => {
  const numbers: (string | undefined)[] = []
  for (
    let document = first;
    document.includes('<Dial ') && numbers.length < 20;
    document = await site.report(token, document, 'busy')
  ) {
    numbers.push(dialled(document))
  }
  return numbers
}

describe('nothing is dialled twice in one call', () => {
  it('neither an agent nor a number, however the targets lead to each other', async () => {
    await test.api('POST', `${site.path}/agent-groups`, { name: 'x' })
    const group = await test.api<{ id: string }>('POST', `${site.path}/agent-groups`, {
      name: 'Then the number',
      strategy: 'priority',
      members: site.agents.map(({ id }, i) => ({ agentId: id, priority: i + 1 })),
      fallback: { type: 'number', value: '+12025550901' },
    })
    await ruleTo('+12025550160', { type: 'group', id: group.body.id })
    const token = newToken()
    const numbers = await busyEverywhere(token, await ask(token, '+12025550160'))
    expect(numbers).toEqual(['+12025550171', '+12025550172', '+12025550173', '+12025550901', '+12025550900'])
    expect(await site.call(token)).toMatchObject({ state: 'busy', attemptCount: 5 })
  })

  it('nor at a later stage of the call', async () => {
    const token = newToken()
    const stages = []
    for (const stage of ['a', 'b', 'c']) stages.push(dialled(await ask(token, numberOf.round_robin, stage)))
    expect(new Set(stages).size).toBe(3)
    const call = await site.call(token)
    expect(call.attempts.map(({ n, endedAtMs }) => [n, endedAtMs !== undefined])).toEqual([
      [1, true],
      [2, true],
      [3, false],
    ])
    expect(await activeCalls(call.attempts[0]?.agentId)).toBeGreaterThanOrEqual(0)
  })
})

describe('when the store fails', () => {
  const lockStore = (): (() => void) => {
    const db = new Database(join(test.dataDir, 'switchyard.db'))
    db.exec('BEGIN EXCLUSIVE')
    return () => {
      db.exec('ROLLBACK')
      db.close()
    }
  }

  it(
    'callers are answered, CDRs are refused, and everything is stored once it works again',
    { timeout: 60_000 },
    async () => {
      const [token, other] = [newToken(), newToken()]
      const first = await ask(token, numberOf.priority)
      const unlock = lockStore()
      const second = await site.report(token, first, 'busy')
      expect(dialled(second)).toBe('+12025550172')
      const refused = await test.webhook(`${site.base}/cdr`, {
        session: { token: other },
        disposition: 'ANSWER',
        billsec: 5,
      })
      expect(refused.status).toBe(503)
      expect((await test.api<{ status: string }>('GET', '/system/health')).body.status).toBe('degraded')
      unlock()
      const again = await test.webhook(`${site.base}/cdr`, {
        session: { token: other },
        disposition: 'ANSWER',
        billsec: 5,
      })
      expect(again).toMatchObject({ status: 200 })
      const third = await site.report(token, second, 'busy')
      expect(dialled(third)).toBe('+12025550173')
      await test.restart()
      expect(await site.call(other)).toMatchObject({ state: 'completed', disposition: 'answered' })
      const call = await site.call(token)
      expect(call.attempts.map(({ n, result }) => [n, result])).toEqual([
        [1, 'busy'],
        [2, 'busy'],
        [3, undefined],
      ])
      expect(call.decisions).toHaveLength(3)
      expect((await test.api<{ status: string }>('GET', '/system/health')).body.status).toBe('ok')
    },
  )
})

describe('documents that Cloudonix would not understand', () => {
  it('cannot be configured', async () => {
    const { status } = await test.api('POST', `${site.path}/voice-agents`, {
      name: 'Broken',
      provider: 'vapi',
      value: '+12025550199',
      username: 'a',
      password: 'b\u0001c',
    })
    expect(status).toBe(400)
  })
})

describe('webhooks in unusual forms', () => {
  it('a list of session updates is handled one by one', async () => {
    const tokens = [newToken(), newToken()]
    for (const token of tokens) await ask(token, numberOf.priority)
    const list = tokens.map((token) => ({ token, eventId: `e-${token}`, status: 'answer', callAnswerTime: Date.now() }))
    expect(await test.webhook(`${site.base}/session`, list)).toMatchObject({ status: 200 })
    for (const token of tokens) expect((await site.call(token)).state).toBe('connected')
  })

  it('a credential that is no Bearer is refused where one is set', async () => {
    const { body: tenant } = await test.api<{ id: string; tenantKey: string }>('POST', '/tenants', {
      name: 'Guarded',
      domain: 'guarded.example',
      webhookApiKey: 'k-e-y',
    })
    const send = (headers: Record<string, string>) =>
      test.webhook(`/voice/${tenant.tenantKey}/cdr`, { session: { token: newToken() } }, headers)
    expect((await send({ authorization: 'Basic abc' })).status).toBe(401)
    expect((await send({})).status).toBe(200)
  })

  it('a key replaced without overlap is good for signed dial results only', async () => {
    const { body: tenant } = await test.api<{ id: string; tenantKey: string }>('POST', '/tenants', {
      name: 'Rotated',
      domain: 'rotated.example',
      defaultTarget: { type: 'number', value: '+12025550902' },
    })
    const token = newToken()
    const document = (await test.webhook(`/voice/${tenant.tenantKey}/application`, voiceRequest(token, '+1'))).text
    await test.api('POST', `/tenants/${tenant.id}/rotate-key`, { overlapSeconds: 0 })
    const unsigned = await test.webhook(`/voice/${tenant.tenantKey}/dial-result`, dialResult(token, 'busy', '+1'))
    expect(unsigned.text).toContain('<Reject')
    const signed = await test.webhook(actionOf(document), dialResult(token, 'answered', '+1'))
    expect(signed.text).toContain('<Hangup/>')
    const { body } = await test.api<{ state: string }>('GET', `/tenants/${tenant.id}/calls/${token}`)
    expect(body.state).toBe('completed')
  })

  it('numbers of a megabyte are cut, not kept', async () => {
    const token = newToken()
    await test.webhook(`${site.base}/application`, voiceRequest(token, numberOf.priority, '9'.repeat(900_000)))
    const call = await site.call(token)
    expect(call.from.length).toBeLessThanOrEqual(256)
    expect(JSON.stringify(call.decisions).length).toBeLessThan(10_000)
  })
})

describe('a clock that jumps', () => {
  it('neither ends calls nor frees their slots', async () => {
    const token = newToken()
    const document = await ask(token, numberOf.priority)
    const before = await activeCalls(site.agents[0]?.id)
    const real = Date.now
    const jump = vi.spyOn(Date, 'now').mockImplementation(() => real() + 6 * 3_600_000)
    try {
      expect(await activeCalls(site.agents[0]?.id)).toBe(before)
      expect(
        (await test.api<{ items: { token: string }[] }>('GET', `${site.path}/calls/live?limit=200`)).body.items.map(
          (call) => call.token,
        ),
      ).toContain(token)
      expect(dialled(await site.report(token, document, 'busy'))).toBe('+12025550172')
    } finally {
      jump.mockRestore()
    }
  })
})

import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import type { CallExplanation } from '../../../shared/contract/calls.ts'
import { fixtureJson, fixturesLike, fixtureText } from '../../support/cloudonix.ts'
import { checkCxml } from '../../support/cxml-check.ts'
import {
  actionOf,
  answeredCdr,
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
  site = await createSite(test)
})
afterAll(() => test.close())

const cdr = (token: string, disposition: string, more: object = {}) => answeredCdr(token, { disposition, ...more })

describe('a call', () => {
  it('goes to the next agent when one is busy, then to the next, then to the fallback, and is closed by its CDR', async () => {
    const token = newToken()
    const first = await site.ask(token)
    expect(dialled(first)).toBe('+12025550171')
    const second = await site.report(token, first, 'busy')
    expect(dialled(second)).toBe('+12025550172')
    const third = await site.report(token, second, 'no-answer')
    expect(dialled(third)).toBe('+12025550173')
    const last = await site.report(token, third, 'failed')
    expect(last).toContain('<Say language="en-US">All assistants are busy. Please call again later.</Say><Hangup/>')

    const closed = await test.webhook(`${site.base}/cdr`, cdr(token, 'NOANSWER', { billsec: 0 }))
    expect(closed).toMatchObject({ status: 200, body: { ok: true } })
    const call = await site.call(token)
    expect(call).toMatchObject({
      state: 'no_answer',
      disposition: 'no_answer',
      attemptCount: 3,
      direction: 'inbound',
      ruleName: 'Rule priority',
    })
    expect(call.attempts.map(({ n, agentName, result }) => [n, agentName, result])).toEqual([
      [1, 'Agent 1', 'busy'],
      [2, 'Agent 2', 'no_answer'],
      [3, 'Agent 3', 'failed'],
    ])
    expect(call.decisions).toHaveLength(4)
    expect(call.decisions[0]?.explanation.rules?.at(-1)).toMatchObject({ name: 'Rule priority', chosen: true })
    expect(call.decisions[1]?.explanation.after).toBe('attempt 1 (Agent 1): busy, the platform said busy')
    expect(call.decisions[1]?.explanation.steps[0]?.members?.[0]).toMatchObject({
      name: 'Agent 1',
      eligible: false,
      verdict: 'already tried in this call',
    })
    expect(call.transitions.filter(({ to }) => to).map(({ to }) => to)).toEqual([
      'received',
      'queued',
      'routing',
      'connecting',
      'routing',
      'connecting',
      'routing',
      'connecting',
      'routing',
      'no_answer',
    ])
    expect(call.webhookEvents.map(({ kind }) => kind)).toEqual([
      'voice_request',
      'dial_result',
      'dial_result',
      'dial_result',
      'cdr',
    ])
  })

  it('that was answered by a message alone names no agent, though its attempts do', async () => {
    const token = newToken()
    let document = await site.ask(token)
    for (const result of ['busy', 'no-answer', 'failed']) document = await site.report(token, document, result)
    expect(document).toContain('<Say')
    await test.webhook(`${site.base}/cdr`, cdr(token, 'ANSWER'))
    const call = await site.call(token)
    expect(call).toMatchObject({ state: 'completed', disposition: 'answered', attemptCount: 3 })
    for (const of of ['agentId', 'agentName', 'provider']) expect(call).not.toHaveProperty(of)
    expect(call.attempts.map(({ agentName }) => agentName)).toEqual(['Agent 1', 'Agent 2', 'Agent 3'])
    const agentId = site.agents[2]!.id
    const { body } = await test.api<{ items: unknown[] }>('GET', `${site.path}/calls?token=${token}&agentId=${agentId}`)
    expect(body.items).toEqual([])
  })

  it('ends with a hang-up when the agent answered, and frees its slot', async () => {
    const token = newToken()
    const document = await site.ask(token)
    const active = async () =>
      (await test.api<{ health: { activeCalls: number } }>('GET', `${site.path}/voice-agents/${site.agents[0]?.id}`))
        .body.health.activeCalls
    const during = await active()
    await test.webhook(`${site.base}/session`, {
      token,
      eventId: `a-${token}`,
      status: 'ANSWER',
      callAnswerTime: Date.now(),
    })
    expect((await site.call(token)).state).toBe('connected')
    expect(await site.report(token, document, 'answered')).toContain('<Response><Hangup/></Response>')
    expect(await active()).toBe(during - 1)
    expect(await site.call(token)).toMatchObject({ state: 'completed', disposition: 'answered', agentName: 'Agent 1' })
  })

  it('takes turns in round_robin', async () => {
    const calls = []
    for (let i = 0; i < 6; i += 1) calls.push(dialled(await site.ask(newToken(), numberOf.round_robin)))
    expect(calls).toEqual([
      '+12025550171',
      '+12025550172',
      '+12025550173',
      '+12025550171',
      '+12025550172',
      '+12025550173',
    ])
  })

  it('goes on by its signed action alone when everything else was lost', async () => {
    const token = newToken()
    const document = await site.ask(token)
    const other = await startTestServer()
    try {
      // The same tenant on an empty node would need its keys; here only the call is unknown.
      const stranger = await other.webhook(actionOf(document), dialResult(token, 'busy', numberOf.priority))
      expect(stranger).toMatchObject({ status: 200 })
      expect(stranger.text).toContain('<Reject reason="rejected"/>')
    } finally {
      await other.close()
    }
    await test.restart()
    expect(dialled(await site.report(token, document, 'busy'))).toBe('+12025550172')
  })
})

describe('the same request', () => {
  it('gets the same bytes and counts once, also both at once and after a restart', async () => {
    const token = newToken()
    const answers = await Promise.all(Array.from({ length: 8 }, () => site.ask(token, numberOf.round_robin, 'stage-1')))
    expect(new Set(answers).size).toBe(1)
    expect((await site.call(token)).decisions).toHaveLength(1)
    await test.restart()
    expect(await site.ask(token, numberOf.round_robin, 'stage-1')).toBe(answers[0])
    const [document = ''] = answers
    const results = await Promise.all(
      Array.from({ length: 4 }, () => site.report(token, document, 'busy', numberOf.round_robin)),
    )
    expect(new Set(results).size).toBe(1)
    // The first result wins: another one for the same attempt changes nothing.
    expect(await site.report(token, document, 'answered', numberOf.round_robin)).toBe(results[0])
    expect((await site.call(token)).attempts).toHaveLength(2)
  })
})

describe('out of order', () => {
  it('a dial result after the CDR gets a hang-up and takes no slot', async () => {
    const token = newToken()
    const document = await site.ask(token)
    await test.webhook(`${site.base}/cdr`, cdr(token, 'BUSY', { billsec: 0 }))
    expect(await site.report(token, document, 'busy')).toContain('<Response><Hangup/></Response>')
    expect(await site.call(token)).toMatchObject({ state: 'busy', disposition: 'busy', attemptCount: 1 })
  })

  it('a CDR of an unseen token makes the record; a second one corrects it once; a third is ignored', async () => {
    const token = newToken()
    await test.webhook(`${site.base}/cdr`, cdr(token, 'BUSY', { billsec: 0 }))
    expect(await site.call(token)).toMatchObject({
      state: 'busy',
      from: '+12025550123',
      to: '+12025550100',
      durationSeconds: 69,
    })
    await test.webhook(`${site.base}/cdr`, cdr(token, 'CONNECTED'))
    expect(await site.call(token)).toMatchObject({ state: 'completed', disposition: 'answered', talkSeconds: 63 })
    await test.webhook(`${site.base}/cdr`, cdr(token, 'FAILED'))
    const call = await site.call(token)
    expect(call).toMatchObject({ state: 'completed' })
    expect(call.webhookEvents.at(-1)).toMatchObject({
      outcome: 'ignored',
      reason: 'the outcome was corrected once already',
    })
  })

  it('a dial result for a call never seen, without our signature, gets a hang-up', async () => {
    const { text } = await test.webhook(`${site.base}/dial-result`, dialResult(newToken(), 'busy', numberOf.priority))
    expect(text).toContain('<Response><Hangup/></Response>')
  })

  it('a tampered signature is not trusted: the stored attempt is used', async () => {
    const token = newToken()
    const document = await site.ask(token)
    const tampered = actionOf(document).replace(/.$/, (last) => (last === 'A' ? 'B' : 'A'))
    const { text } = await test.webhook(tampered, dialResult(token, 'busy', numberOf.priority))
    expect(dialled(text)).toBe('+12025550172')
    expect((await site.call(token)).decisions[1]?.explanation.notes?.[0]).toContain('does not verify')
  })

  describe('a result that is not signed for comes twice: it counts once', () => {
    const alter = (action: string) => action.replace(/.$/, (last) => (last === 'A' ? 'B' : 'A'))
    const strip = (action: string) => action.replace(/[?].*/, '')
    it.each<[string, (action: string) => string, Record<string, string>]>([
      ['altered, of a named stage', alter, { 'x-cx-stageid': 'two' }],
      ['altered, of no named stage', alter, {}],
      ['missing, of a named stage', strip, { 'x-cx-stageid': 'two' }],
      ['missing, of no named stage', strip, {}],
    ])('%s', async (_name, change, headers) => {
      const token = newToken()
      const document = await site.ask(token)
      const send = async (action: string, more = headers) =>
        (await test.webhook(action, dialResult(token, 'busy', numberOf.priority), more)).text
      const changed = change(actionOf(document))
      // At once, however slow the machine is.
      const stopped = vi.spyOn(Date, 'now').mockReturnValue(Date.now())
      const both = await Promise.all([send(changed), send(changed)]).finally(() => stopped.mockRestore())
      expect(both.map(dialled)).toEqual(['+12025550172', '+12025550172'])
      expect(both[0]).toBe(both[1])
      expect((await site.call(token)).attempts.map(({ n, result }) => [n, result])).toEqual([
        [1, 'busy'],
        [2, undefined],
      ])
      // Signed for, it is still the result of its own attempt.
      expect(await send(actionOf(document))).toBe(both[0])
      expect(dialled(await send(change(actionOf(both[0])), { 'x-cx-stageid': 'three' }))).toBe('+12025550173')
    })

    it('and after a restart', async () => {
      const token = newToken()
      const document = await site.ask(token)
      const send = async () =>
        (await test.webhook(alter(actionOf(document)), dialResult(token, 'busy', numberOf.priority))).text
      const first = await send()
      await test.restart()
      expect(await send()).toBe(first)
      expect(await site.report(token, document, 'busy')).toBe(first)
      expect((await site.call(token)).attempts).toHaveLength(2)
    })

    it('but one that looks the same later on is the next result', async () => {
      const token = newToken()
      const send = async (document: string) =>
        (await test.webhook(strip(actionOf(document)), dialResult(token, 'busy', numberOf.priority))).text
      const second = await send(await site.ask(token))
      expect(dialled(second)).toBe('+12025550172')
      const real = Date.now
      const later = vi.spyOn(Date, 'now').mockImplementation(() => real() + 5000)
      try {
        expect(dialled(await send(second))).toBe('+12025550173')
      } finally {
        later.mockRestore()
      }
    })
  })

  it('a state of another call is not trusted', async () => {
    const [mine, other] = [newToken(), newToken()]
    const document = await site.ask(mine)
    const { text } = await test.webhook(actionOf(document), dialResult(other, 'busy', numberOf.priority))
    expect(text).toContain('<Response><Hangup/></Response>')
  })
})

describe('every voice-request fixture gets the right document', () => {
  const names = fixturesLike(/^voice-request.*\.json$/)
  it.each(names)('%s', async (name) => {
    const { status, text } = await test.webhook(`${site.base}/application`, fixtureJson(name))
    expect(status).toBe(200)
    expect(checkCxml(text)).toEqual([])
    if (/inbound/.test(name))
      expect(text).toMatch(/<Dial .*<Service provider="(vapi|retell|elevenlabs)">\+1202555017[123]<\/Service>/)
    else expect(text).toContain('<Reject reason="rejected"/>')
  })

  it('as a form and as a query too', async () => {
    const form = fixtureText('voice-request-inbound.form.txt').trim()
    const posted = await test.webhook(`${site.base}/application`, form, {
      'content-type': 'application/x-www-form-urlencoded',
    })
    expect(posted.text).toContain('<Dial ')
    const query = fixtureText('voice-request-get.query.txt').trim().split('?')[1] ?? ''
    const got = await fetch(`${test.server.urls.webhooks}${site.base}/application?${query}`)
    expect(await got.text()).toContain('<Dial ')
  })

  it('an agent that dials out is not connected to itself where a prefix covers the number that it dials', async () => {
    const target = { type: 'group', id: site.groups.priority.id }
    const rule = await test.api<{ id: string }>('POST', `${site.path}/inbound-rules`, { pattern: '+1202*', target })
    const token = newToken()
    const request = voiceRequest(token, '+12029990000', '+12025550171')
    expect((await test.webhook(`${site.base}/application`, request)).text).toContain('<Reject reason="rejected"/>')
    expect(await site.call(token)).toMatchObject({ direction: 'outbound', attemptCount: 0 })
    await test.api('DELETE', `${site.path}/inbound-rules/${rule.body.id}`)
  })

  it('an outbound call is rejected with its reason on record', async () => {
    await test.webhook(`${site.base}/application`, fixtureJson('voice-request-subscriber.json'))
    expect(await site.call('1111111111111111111111111111111a')).toMatchObject({
      direction: 'outbound',
      state: 'failed',
      attemptCount: 0,
    })
    expect((await site.call('1111111111111111111111111111111a')).reason).toContain('outbound')
  })
})

describe('an explanation', () => {
  it.each(['round_robin', 'priority', 'load_balanced'] as const)(
    'of a call to a group that goes by %s leads to the same choices again',
    async (strategy) => {
      const token = newToken()
      await site.report(token, await site.ask(token, numberOf[strategy]), 'busy', numberOf[strategy])
      const explain = () => test.api<CallExplanation>('GET', `${site.path}/calls/${token}/explain`)
      const { status, body } = await explain()
      const { attempts, ruleId } = await site.call(token)
      expect(status).toBe(200)
      expect(body.outcome).toBe('same')
      const chosen = body.decisions.map(({ choices }) => choices.map(({ again, same }) => [again, same]))
      expect(chosen).toEqual([
        [
          [ruleId, true],
          [attempts[0]?.agentId, true],
        ],
        [[attempts[1]?.agentId, true]],
      ])
    },
  )

  it('of a call that is not there is refused', async () => {
    const { status, body } = await test.api('GET', `${site.path}/calls/nobody/explain`)
    expect([status, body]).toMatchObject([404, { error: { message: 'There is no call nobody' } }])
  })
})

describe('what is remembered of a tenant', () => {
  it('is counted, and forgotten when it is asked to be: the same request is then decided anew', async () => {
    interface Statistics {
      answers: number
      duplicates: { kind: string; count: number }[]
    }
    const read = async () => (await test.api<Statistics>('GET', `${site.path}/idempotency`)).body
    const repeats = ({ duplicates }: Statistics) => duplicates.find(({ kind }) => kind === 'voice_request')?.count ?? 0
    const token = newToken()
    const before = await read()
    const first = await site.ask(token, numberOf.round_robin, 'stage-1')
    expect(await site.ask(token, numberOf.round_robin, 'stage-1')).toBe(first)
    const after = await read()
    expect([after.answers - before.answers, repeats(after) - repeats(before)]).toEqual([1, 1])
    const { status, body } = await test.api<{ forgotten: number }>('POST', `${site.path}/idempotency/reset`)
    expect([status, body.forgotten]).toEqual([200, after.answers])
    expect((await read()).answers).toBe(0)
    expect(dialled(await site.ask(token, numberOf.round_robin, 'stage-1'))).not.toBe(dialled(first))
    expect((await test.api('GET', '/tenants/nobody/idempotency')).status).toBe(404)
  })
})

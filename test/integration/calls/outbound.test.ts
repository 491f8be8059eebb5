import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { fixtureForm, fixtureJson } from '../../support/cloudonix.ts'
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

const callee = '+12025550145'
const agentNumber = '+12025550171'
let test: TestServer
let site: Site
let trunkIds: string[]
let ruleId: string

interface Row {
  id: string
  version: number
}
const api = <T = Row>(method: string, path: string, body?: unknown) => test.api<T>(method, `${site.path}${path}`, body)
const ask = (body: object) => test.webhook(`${site.base}/application`, body)
const subscriber = (token: string) => ({ ...voiceRequest(token, callee, '1001'), Direction: 'subscriber' })
const forged = (token: string) => voiceRequest(token, callee, agentNumber)
const result = (cxml: string, token: string, word: string) => site.report(token, cxml, word, callee)
const trunkOf = (cxml: string) => / trunks="([^"]+)"/.exec(cxml)?.[1]
const settings = async (change: object) => {
  const { body } = await test.api<Row>('GET', site.path)
  expect((await test.api('PATCH', site.path, { version: body.version, settings: change })).status).toBe(200)
}

beforeAll(async () => {
  test = await startTestServer()
  site = await createSite(test)
  trunkIds = []
  for (const trunk of [{ name: 'first', capacity: 1 }, { name: 'second' }])
    trunkIds.push((await api('POST', '/trunks', trunk)).body.id)
  const rule = { name: 'Out', destinationPattern: '+1202*', trunkIds, callerId: '+12025550100' }
  ruleId = (await api('POST', '/outbound-rules', rule)).body.id
  await settings({ outboundAllow: ['+1202*'] })
})
afterAll(() => test.close())

describe('an outbound call', () => {
  it('goes through the first trunk with room, then the next, and gives slots back', async () => {
    const token = newToken()
    const first = (await ask(subscriber(token))).text
    expect([trunkOf(first), dialled(first)]).toEqual(['first', callee])
    expect(first).toContain('callerId="+12025550100"')
    const other = newToken()
    const beside = (await ask(subscriber(other))).text
    expect(trunkOf(beside)).toBe('second')
    expect(first).toContain('timeout="60"')
    const next = await result(first, token, 'congestion')
    expect([trunkOf(next), dialled(next)]).toEqual(['second', callee])
    expect(await result(next, token, 'failed')).toContain('<Hangup/>')
    expect(await site.call(token)).toMatchObject({
      direction: 'outbound',
      state: 'failed',
      ruleId,
      ruleName: 'Out',
      trunkId: trunkIds[1],
      attempts: [
        { trunkId: trunkIds[0], result: 'failed' },
        { trunkId: trunkIds[1], result: 'failed' },
      ],
    })
    // What the second call was refused it gets now: the slot of the first trunk is free.
    expect(trunkOf(await result(beside, other, 'failed'))).toBe('first')
    await test.webhook(`${site.base}/cdr`, { ...subscriber(other), disposition: 'BUSY' })
    const last = newToken()
    expect(trunkOf((await ask(subscriber(last))).text)).toBe('first')
    await test.webhook(`${site.base}/cdr`, { ...subscriber(last), disposition: 'BUSY' })
  })

  it('goes on after a restart with the trunks that are left', async () => {
    const token = newToken()
    const first = (await ask(subscriber(token))).text
    await test.restart()
    const next = await result(first, token, 'failed')
    expect([trunkOf(next), dialled(next)]).toEqual(['second', callee])
    expect(next).toContain('callerId="+12025550100"')
    await result(next, token, 'completed')
  }, 30_000)

  it('to a callee who is busy is not dialled again through another trunk', async () => {
    const token = newToken()
    const first = (await ask(subscriber(token))).text
    expect(await result(first, token, 'busy')).toContain('<Hangup/>')
    expect(await site.call(token)).toMatchObject({ state: 'busy', attempts: [{ result: 'busy' }] })
  })

  it('stops at the attempts of the tenant, also where no signed state counts them', async () => {
    await settings({ trunkMaxAttempts: 1, trunkRingTimeoutSeconds: 45 })
    for (const unsigned of [false, true]) {
      const token = newToken()
      const first = (await ask(subscriber(token))).text
      expect(first).toContain('timeout="45"')
      const action = unsigned ? actionOf(first).replace(/\?.*/, '') : actionOf(first)
      expect((await test.webhook(action, dialResult(token, 'failed', callee))).text).toContain('<Hangup/>')
      expect((await site.call(token)).decisions.at(-1)?.explanation.summary).toContain('used up (1 of 1)')
    }
    await settings({ trunkMaxAttempts: null, trunkRingTimeoutSeconds: null })
  })

  it('that is denied meanwhile goes through no other trunk, also after a restart', async () => {
    for (const isRestarted of [false, true]) {
      const token = newToken()
      const first = (await ask(subscriber(token))).text
      if (isRestarted) await test.restart()
      await settings({ outboundDeny: ['+12025550*'] })
      expect(await result(first, token, 'failed')).toContain('<Hangup/>')
      expect((await site.call(token)).decisions.at(-1)?.explanation.summary).toContain('+12025550* of outboundDeny')
      await settings({ outboundDeny: null })
    }
  }, 30_000)

  it('that is asked about again at a new stage is dialled again, by the first trunk', async () => {
    const token = newToken()
    const body = subscriber(token)
    await ask(body)
    const again = (await ask({ ...body, SessionData: { token, status: 'CONNECTED' } })).text
    expect([trunkOf(again), dialled(again)]).toEqual(['first', callee])
    const { attempts, decisions } = await site.call(token)
    expect(attempts).toMatchObject([{ n: 1, endedAtMs: expect.any(Number) }, { n: 2 }])
    expect(decisions).toHaveLength(2)
    await result(again, token, 'completed')
  })

  it('is rejected when its caller may be forged, until that number may dial out', async () => {
    const token = newToken()
    expect((await ask(forged(token))).text).toContain('<Reject')
    const { reason, decisions } = await site.call(token)
    expect(reason).toContain('not marked mayDialOut')
    expect(decisions[0]?.explanation).toMatchObject({ direction: 'outbound', rules: [{ name: 'Out', chosen: true }] })
    // Nobody documented that these words tell an authenticated device, and what the session says is no proof either.
    for (const claim of [
      { Direction: 'outbound' },
      { Direction: 'outgoing' },
      { Direction: '', SessionData: { direction: 'subscriber' } },
    ])
      expect((await ask({ ...forged(newToken()), ...claim })).text).toContain('<Reject')
    const number = (await api('POST', '/numbers', { number: agentNumber, agentId: site.agents[0]!.id })).body
    expect((await ask(forged(newToken()))).text).toContain('<Reject')
    await api('PATCH', `/numbers/${number.id}`, { version: 1, mayDialOut: true })
    const allowed = newToken()
    const cxml = (await ask(forged(allowed))).text
    expect(trunkOf(cxml)).toBe('first')
    await result(cxml, allowed, 'completed')
  })

  it('that is one at a later stage goes on to the next trunk by what was dialled then', async () => {
    await api('POST', '/outbound-rules', { destinationPattern: '+1708*', trunkIds })
    await settings({ outboundAllow: ['+1708*'] })
    const token = newToken()
    await ask(voiceRequest(token, numberOf.priority))
    const first = (await ask({ ...voiceRequest(token, '+17085550100', '1001'), Direction: 'subscriber' })).text
    expect([trunkOf(first), dialled(first)]).toEqual(['first', '+17085550100'])
    const next = await result(first, token, 'failed')
    expect([trunkOf(next), dialled(next)]).toEqual(['second', '+17085550100'])
    await result(next, token, 'completed')
    await settings({ outboundAllow: ['+1202*'] })
  })

  it('stays one at a later stage of a call that came in: no fallback sends it to a number', async () => {
    const agent = { name: 'Stage two', provider: 'vapi', value: '+12025550179' }
    const members = [{ agentId: (await api('POST', '/voice-agents', agent)).body.id }]
    const fallback = { type: 'number', value: '+13035550177', trunkIds }
    const group = { name: 'Stage two', strategy: 'priority', members, fallback }
    const target = { type: 'group', id: (await api('POST', '/agent-groups', group)).body.id }
    await api('POST', '/outbound-rules', { destinationPattern: '+1707*', target })
    const actions: ((cxml: string) => string)[] = [actionOf, (cxml) => new URL(actionOf(cxml), 'http://-').pathname]
    for (const [i, action] of actions.entries()) {
      const token = newToken()
      expect(dialled((await ask(voiceRequest(token, numberOf.priority))).text)).toBe('+12025550171')
      const later = { ...voiceRequest(token, '+17075550100', '+12025550155'), Direction: 'application' }
      const second = (await ask(later)).text
      expect(dialled(second)).toBe('+12025550179')
      // With nothing but the store to go by, as with the signed state.
      if (i === 1) await test.restart()
      const answer = (await test.webhook(action(second), dialResult(token, 'failed', callee))).text
      expect(answer).not.toContain('+13035550177')
      const { decisions, ...record } = await site.call(token)
      expect(record).toMatchObject({ direction: 'inbound', from: '+12025550123', to: numberOf.priority })
      const { explanation } = decisions.at(-1)!
      expect(explanation).toMatchObject({
        direction: 'outbound',
        from: { number: '+12025550155' },
        to: { number: '+17075550100' },
      })
      expect(JSON.stringify(explanation.steps)).toContain(
        'only an outbound rule sends a call that goes out to a number',
      )
    }
  }, 30_000)

  it('answers every request of the fixtures as the rules say', async () => {
    const answers: Record<string, string> = {}
    const names = ['subscriber.json', 'agent-outbound.json', 'outbound.json', 'outbound.form.txt']
    for (const name of names.slice(0, 3)) {
      const body = fixtureJson(`voice-request-${name}`) as Record<string, unknown>
      const cxml = (await ask(body)).text
      answers[name] = cxml
      if (trunkOf(cxml)) await test.webhook(actionOf(cxml), { ...body, DialCallStatus: 'completed' })
    }
    expect(trunkOf(answers['subscriber.json']!)).toBe('first')
    expect(trunkOf(answers['agent-outbound.json']!)).toBe('first')
    expect(answers['outbound.json']).toContain('<Reject')
    expect((await site.call('3333333333333333333333333333333c')).reason).toContain('the callee has answered already')
    const agent = { type: 'agent', id: site.agents[0]!.id }
    await api('POST', '/outbound-rules', { destinationPattern: callee, callerPattern: '+12025550100', target: agent })
    const form = { ...fixtureForm('voice-request-outbound.form.txt'), CallSid: newToken(), Session: undefined }
    expect(dialled((await ask(form)).text)).toBe('+12025550171')
  })
})

it('a test of an outbound call says what would happen, and takes no slot', async () => {
  const run = (call: object) =>
    api<{ decision: Record<string, unknown>; explanation: { notes?: string[]; summary: string }; cxml: string }>(
      'POST',
      '/routing/test',
      { from: '1001', to: callee, ...call },
    )
  for (const _ of [1, 2]) {
    const { body } = await run({ direction: 'outbound' })
    expect(body.decision).toMatchObject({ trunkId: trunkIds[0], trunkName: 'first', ruleId })
    expect(trunkOf(body.cxml)).toBe('first')
    expect(body.explanation.notes?.[0]).toContain('authenticated device')
  }
  expect((await run({ from: site.agents[1]!.value })).body.explanation.summary).toContain('not marked mayDialOut')
  await settings({ outboundAllow: null })
  expect((await run({ direction: 'outbound' })).body.explanation.summary).toContain('outboundAllow is empty')
  await settings({ outboundAllow: ['+1202*'] })
  const kept = { name: 'Out', from: '1001', to: callee, direction: 'outbound', expect: { trunkId: trunkIds[0] } }
  await api('POST', '/routing/test-cases', kept)
  expect((await api('POST', '/routing/test-cases/run', {})).body).toMatchObject({ passed: 1, failed: 0 })
})

it('a rule for callers sends them to a number through trunks, too', async () => {
  const target = { type: 'number', value: '+13035550100', trunkIds }
  await api('POST', '/inbound-rules', { pattern: '+12025550109', target })
  const token = newToken()
  const first = (await ask(voiceRequest(token, '+12025550109'))).text
  expect([trunkOf(first), dialled(first)]).toEqual(['first', '+13035550100'])
  const second = await result(first, token, 'failed')
  expect([trunkOf(second), dialled(second)]).toEqual(['second', '+13035550100'])
  expect(await result(second, token, 'busy')).toContain('<Reject reason="congestion"/>')
})

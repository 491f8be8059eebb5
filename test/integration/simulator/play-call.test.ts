import { afterEach, describe, expect, it } from 'vitest'
import { runSimulation, type PlayedCall, type ScenarioInput } from '../../../server/simulator/index.ts'
import { startFakeControlPlane, type FakeControlPlane } from '../../support/fake-control-plane.ts'

let running: FakeControlPlane | undefined
afterEach(async () => {
  await running?.close()
  running = undefined
})

/** Calls to a server that says `first` to voice requests and `then` to dial results. */
const play = async (first: string, then: string, scenario: ScenarioInput) => {
  running = await startFakeControlPlane({
    spoil: (path) =>
      path.endsWith('application')
        ? { body: `<Response>${first}</Response>` }
        : path.endsWith('dial-result')
          ? { body: `<Response>${then}</Response>` }
          : undefined,
  })
  const calls: PlayedCall[] = []
  const summary = await runSimulation(
    { calls: 1, concurrency: 1, sessionUpdatesPerCall: 0, ...scenario },
    { url: running.url, tenantKey: 'key' },
    { onCallEnd: (call) => calls.push(call) },
  )
  const sent = running.requests.map(({ path, body }) => ({ path, body }))
  return { reasons: summary.wrongAnswers.first.map(({ reason }) => reason), calls, sent }
}
const always = (outcome: string) => ({ outcomes: { default: { [outcome]: 1 } } })
const stream = '<Connect><Stream url="wss://a.example.com/s"/></Connect>'
const redirect = '<Redirect method="POST">dial-result?n=1</Redirect>'
const dial = (noun: string) => `<Dial action="dial-result?n=1" method="POST">${noun}</Dial>`
const number = '<Number>+12025550145</Number>'
const service = '<Service provider="vapi">+12025550171</Service>'

describe('a streamed call', () => {
  it('that nobody takes goes on with the next verb; whatever kept it from being answered, it failed', async () => {
    const { reasons, calls, sent } = await play(stream + redirect, '<Reject reason="busy"/>', always('busy'))
    expect(reasons).toEqual([])
    expect(calls[0]?.dials).toEqual([
      { value: 'wss://a.example.com/s', isAgent: true, outcome: 'failed', provider: undefined },
    ])
    expect(calls[0]).toMatchObject({ state: 'busy', disposition: 'busy' })
    expect(sent.some(({ path }) => path.endsWith('dial-result?n=1'))).toBe(true)
  })

  it('ends at once when the caller hangs up', async () => {
    const { reasons, calls, sent } = await play(stream + redirect, '<Hangup/>', always('cancelled'))
    expect(reasons).toEqual([])
    expect(calls[0]).toMatchObject({ state: 'no_answer', disposition: 'cancelled' })
    expect(sent.some(({ path }) => path.includes('dial-result'))).toBe(false)
  })

  it('is wrong when its agent is streamed to a second time, or is one attempt too many', async () => {
    const { reasons, calls } = await play(stream + redirect, `${stream}<Hangup/>`, {
      ...always('failed'),
      expect: { maxAttempts: 1 },
    })
    expect(reasons).toEqual([
      'one more agent is dialled after 1 attempts',
      'agent wss://a.example.com/s is dialled twice in one call',
    ])
    expect(calls[0]).toMatchObject({ isComparable: false })
  })
})

describe('a dialled call', () => {
  it('may go to a number once the agents are used up, and to the same number twice', async () => {
    const { reasons, calls } = await play(dial(service), `<Dial>${number}</Dial><Dial>${number}</Dial>`, {
      ...always('busy'),
      expect: { maxAttempts: 1 },
    })
    expect(reasons).toEqual([])
    expect(calls[0]?.dials.map(({ value, isAgent }) => [value, isAgent])).toEqual([
      ['+12025550171', true],
      ['+12025550145', false],
      ['+12025550145', false],
    ])
  })

  it('is wrong when it is dialled on although its CDR was taken', async () => {
    const { reasons } = await play(dial(service), `<Dial>${number}</Dial>`, {
      calls: 30,
      reorder: 1,
      ...always('cancelled'),
    })
    expect(reasons).toContain('the call is dialled on although its CDR was taken')
  })

  it('answers the caller with a message, unless told not to', async () => {
    const silent = await play('<Play answer="false">/a.wav</Play><Say answer="false">Wait</Say>', '<Hangup/>', {})
    expect(silent.reasons).toEqual([])
    expect(silent.calls[0]).toMatchObject({ state: 'no_answer', disposition: 'no_answer', dials: [] })
    await running?.close()
    const spoken = await play('<Say answer="false">Wait</Say><Play>/a.wav</Play>', '<Hangup/>', {})
    expect(spoken.calls[0]).toMatchObject({ state: 'completed', disposition: 'answered', dials: [] })
  })
})

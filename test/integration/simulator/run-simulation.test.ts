import { afterEach, describe, expect, it } from 'vitest'
import { runSimulation, startSimulation, type PlayedCall, type ScenarioInput } from '../../../server/simulator/index.ts'
import { startFakeControlPlane, type FakeBehaviour, type FakeControlPlane } from '../../support/fake-control-plane.ts'

let running: FakeControlPlane | undefined
const fake = async (behaviour?: FakeBehaviour): Promise<FakeControlPlane> =>
  (running = await startFakeControlPlane(behaviour))
afterEach(async () => {
  await running?.close()
  running = undefined
})

const play = async (scenario: ScenarioInput, behaviour?: FakeBehaviour) => {
  const server = await fake(behaviour)
  const calls: PlayedCall[] = []
  const summary = await runSimulation(
    { calls: 40, concurrency: 8, talkSeconds: 30, ...scenario },
    { url: server.url, tenantKey: 'key', bearer: 'secret' },
    { onCallEnd: (call) => calls.push(call) },
  )
  return { server, summary, calls }
}
const bodies = (server: FakeControlPlane, path: string) =>
  server.requests
    .filter((request) => request.path.includes(path))
    .map(({ body }) => JSON.parse(body) as Record<string, never>)

const always = (outcome: 'answered' | 'busy' | 'no_answer' | 'failed' | 'cancelled') => ({
  outcomes: { default: { [outcome]: 1 } },
})

describe('the simulator against a control plane', () => {
  it('plays a call as the platform does: request, dial result, ten session updates, CDR', async () => {
    const { server, summary } = await play({ calls: 1, ...always('answered') })
    expect(summary).toMatchObject({ calls: 1, failovers: 0, states: { completed: 1 }, wrongAnswers: { count: 0 } })
    const paths = server.requests.map(({ path }) => path.replace(/\?.*/, ''))
    expect(paths.filter((path) => path === '/voice/key/session')).toHaveLength(10)
    expect(paths.filter((path) => path !== '/voice/key/session')).toEqual([
      '/voice/key/application',
      '/voice/key/dial-result',
      '/voice/key/cdr',
    ])
    const [first] = server.requests.filter(({ path }) => path === '/voice/key/application')
    expect(first?.headers).toMatchObject({ authorization: 'Bearer secret', 'content-type': 'application/json' })
    expect(first?.headers['x-cx-stageid']).toMatch(/^[0-9a-f]{16}$/)
    const result = server.requests.find(({ path }) => path.includes('dial-result'))
    expect(result?.path).toContain('sig=demo')
    const [cdr] = bodies(server, '/cdr') as unknown as [
      { billsec: number; duration: number; session: Record<string, number> },
    ]
    expect(cdr.billsec).toBe(30)
    expect(cdr.session['callEndTime']! - cdr.session['callAnswerTime']!).toBe(30_000)
    const updates = bodies(server, '/session').flat() as unknown as {
      eventId: string
      status: string
      callEndTime: number | null
    }[]
    expect(new Set(updates.map(({ eventId }) => eventId)).size).toBe(10)
    expect(updates.at(-1)?.status.toLowerCase()).toBe('connected')
    expect(updates.at(-1)?.callEndTime).toBeGreaterThan(0)
  })

  it.each([
    ['busy', 'busy', 'busy'],
    ['no_answer', 'busy', 'busy'],
    ['failed', 'busy', 'busy'],
    ['cancelled', 'no_answer', 'cancelled'],
  ] as const)(
    'ends calls whose dials all end in %s as %s (%s), since the fallback rejects with busy',
    async (outcome, state, disposition) => {
      const { summary, calls } = await play({ calls: 6, ...always(outcome) })
      expect(summary.wrongAnswers.first).toEqual([])
      expect(summary.states).toEqual({ [state]: 6 })
      for (const call of calls) {
        expect(call).toMatchObject({ disposition, isComparable: true })
        expect(call.dials).toHaveLength(outcome === 'cancelled' ? 1 : 3)
      }
    },
  )

  it.each([
    ['<Hangup/>', 'no_answer', 'no_answer'],
    ['<Reject reason="congestion"/>', 'failed', 'congestion'],
    ['<Reject reason="failed"/>', 'failed', 'failed'],
    ['<Say language="en-US">Nobody is here.</Say><Hangup/>', 'completed', 'answered'],
    ['<Pause length="1"/><Play>https://a.example.com/b.wav</Play><Hangup/>', 'completed', 'answered'],
    ['<Dial trunks="carrier"><Number>+12025550145</Number></Dial><Hangup/>', 'no_answer', 'no_answer'],
  ])('knows how a call ends after %s', async (fallback, state, disposition) => {
    const { summary, calls } = await play({ calls: 3, ...always('no_answer') }, { fallback })
    expect(summary.wrongAnswers.first).toEqual([])
    for (const call of calls) expect(call).toMatchObject({ state, disposition })
  })

  it('sends duplicates, reorders, delays and loses what it is told to, and still finds nothing wrong', async () => {
    const { summary, calls } = await play({
      calls: 120,
      duplicates: 0.2,
      reorder: 0.5,
      lost: 0.02,
      delays: { share: 0.1, seconds: 2 },
      outcomes: { default: { answered: 6, busy: 1, no_answer: 1, failed: 1, cancelled: 1 } },
    })
    expect(summary.wrongAnswers.first).toEqual([])
    expect(summary.duplicatesSent).toBeGreaterThan(50)
    expect(summary.reorderedCalls).toBe(calls.filter(({ wasReordered }) => wasReordered).length)
    expect(summary.reorderedCalls).toBeGreaterThan(30)
    expect(summary.lostEvents).toBeGreaterThan(5)
    expect(summary.delayedEvents).toBeGreaterThan(20)
  })

  it('sends the CDR of some reordered calls before the dial result', async () => {
    const { server } = await play({ calls: 30, reorder: 1, sessionUpdatesPerCall: 0, ...always('answered') })
    const order = server.requests
      .filter(({ path }) => /cdr|dial-result/.test(path))
      .map(({ path, body }) => {
        const { CallSid, session } = JSON.parse(body) as { CallSid?: string; session?: { token: string } }
        return { isCdr: path.includes('cdr'), token: CallSid ?? session?.token }
      })
    const overtaken = order.filter(
      ({ isCdr, token }, index) => isCdr && order.slice(index).some((later) => !later.isCdr && later.token === token),
    )
    expect(overtaken.length).toBeGreaterThan(3)
    expect(overtaken.length).toBeLessThan(30)
  })

  it('makes the same decisions for the same seed', async () => {
    const shape = ({ dials, state }: PlayedCall) => `${state} ${dials.map(({ outcome }) => outcome).join()}`
    const first = await play({ seed: 5, concurrency: 1 })
    await running?.close()
    const again = await play({ seed: 5, concurrency: 7 })
    expect(again.calls.map(shape).toSorted()).toEqual(first.calls.map(shape).toSorted())
    expect(again.calls[0]?.token).not.toBe(first.calls[0]?.token)
  })

  const hangup = '<Response><Hangup/></Response>'
  const redial =
    '<Response><Dial action="dial-result?x" method="POST"><Service provider="vapi">+12025550171</Service></Dial></Response>'
  it.each<[string, FakeBehaviour['spoil'], RegExp]>([
    [
      'another status than 200',
      (path) => (path.endsWith('cdr') ? { status: 500, body: 'oops' } : undefined),
      /HTTP 500 instead of 200: oops/,
    ],
    [
      'JSON for a document',
      (path) => (path.endsWith('application') ? { type: 'application/json' } : undefined),
      /content type application\/json/,
    ],
    ['broken XML', (path) => (path.endsWith('application') ? { body: '<Response>' } : undefined), /not well-formed/],
    [
      'a dial after success',
      (path) => (path.endsWith('dial-result') ? { body: redial } : undefined),
      /no <Hangup\/> after the agent answered|dialled twice/,
    ],
    [
      'no hang-up after success',
      (path) => (path.endsWith('dial-result') ? { body: '<Response><Reject/></Response>' } : undefined),
      /no <Hangup\/> after/,
    ],
    [
      'a different answer to a duplicate',
      (path, usual, n) => (path.endsWith('application') ? { body: `${usual}<!-- ${n} -->` } : undefined),
      /a duplicate was answered differently/,
    ],
  ])('calls %s a wrong answer', async (_what, spoil, reason) => {
    const { summary, calls } = await play({ calls: 4, duplicates: 0.5, ...always('answered') }, { spoil })
    expect(summary.wrongAnswers.count).toBeGreaterThan(0)
    expect(summary.wrongAnswers.first.map((wrong) => wrong.reason).join('\n')).toMatch(reason)
    expect(calls.some(({ isComparable }) => !isComparable)).toBe(true)
  })

  it('calls an agent dialled twice, one attempt too many and a slow document wrong', async () => {
    const { summary } = await play(
      { calls: 2, ...always('busy'), expect: { maxAttempts: 2, answerWithinMs: 0.001 } },
      { agents: [{ provider: 'vapi', value: '+12025550171' }], attempts: 3 },
    )
    const reasons = summary.wrongAnswers.first.map(({ reason }) => reason).join('\n')
    expect(reasons).toContain('dialled twice in one call')
    expect(reasons).toContain('one more agent is dialled after 2 attempts')
    expect(reasons).toContain('more than 0.001 ms')
  })

  it('gives up on a call that never ends', async () => {
    const { summary } = await play(
      { calls: 1 },
      {
        spoil: (path) =>
          /application|dial-result/.test(path)
            ? { body: '<Response><Redirect method="POST">dial-result?again</Redirect></Response>' }
            : undefined,
      },
    )
    expect(summary.wrongAnswers.first[0]?.reason).toContain('does not end')
  })

  it('follows a stream by its redirect, in real time', async () => {
    const stream =
      '<Response><Connect><Stream url="wss://a.example.com/s"/></Connect><Redirect method="POST">dial-result?n=0&amp;first=0</Redirect></Response>'
    const spoil: FakeBehaviour['spoil'] = (path) =>
      path.endsWith('application') ? { body: stream } : path.endsWith('dial-result') ? { body: hangup } : undefined
    const startedMs = performance.now()
    const { server, summary } = await play({ calls: 2, ...always('answered') }, { spoil })
    expect(performance.now() - startedMs).toBeGreaterThan(3000)
    expect(summary).toMatchObject({ states: { completed: 2 }, wrongAnswers: { count: 0 } })
    expect(server.requests.filter(({ path }) => path === '/voice/key/dial-result?n=0&first=0')).toHaveLength(2)
  })

  it('counts it as wrong when nobody listens, or tries again as long as it is told to', async () => {
    const server = await startFakeControlPlane()
    await server.close()
    const target = { url: server.url, tenantKey: 'key' }
    const refused = await runSimulation({ calls: 1 }, target)
    expect(refused.wrongAnswers.first[0]?.reason).toMatch(/^no answer: /)
    const retried = await runSimulation({ calls: 1, retrySeconds: 0.3, sessionUpdatesPerCall: 0 }, target)
    expect(retried.retries).toBeGreaterThan(0)
  })

  it('keeps to the rate, reports its progress, and hangs up everybody when told to stop', async () => {
    const server = await fake()
    const progress: number[] = []
    const calls: PlayedCall[] = []
    const simulation = startSimulation(
      {
        calls: 0,
        rate: 20,
        concurrency: 50,
        timeScale: 1,
        ringSeconds: 0.05,
        talkSeconds: 60,
        sessionUpdatesPerCall: 3,
        ...always('answered'),
      },
      { url: server.url, tenantKey: 'key' },
      { onProgress: ({ inFlight }) => progress.push(inFlight), onCallEnd: (call) => calls.push(call) },
    )
    await expect.poll(() => progress.length, { timeout: 5000 }).toBe(1)
    simulation.stop({ hangUp: true })
    const summary = await simulation.done
    expect(summary.calls).toBeGreaterThan(10)
    expect(summary.calls).toBeLessThan(30)
    expect(summary.wrongAnswers.first).toEqual([])
    expect(progress[0]).toBeGreaterThan(10)
    expect(calls.length).toBe(summary.calls)
  })
})

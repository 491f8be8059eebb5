import fc from 'fast-check'
import { expect, it } from 'vitest'
import { aGroup, aMember, aProvider, aRoutingConfig, aVoiceAgent } from '../../../support/builders.ts'
import { dialled } from '../../../support/site.ts'
import { aWebhookHandler } from '../../../support/webhook-handler.ts'

const [deadNumber, otherNumber] = ['+12025550171', '+12025550172']
const second = 1000
const coolOffMs = 30 * second

interface Trouble {
  readonly ringSeconds: number
  /** When the agent is well again. */
  readonly recoversAtSecond: number
  /** Not that it fails at once: it rings as long as it may. */
  readonly rings: boolean
  /** The platform tells when a caller is connected, and not only how a dial ended. */
  readonly tellsAnswers: boolean
  /** Of ten results, so many never come. */
  readonly lostOfTen: number
  readonly talkSeconds: number
  readonly secondsBetweenCalls: number
}

interface Attempt {
  readonly startedAtMs: number
  endedAtMs: number | undefined
}

/** Fifty calls at once and more after them, for an agent that fails until it is well. */
const play = async (trouble: Trouble) => {
  const { ringSeconds, rings, tellsAnswers, lostOfTen, talkSeconds, secondsBetweenCalls } = trouble
  const agents = [
    aVoiceAgent({ id: 'dead', value: deadNumber }),
    aVoiceAgent({ id: 'other', provider: 'retell', value: otherNumber }),
  ]
  const members = agents.map(({ id }, i) => aMember({ agentId: id, priority: i + 1, position: i + 1 }))
  const { clock, events, ask, report, sessionUpdate } = await aWebhookHandler(
    aRoutingConfig({
      agents,
      providers: [aProvider(), aProvider({ key: 'retell' })],
      groups: [aGroup({ strategy: 'priority', ringTimeoutSeconds: ringSeconds, members })],
    }),
  )
  const startMs = clock.nowMs()
  const recoversAtMs = startMs + trouble.recoversAtSecond * second
  const attempts: Attempt[] = []
  const changes: { atMs: number; to: string }[] = []
  events.subscribe((event) => {
    if (event.name === 'agent.circuitChanged') changes.push({ atMs: clock.nowMs(), to: event.payload.change.to })
  })
  const agenda: { readonly atMs: number; readonly work: () => Promise<unknown> }[] = []
  const later = (ms: number, work: () => Promise<unknown>): void => {
    const atMs = clock.nowMs() + ms
    const before = agenda.findIndex((one) => one.atMs > atMs)
    agenda.splice(before < 0 ? agenda.length : before, 0, { atMs, work })
  }

  let results = 0
  const dial = (token: string, cxml: string): void => {
    if (dialled(cxml) !== deadNumber) return
    const attempt: Attempt = { startedAtMs: clock.nowMs(), endedAtMs: undefined }
    attempts.push(attempt)
    const isWell = clock.nowMs() >= recoversAtMs
    const afterMs = isWell ? (2 + talkSeconds) * second : rings ? ringSeconds * second : 300
    if (isWell && tellsAnswers) later(2 * second, () => sessionUpdate(token, 'answer', clock.nowMs()))
    later(afterMs, async () => {
      if ((results += 1) % 10 < lostOfTen) return
      attempt.endedAtMs = clock.nowMs()
      dial(token, await report(token, cxml, isWell ? 'answered' : rings ? 'no-answer' : 'failed'))
    })
  }
  let calls = 0
  const call = async (): Promise<void> => {
    const token = `call-${(calls += 1)}`
    dial(token, await ask(token, '+12025550100'))
  }
  for (let n = 0; n < 50; n += 1) later(0, call)
  for (let s = 1; s < trouble.recoversAtSecond + 400; s += secondsBetweenCalls) later(s * second, call)
  for (let next = agenda.shift(); next; next = agenda.shift()) {
    clock.pass(next.atMs - clock.nowMs())
    await next.work()
  }
  return { attempts, changes, recoversAtMs, ringMs: ringSeconds * second }
}

const usual: Trouble = {
  ringSeconds: 60,
  recoversAtSecond: 80,
  rings: true,
  tellsAnswers: true,
  lostOfTen: 0,
  talkSeconds: 5,
  secondsBetweenCalls: 1,
}
/** The trial is answered while calls of before the opening still ring. */
const stillRinging = usual
/** Nobody hears of an answer before many more trials have begun. */
const longTalks = { ...usual, ringSeconds: 5, tellsAnswers: false, talkSeconds: 250 }

it('a dead agent gets no call after its third failed result but trials, apart, and the first one soon after it is well', async () => {
  const trouble = fc.record<Trouble>({
    ringSeconds: fc.constantFrom(5, 20, 60),
    recoversAtSecond: fc.integer({ min: 70, max: 200 }),
    rings: fc.boolean(),
    tellsAnswers: fc.boolean(),
    lostOfTen: fc.constantFrom(0, 0, 3),
    talkSeconds: fc.constantFrom(5, 60, 250),
    secondsBetweenCalls: fc.constantFrom(1, 1, 2),
  })
  await fc.assert(
    fc.asyncProperty(trouble, async (settings) => {
      const { attempts, changes, recoversAtMs, ringMs } = await play(settings)
      const [opened, ...more] = changes
      expect(opened?.to).toBe('open')
      const third = attempts.flatMap(({ endedAtMs }) => endedAtMs ?? []).sort((a, b) => a - b)[2]
      expect(opened?.atMs).toBe(third)
      const closed = changes.find(({ to }) => to === 'closed')
      const trials = attempts.filter(
        ({ startedAtMs }) => startedAtMs > opened!.atMs && !(closed && startedAtMs >= closed.atMs),
      )
      for (const [i, { startedAtMs }] of trials.entries()) {
        const before = trials[i - 1]
        // Its result sets the pace; where that has not come, the time it may ring does.
        const restMs = before?.endedAtMs !== undefined && before.endedAtMs <= startedAtMs ? coolOffMs : 0
        const freeAtMs = before
          ? Math.min((before.endedAtMs ?? Infinity) + restMs, before.startedAtMs + ringMs + 10_000)
          : opened!.atMs + coolOffMs
        expect(startedAtMs).toBeGreaterThanOrEqual(freeAtMs)
      }
      const firstWell = attempts.find(({ startedAtMs }) => startedAtMs >= recoversAtMs)
      // The next call comes a moment later than it could.
      const patienceMs = coolOffMs + Math.max(ringMs, 10_000) + settings.secondsBetweenCalls * second
      expect(firstWell!.startedAtMs - recoversAtMs).toBeLessThanOrEqual(patienceMs)
      // It closes with the first answer that is heard of, once, and does not flap.
      const answers = attempts.filter(({ startedAtMs }) => startedAtMs >= recoversAtMs)
      expect(closed!.atMs).toBeLessThanOrEqual(Math.min(...answers.flatMap(({ endedAtMs }) => endedAtMs ?? [])))
      expect(more.filter(({ to }) => to === 'closed')).toHaveLength(1)
      expect(changes.at(-1)?.to).toBe('closed')
    }),
    { numRuns: 10, examples: [[stillRinging], [longTalks]] },
  )
})

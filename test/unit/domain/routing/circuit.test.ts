import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  beginAttempt,
  circuitAt,
  circuitState,
  closedCircuit,
  endAttempt,
  noteAnswer,
  whyBroken,
  type Circuit,
} from '../../../../server/domain/routing/circuit/circuit.ts'
import { attemptResults, type AttemptResult } from '../../../../shared/vocabulary.ts'
import { aCircuitPolicy } from '../../../support/builders.ts'

const now = 1_767_268_800_000
const policy = aCircuitPolicy()

/** Results one after the other, a second apart. */
const after = (results: readonly AttemptResult[], more: Partial<typeof policy> = {}, from = closedCircuit): Circuit =>
  results.reduce(
    (circuit, result, i) =>
      endAttempt(
        circuit,
        { agentId: 'a', key: `k${i}`, result, startedAtMs: now + i * 1000 },
        false,
        { ...policy, ...more },
        now + i * 1000,
      ),
    from,
  )
const opened = after(['failed', 'failed', 'failed'])
const openedAtMs = now + 2000
const end = (
  circuit: Circuit,
  key: string,
  result: AttemptResult | undefined,
  atMs: number,
  startedAtMs = atMs - 1000,
) => endAttempt(circuit, { agentId: 'a', key, result, startedAtMs }, false, policy, atMs)
const closedAgain = { ...closedCircuit, lastOpenedAtMs: openedAtMs }

describe('a circuit', () => {
  it('opens with the third failed result in a row', () => {
    expect(circuitState(after(['failed', 'no_answer']))).toBe('closed')
    expect(circuitState(opened)).toBe('open')
    expect(opened).toMatchObject({ openedAtMs, reason: '3 failed in a row', retryAtMs: openedAtMs + 30_000 })
    expect(circuitState(after(['failed', 'failed', 'answered', 'failed', 'failed']))).toBe('closed')
    expect(circuitState(after(['failed'], { failures: 1 }))).toBe('open')
  })

  it('takes busy and cancelled for neither, unless told otherwise', () => {
    expect(circuitState(after(['failed', 'failed', 'busy', 'cancelled', 'failed']))).toBe('open')
    expect(circuitState(after(['busy', 'busy', 'busy', 'cancelled', 'cancelled', 'cancelled']))).toBe('closed')
    expect(circuitState(after(['busy', 'busy', 'busy'], { failedResults: ['failed', 'busy'] }))).toBe('open')
    expect(circuitState(after(['no_answer', 'no_answer', 'no_answer'], { failedResults: ['failed'] }))).toBe('closed')
  })

  it('opens by the share of failures inside the window, once there are enough results', () => {
    const mixed = Array.from({ length: 20 }, (_, i): AttemptResult => (i % 2 === 0 ? 'failed' : 'answered'))
    const ratio = { failureRatio: 0.5, minimumResults: 10, failures: 99 }
    expect(after(mixed.slice(0, 9), ratio).openedAtMs).toBeUndefined()
    expect(after(mixed.slice(0, 11), ratio).reason).toBe('6 of 11 failed')
    expect(after(mixed, { ...ratio, failureRatio: 0.6 }).openedAtMs).toBeUndefined()
    const spread = mixed.reduce(
      (circuit, result, i) =>
        endAttempt(
          circuit,
          { agentId: 'a', key: 'k', result, startedAtMs: now },
          false,
          { ...policy, ...ratio },
          now + i * 60_000,
        ),
      closedCircuit,
    )
    expect(circuitState(spread)).toBe('closed')
  })

  it('goes on counting where a clock jumped back', () => {
    const ratio = { ...policy, failureRatio: 0.9, failures: 99, minimumResults: 3 }
    const times = [now, now - 60_000, now - 120_000]
    const circuit = times.reduce(
      (before, atMs) =>
        endAttempt(before, { agentId: 'a', key: 'k', result: 'failed', startedAtMs: now }, false, ratio, atMs),
      closedCircuit,
    )
    expect(circuit.reason).toBe('3 of 3 failed')
  })

  it('lets nobody through until it has cooled off, then one trial at a time', () => {
    expect(whyBroken(opened, openedAtMs + 1)).toBe('circuit open (3 failed in a row), next trial in 30 s')
    const retryAtMs = openedAtMs + 30_000
    expect(whyBroken(opened, retryAtMs)).toBeUndefined()
    const trying = beginAttempt(opened, 't1', retryAtMs + 35_000)
    expect(circuitState(trying)).toBe('half_open')
    expect(whyBroken(trying, retryAtMs + 34_999)).toBe('circuit open (3 failed in a row), a trial call is under way')
    // Nobody heard of that one again.
    expect(whyBroken(trying, retryAtMs + 35_000)).toBeUndefined()
  })

  it('cools off again after a trial that failed, and closes with one that was answered', () => {
    const at = openedAtMs + 40_000
    const trying = beginAttempt(opened, 't1', at + 35_000)
    const failed = end(trying, 't1', 'no_answer', at + 20_000)
    expect(circuitState(failed)).toBe('open')
    expect(failed.retryAtMs).toBe(at + 50_000)
    expect(end(trying, 't1', 'answered', at)).toEqual(closedAgain)
    const busy = end(trying, 't1', 'busy', at)
    expect([circuitState(busy), whyBroken(busy, at)]).toEqual(['open', undefined])
    expect(circuitState(end(trying, 't1', undefined, at))).toBe('open')
  })

  it('learns nothing from what began before it opened', () => {
    expect(end(opened, 'older', 'failed', openedAtMs + 20_000)).toBe(opened)
    expect(end(opened, 'older', 'answered', openedAtMs + 20_000)).toBe(opened)
  })

  it('closes when a trial has been connected for a while, not at once', () => {
    const at = openedAtMs + 30_000
    const trying = beginAttempt(opened, 't1', at + 35_000)
    const answered = noteAnswer(trying, 't1', at + 5000)
    expect(circuitState(circuitAt(answered, at + 7999))).toBe('half_open')
    expect(circuitAt(answered, at + 8000)).toEqual(closedAgain)
    expect(noteAnswer(answered, 't1', at + 7000)).toBe(answered)
    expect(noteAnswer(trying, 'other', at)).toBe(trying)
    // A stray answer of a session that is being torn down comes just before the failed result.
    expect(circuitState(circuitAt(end(answered, 't1', 'failed', at + 5100), at + 60_000))).toBe('open')
  })

  it('that is closed has no trials', () => {
    expect(beginAttempt(closedCircuit, 'k', now)).toBe(closedCircuit)
    expect(whyBroken(closedCircuit, now)).toBeUndefined()
    expect(circuitAt(closedCircuit, now)).toBe(closedCircuit)
  })

  it('remembers a hundred trials that nobody heard of', () => {
    const many = Array.from({ length: 105 }, (_, i) => i).reduce(
      (circuit, i) => beginAttempt(circuit, `t${i}`, now),
      opened,
    )
    expect(many.trials).toHaveLength(100)
    const heard = noteAnswer(many, 't7', now)
    expect(heard.trials.filter(({ answeredAtMs }) => answeredAtMs === now).map(({ key }) => key)).toEqual(['t7'])
    // Its conversation was a long one, and nobody told of its answer.
    expect(end(many, 't5', 'answered', now)).toEqual(closedAgain)
    expect(end(many, 't0', 'answered', now)).toBe(many)
  })

  it('that is closed again learns nothing from what began before it opened', () => {
    const at = openedAtMs + 30_000
    const closed = end(beginAttempt(opened, 't1', at + 35_000), 't1', 'answered', at + 5000)
    const late = (circuit: Circuit, result: AttemptResult, n: number) =>
      end(circuit, `late${n}`, result, at + 6000 + n, openedAtMs - n)
    expect([1, 2, 3, 4].reduce((circuit, n) => late(circuit, 'no_answer', n), closed)).toBe(closed)
    // It opens with three of now, which an answer to a call of before does not stand between.
    const after = (circuit: Circuit, n: number) => end(circuit, `new${n}`, 'failed', at + 60_000 + n)
    expect(circuitState(after(late(after(after(closed, 1), 2), 'answered', 0), 3))).toBe('open')
    const answered = end(after(after(closed, 1), 2), 'new3', 'answered', at + 60_003)
    expect(answered).toEqual(closed)
  })

  it('of a provider is not opened by one of its agents alone', () => {
    const shared = (agents: string) =>
      agents
        .split('')
        .reduce(
          (circuit, agentId, i) =>
            endAttempt(circuit, { agentId, key: `k${i}`, result: 'failed', startedAtMs: now }, true, policy, now),
          closedCircuit,
        )
    expect(circuitState(shared('aaaaaa'))).toBe('closed')
    expect(shared('aaab').reason).toBe('4 failed in a row')
    expect(circuitState(shared('ab'))).toBe('closed')
    const one = endAttempt(
      closedCircuit,
      { agentId: 'a', key: 'k', result: 'failed', startedAtMs: now },
      true,
      { ...policy, failures: 1 },
      now,
    )
    expect(circuitState(one)).toBe('open')
  })

  it('starts no attempt after it opened but trials, one at a time, whatever happens', () => {
    const step = fc.record({
      result: fc.constantFrom(...attemptResults, undefined),
      passMs: fc.constantFrom(0, 1000, 20_000, 40_000),
      begins: fc.boolean(),
    })
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
        let circuit = closedCircuit
        let nowMs = now
        const running: { key: string; isTrial: boolean; startedAtMs: number; untilMs: number }[] = []
        for (const [i, { result, passMs, begins }] of steps.entries()) {
          nowMs += passMs
          circuit = circuitAt(circuit, nowMs)
          if (begins && whyBroken(circuit, nowMs) === undefined) {
            const isTrial = circuit.openedAtMs !== undefined
            if (isTrial) {
              expect(nowMs).toBeGreaterThanOrEqual(circuit.openedAtMs! + policy.coolOffMs)
              expect(running.some((one) => one.isTrial && one.untilMs > nowMs)).toBe(false)
            }
            running.push({ key: `k${i}`, isTrial, startedAtMs: nowMs, untilMs: nowMs + 35_000 })
            circuit = beginAttempt(circuit, `k${i}`, nowMs + 35_000)
          } else {
            const ended = running.shift()
            if (ended) circuit = end(circuit, ended.key, result, nowMs, ended.startedAtMs)
            if (circuit.openedAtMs === undefined) for (const one of running) one.isTrial = false
          }
        }
      }),
    )
  })
})

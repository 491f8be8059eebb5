import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { Call } from '../../../../server/domain/calls/call.ts'
import {
  advance,
  amend,
  applyCdr,
  atStage,
  endAttempt,
  finish,
  lastWord,
  openAttempts,
  revise,
  stageOf,
  startAttempt,
  unchanged,
  type Progress,
} from '../../../../server/domain/calls/call-progress.ts'
import { callEvents } from '../../../../server/domain/calls/call-state.ts'
import type { Cdr } from '../../../../server/domain/webhooks/read-cdr.ts'
import {
  attemptResults,
  callStates,
  dispositions,
  isTerminal,
  type Disposition,
} from '../../../../shared/vocabulary.ts'
import { aCall, aCdr, anAttempt } from '../../../support/builders.ts'

const stateAfter: Record<Disposition, string> = {
  answered: 'completed',
  busy: 'busy',
  no_answer: 'no_answer',
  cancelled: 'no_answer',
  congestion: 'failed',
  failed: 'failed',
  lost: 'failed',
  other: 'failed',
}

describe('progress', () => {
  it('knows who calls whom at a later stage, and what the call came with', () => {
    const call = aCall({ direction: 'inbound', from: '+1', to: '+2' })
    const first = { direction: 'inbound', from: '+1', to: '+2' } as const
    expect(stageOf(call)).toEqual(first)
    for (const other of [{ direction: 'outbound' }, { from: '+3' }, { to: '+3' }] as const) {
      const later = atStage(unchanged(call), { ...first, ...other })
      expect(stageOf(later.call)).toEqual({ ...first, ...other })
      expect(later.call).toMatchObject(first)
      expect(atStage(later, first).call).toEqual(call)
    }
  })

  it('gets a higher revision each time it is saved, and nothing else changes', () => {
    const before = advance(unchanged(aCall({ revision: 3 })), 'enqueue', 1001)
    expect(revise(before)).toEqual({ ...before, call: { ...before.call, revision: 4 } })
  })

  it('moves a call and keeps how', () => {
    const progress = advance(advance(unchanged(aCall()), 'enqueue', 1001), 'route', 1002)
    expect(progress.call).toMatchObject({ state: 'routing', updatedAtMs: 1002 })
    expect(progress.transitions).toEqual([
      { atMs: 1001, event: 'enqueue', from: 'received', to: 'queued' },
      { atMs: 1002, event: 'route', from: 'queued', to: 'routing' },
    ])
  })

  it('records what does not apply, and changes nothing', () => {
    const call = aCall({ state: 'busy' })
    const progress = advance(unchanged(call), 'answered', 5000)
    expect(progress.call).toBe(call)
    expect(progress.transitions).toEqual([
      { atMs: 5000, event: 'answered', from: 'busy', ignored: 'the call is over (busy)' },
    ])
  })

  it('starts an attempt, and the call shows where it rings', () => {
    const attempt = anAttempt({ agentId: 'b', groupId: undefined, provider: 'retell' })
    const progress = startAttempt(unchanged(aCall({ state: 'routing', groupId: 'old' })), attempt, 2000)
    expect(progress.call).toMatchObject({ state: 'connecting', agentId: 'b', groupId: undefined, provider: 'retell' })
    expect(progress.attempts).toEqual([attempt])
    expect(openAttempts(progress.call)).toEqual([attempt])
  })

  it('ends an attempt once, and keeps them in order', () => {
    const call = aCall({ attempts: [anAttempt({ n: 1 }), anAttempt({ n: 2 })] })
    const once = endAttempt(unchanged(call), 1, 'busy', 3000)
    expect(once.call.attempts.map(({ n, result }) => [n, result])).toEqual([
      [1, 'busy'],
      [2, undefined],
    ])
    expect(once.attempts).toHaveLength(1)
    expect(endAttempt(once, 1, 'answered', 4000)).toBe(once)
    expect(endAttempt(once, 9, 'answered', 4000)).toBe(once)
  })

  it.each(attemptResults)('has a last word for %s', (result) => {
    const { event, disposition } = lastWord[result]
    const { call } = finish(unchanged(aCall({ state: 'connecting' })), event, { disposition }, 9000)
    expect(call).toMatchObject({ state: stateAfter[disposition], disposition, endedAtMs: 9000 })
  })

  it('ends as failed where the state knows no such end, and not at all when it is over', () => {
    const bridged = aCall({ state: 'connected', attempts: [anAttempt()] })
    const ended = finish(unchanged(bridged), 'dial-busy', { disposition: 'busy' }, 9000)
    expect(ended.call).toMatchObject({ state: 'failed', disposition: 'busy', endedAtMs: 9000 })
    const unheardOf = finish(unchanged(aCall({ state: 'routing' })), 'dial-answered', { disposition: 'answered' }, 9000)
    expect(unheardOf.call).toMatchObject({ state: 'failed', disposition: 'failed' })
    expect(ended.attempts).toMatchObject([{ endedAtMs: 9000, result: undefined }])
    const over = finish(unchanged(aCall({ state: 'completed' })), 'dial-busy', { disposition: 'busy' }, 9000)
    expect(over.call).toEqual(aCall({ state: 'completed' }))
    expect(over.transitions[0]?.ignored).toBe('the call is over (completed)')
  })
})

describe('a CDR', () => {
  it.each(dispositions)('closes a call as it says: %s', (disposition) => {
    const call = aCall({ state: 'connecting', attempts: [anAttempt()] })
    const cdr = aCdr({ disposition, word: 'WORD', isWordKnown: disposition !== 'other' })
    const { progress, ignored } = applyCdr(unchanged(call), cdr, 'hash', 9000)
    expect(ignored).toBeUndefined()
    expect(progress.call).toMatchObject({
      state: stateAfter[disposition],
      disposition,
      cdrHash: 'hash',
      corrected: undefined,
    })
    expect(progress.transitions).toMatchObject([{ from: 'connecting', to: stateAfter[disposition] }])
    const [attempt] = progress.call.attempts
    const known = (attemptResults as readonly string[]).includes(disposition)
    expect(attempt).toMatchObject({ endedAtMs: 9000, result: known ? disposition : 'failed' })
    expect(progress.call.reason).toBe(disposition === 'other' ? 'the platform said WORD' : undefined)
  })

  it('keeps a word that nobody knows, whatever it is taken for', () => {
    const close = (over: Partial<Cdr>) =>
      applyCdr(unchanged(aCall({ state: 'connected', reason: 'before' })), aCdr(over), 'hash', 9000).progress.call
    const unknown = { disposition: 'answered', isWordKnown: false } as const
    expect(close({ ...unknown, word: 'EXTERNAL' })).toMatchObject({
      state: 'completed',
      reason: 'the platform said EXTERNAL',
    })
    expect(close({ ...unknown, word: '' }).reason).toBeUndefined()
    expect(close({ disposition: 'other', isWordKnown: false, word: '' }).reason).toBe('the platform said nothing')
    expect(close({ disposition: 'answered', word: 'ANSWER' }).reason).toBeUndefined()
    expect(close({ disposition: 'busy', word: 'BUSY' }).reason).toBe('before')
  })

  it('brings the facts, and leaves what it does not know', () => {
    const call = aCall({
      state: 'connected',
      answeredAtMs: 3000,
      ringSeconds: 2,
      quality: { rxMos: 4 },
      endedAtMs: undefined,
    })
    const known = { startedAtMs: 500, endedAtMs: 8000, talkSeconds: 5, durationSeconds: 7.5 }
    const { call: closed } = applyCdr(unchanged(call), aCdr(known), 'hash', 9000).progress
    expect(closed).toMatchObject({
      ...known,
      answeredAtMs: 3000,
      ringSeconds: 2,
      quality: { rxMos: 4 },
      updatedAtMs: 9000,
    })
    const unanswered = applyCdr(unchanged(call), aCdr({ disposition: 'busy' }), 'hash', 9000).progress.call
    expect(unanswered).toMatchObject({ answeredAtMs: undefined, endedAtMs: 9000, startedAtMs: 1000 })
  })

  it('says how long it rang, from what is known of the call where the CDR does not say', () => {
    const call = aCall({ state: 'connected', startedAtMs: 1000, answeredAtMs: 3500 })
    expect(applyCdr(unchanged(call), aCdr(), 'hash', 9000).progress.call.ringSeconds).toBe(2.5)
    const never = applyCdr(unchanged(aCall()), aCdr({ disposition: 'busy' }), 'hash', 9000).progress.call
    expect(never.ringSeconds).toBeUndefined()
  })

  it('brings the trunk of the platform, and its word where no disposition means it', () => {
    const call = aCall({ state: 'connected', platformTrunkId: '1' })
    const close = (over: Partial<Cdr>) => applyCdr(unchanged(call), aCdr(over), 'hash', 9000).progress.call
    expect(close({ disposition: 'other', word: 'NOCREDIT', platformTrunkId: '7' })).toMatchObject({
      platformTrunkId: '7',
      platformDisposition: 'NOCREDIT',
    })
    expect(close({ disposition: 'busy', word: 'BUSY' })).toMatchObject({
      platformTrunkId: '1',
      platformDisposition: undefined,
    })
    expect(close({ disposition: 'other', word: '' }).platformDisposition).toBeUndefined()
  })

  it('corrects the outcome of a call that is over, and says so', () => {
    const call = aCall({ state: 'failed', disposition: 'lost', reason: 'its time limit passed', endedAtMs: 5000 })
    const { call: closed, transitions } = applyCdr(unchanged(call), aCdr(), 'hash', 9000).progress
    expect(closed).toMatchObject({ state: 'completed', disposition: 'answered', endedAtMs: 5000, reason: undefined })
    expect(transitions).toEqual([{ atMs: 9000, event: 'cdr-answered (correction)', from: 'failed', to: 'completed' }])
    const agreed = applyCdr(
      unchanged(aCall({ state: 'busy', reason: 'kept' })),
      aCdr({ disposition: 'busy' }),
      'h',
      9000,
    )
    expect(agreed.progress.transitions).toEqual([])
    expect(agreed.progress.call.reason).toBe('kept')
  })

  it('corrects a call that is over once, be it the first CDR or the second', () => {
    const over = aCall({ state: 'busy', disposition: 'busy' })
    const first = applyCdr(unchanged(over), aCdr(), 'one', 2000).progress.call
    expect(first).toMatchObject({ state: 'completed', corrected: true })
    expect(applyCdr(unchanged(first), aCdr({ disposition: 'failed' }), 'two', 3000).ignored).toBeDefined()
    const agreed = applyCdr(unchanged(over), aCdr({ disposition: 'busy' }), 'one', 2000).progress.call
    expect(applyCdr(unchanged(agreed), aCdr(), 'two', 3000).progress.call.state).toBe('completed')
  })

  it('counts once; a first differing one corrects; later ones are ignored', () => {
    const first = applyCdr(unchanged(aCall({ state: 'connecting' })), aCdr({ disposition: 'busy' }), 'one', 2000)
      .progress.call
    const again = applyCdr(unchanged(first), aCdr({ disposition: 'busy' }), 'one', 3000)
    expect(again.ignored).toBe('the same CDR came before')
    expect(again.progress.call).toBe(first)
    const second = applyCdr(unchanged(first), aCdr(), 'two', 4000).progress.call
    expect(second).toMatchObject({ state: 'completed', corrected: true, cdrHash: 'two' })
    const third = applyCdr(unchanged(second), aCdr({ disposition: 'failed' }), 'three', 5000)
    expect(third.ignored).toBe('the outcome was corrected once already')
    expect(third.progress.call).toBe(second)
    expect(third.progress.transitions).toMatchObject([
      { event: 'cdr-failed', from: 'completed', ignored: third.ignored },
    ])
    const repeated = applyCdr(unchanged(second), aCdr(), 'two', 6000)
    expect(repeated.ignored).toBe('the same CDR came before')
  })
})

describe('the country of a call', () => {
  const numbers = { from: '+4930901820', to: '+12025550100' } as const
  it('is that of who calls in, or of who is called outside, and is known when the call is over', () => {
    const live = startAttempt(unchanged(aCall({ ...numbers, state: 'routing' })), anAttempt(), 1500)
    expect(live.call.country).toBeUndefined()
    expect(finish(live, 'give-up', {}, 2000).call.country).toBe('DE')
    expect(applyCdr(live, aCdr(), 'hash', 2000).progress.call.country).toBe('DE')
    const outbound = unchanged(aCall({ ...numbers, direction: 'outbound' }))
    expect(finish(outbound, 'give-up', {}, 2000).call.country).toBe('US')
  })
  it('is not read twice', () => {
    const closed = unchanged(aCall({ ...numbers, state: 'failed', country: 'AT' }))
    expect(applyCdr(closed, aCdr(), 'hash', 2000).progress.call.country).toBe('AT')
  })
  it.each(['anonymous', '1001', '+800123', ''])('is unknown for %j', (from) => {
    expect(finish(unchanged(aCall({ from })), 'give-up', {}, 2000).call.country).toBeUndefined()
  })
})

describe('whatever happens, in whatever order', () => {
  type Step = (progress: Progress, atMs: number) => Progress
  const steps: fc.Arbitrary<{ name: string; run: Step; isCdr?: true }> = fc.oneof(
    fc
      .constantFrom(...callEvents)
      .map((event) => ({ name: event, run: (progress: Progress, atMs: number) => advance(progress, event, atMs) })),
    fc.integer({ min: 1, max: 4 }).map((n) => ({
      name: `start ${n}`,
      run: (progress: Progress, atMs: number) =>
        isTerminal(progress.call.state) ? progress : startAttempt(progress, anAttempt({ n }), atMs),
    })),
    fc.tuple(fc.integer({ min: 1, max: 4 }), fc.constantFrom(...attemptResults)).map(([n, result]) => ({
      name: `end ${n} ${result}`,
      run: (progress: Progress, atMs: number) => endAttempt(progress, n, result, atMs),
    })),
    fc.constantFrom(...attemptResults).map((result) => ({
      name: `finish ${result}`,
      run: (progress: Progress, atMs: number) =>
        finish(progress, lastWord[result].event, { disposition: lastWord[result].disposition }, atMs),
    })),
    fc.tuple(fc.constantFrom(...dispositions), fc.constantFrom('one', 'two', 'three')).map(([disposition, hash]) => ({
      name: `cdr ${disposition} ${hash}`,
      isCdr: true as const,
      run: (progress: Progress, atMs: number) => applyCdr(progress, aCdr({ disposition }), hash, atMs).progress,
    })),
  )

  it('nothing throws, what is over stays over but for a CDR, and an attempt ends once', () => {
    fc.assert(
      fc.property(fc.constantFrom(...callStates), fc.array(steps, { maxLength: 30 }), (state, happened) => {
        let progress = unchanged(aCall({ state }))
        let corrections = 0
        happened.forEach(({ run, isCdr }, i) => {
          const before: Call = progress.call
          progress = run(progress, 2000 + i)
          const after = progress.call
          if (isTerminal(before.state) && after.state !== before.state) {
            expect(isCdr).toBe(true)
            expect(isTerminal(after.state)).toBe(true)
            corrections += 1
          }
          for (const attempt of before.attempts) {
            const now = after.attempts.find(({ n }) => n === attempt.n)
            if (attempt.endedAtMs !== undefined && !happened[i]!.name.startsWith('start')) expect(now).toEqual(attempt)
          }
          if (isCdr) {
            expect(isTerminal(after.state)).toBe(true)
            expect(openAttempts(after)).toEqual([])
          }
          expect(after.attempts.map(({ n }) => n)).toEqual([...after.attempts.map(({ n }) => n)].sort())
        })
        expect(corrections).toBeLessThanOrEqual(1)
        expect(amend(progress, { reason: 'x' }).transitions).toBe(progress.transitions)
      }),
      { numRuns: 500 },
    )
  })

  it('the CDR has the last word on the outcome, before the dial result or after', () => {
    const ring = startAttempt(unchanged(aCall({ state: 'routing' })), anAttempt(), 1500)
    const dialEnds: Step = (progress, atMs) =>
      finish(endAttempt(progress, 1, 'busy', atMs), 'dial-busy', { disposition: 'busy' }, atMs)
    const cdrComes: Step = (progress, atMs) =>
      applyCdr(progress, aCdr({ disposition: 'answered' }), 'hash', atMs).progress
    for (const order of [
      [dialEnds, cdrComes],
      [cdrComes, dialEnds],
    ]) {
      const { call } = order.reduce((progress, step, i) => step(progress, 2000 + i), ring)
      expect(call).toMatchObject({ state: 'completed', disposition: 'answered' })
    }
  })
})

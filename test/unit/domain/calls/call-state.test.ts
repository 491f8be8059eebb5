import { describe, expect, it } from 'vitest'
import { callEvents, nextCallState, whyIgnored } from '../../../../server/domain/calls/call-state.ts'
import { callStates, isTerminal, type CallState } from '../../../../shared/vocabulary.ts'

const reach = (state: CallState): CallState[] =>
  [...new Set(callEvents.flatMap((event) => nextCallState(state, event) ?? []))].sort()

describe('the states of a call', () => {
  it.each<[CallState, CallState[]]>([
    ['received', ['busy', 'completed', 'failed', 'no_answer', 'queued']],
    ['queued', ['busy', 'completed', 'failed', 'no_answer', 'routing']],
    ['routing', ['busy', 'completed', 'connecting', 'failed', 'no_answer']],
    ['connecting', ['busy', 'completed', 'connected', 'failed', 'no_answer', 'routing']],
    ['connected', ['busy', 'completed', 'failed', 'no_answer', 'routing']],
    ['completed', []],
    ['busy', []],
    ['failed', []],
    ['no_answer', []],
  ])('from %s lead to %j', (state, next) => {
    expect(reach(state)).toEqual(next)
  })

  it.each(callStates.filter((state) => !isTerminal(state)))('end from %s by any CDR or by giving up', (state) => {
    expect(nextCallState(state, 'cdr-answered')).toBe('completed')
    expect(nextCallState(state, 'cdr-busy')).toBe('busy')
    expect(nextCallState(state, 'cdr-no-answer')).toBe('no_answer')
    expect(nextCallState(state, 'cdr-failed')).toBe('failed')
    expect(nextCallState(state, 'give-up')).toBe('failed')
  })

  it('let go of a stray answer when the dial failed after all', () => {
    expect(nextCallState('connected', 'dial-failed')).toBe('routing')
    expect(nextCallState('connected', 'dial-busy')).toBeUndefined()
  })

  it('say why an event does not apply', () => {
    expect(whyIgnored('busy', 'answered')).toBe('the call is over (busy)')
    expect(whyIgnored('queued', 'dial')).toBe('dial means nothing while the call is queued')
  })
})

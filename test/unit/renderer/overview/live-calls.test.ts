import { describe, expect, it } from 'vitest'
import {
  applyCalls,
  hold,
  letIn,
  lingerMs,
  matches,
  noLiveCalls,
  reconcile,
  rowLimit,
  sweep,
  type LiveCalls,
} from '../../../../renderer/features/overview/live-calls.ts'
import type { CallRecord } from '../../../../shared/contract/calls.ts'

const aCall = (n: number, fields: Partial<CallRecord> = {}): CallRecord => ({
  id: `c${n}`,
  tenantId: 't',
  token: `token${n}`,
  direction: 'inbound',
  from: '+12025550100',
  to: '+12025550199',
  state: 'connecting',
  startedAtMs: n,
  attemptCount: 1,
  ...fields,
})
const many = (count: number) => Array.from({ length: count }, (_, n) => aCall(n + 1))
const ids = (rows: LiveCalls['rows']) => rows.map((row) => row.call.id)

describe('live calls', () => {
  it('shows the newest first', () => {
    expect(ids(applyCalls(noLiveCalls, many(3), 10).rows)).toEqual(['c3', 'c2', 'c1'])
  })

  it('changes a row in place', () => {
    const state = applyCalls(applyCalls(noLiveCalls, many(2), 10), [aCall(1, { state: 'connected' })], 11)
    expect(state.rows.map((row) => row.call.state)).toEqual(['connecting', 'connected'])
  })

  it('takes the last word on each call, but never revives one that ended', () => {
    const ended = applyCalls(
      noLiveCalls,
      [aCall(1), aCall(1, { state: 'completed' }), aCall(1, { state: 'connected' })],
      10,
    )
    expect(ended.justEnded.map((row) => row.call.state)).toEqual(['completed'])
    const late = applyCalls(ended, [aCall(1, { state: 'connected' })], 11)
    expect(late.justEnded.map((row) => row.call.state)).toEqual(['completed'])
    expect(late.rows).toEqual([])
  })

  it('lets a correction of the outcome through', () => {
    const ended = applyCalls(noLiveCalls, [aCall(1, { state: 'no_answer' })], 10)
    expect(applyCalls(ended, [aCall(1, { state: 'busy' })], 11).justEnded[0]?.call.state).toBe('busy')
  })

  it('keeps an ended call where it was for a while, then moves it down', () => {
    const state = applyCalls(applyCalls(noLiveCalls, many(2), 10), [aCall(1, { state: 'busy' })], 100)
    expect(ids(sweep(state, 100 + lingerMs - 1).rows)).toEqual(['c2', 'c1'])
    const later = sweep(state, 100 + lingerMs)
    expect([ids(later.rows), ids(later.justEnded)]).toEqual([['c2'], ['c1']])
  })

  it('moves nothing while held: new calls wait, ended ones stay', () => {
    const held = hold(applyCalls(noLiveCalls, many(2), 10))
    const state = sweep(applyCalls(held, [aCall(3), aCall(1, { state: 'busy' })], 20), 20 + lingerMs)
    expect(ids(state.rows)).toEqual(['c2', 'c1'])
    expect(ids(state.waiting)).toEqual(['c3'])
    const released = letIn(state, false, 20 + lingerMs)
    expect([ids(released.rows), ids(released.justEnded), released.isHeld]).toEqual([['c3', 'c2'], ['c1'], false])
  })

  it('lets those in that wait while it stays held', () => {
    const state = letIn(applyCalls(hold(applyCalls(noLiveCalls, many(1), 10)), [aCall(2)], 11), true, 12)
    expect([ids(state.rows), state.waiting.length, state.isHeld]).toEqual([['c2', 'c1'], 0, true])
  })

  it('does not announce a call that was over before anybody saw it', () => {
    const held = hold(applyCalls(noLiveCalls, many(1), 10))
    const state = applyCalls(applyCalls(held, [aCall(2)], 11), [aCall(2, { state: 'failed' })], 12)
    expect([ids(state.waiting), ids(state.justEnded)]).toEqual([[], ['c2']])
  })

  it('shows the newest when there are more than fit, and says so', () => {
    const state = applyCalls(noLiveCalls, many(rowLimit + 50), 10)
    expect(state.rows.length).toBe(rowLimit)
    expect(state.rows[0]?.call.id).toBe(`c${rowLimit + 50}`)
    expect(state.isCut).toBe(true)
  })

  it('does not take word of a call that fell off the end for a new one', () => {
    const full = applyCalls(noLiveCalls, many(rowLimit + 50), 10)
    expect(applyCalls(full, [aCall(3, { state: 'connected' })], 11).rows[0]?.call.id).toBe(`c${rowLimit + 50}`)
    expect(applyCalls(hold(full), [aCall(3, { state: 'connected' })], 11).waiting).toEqual([])
  })
})

describe('setting the list right', () => {
  const read = (...calls: CallRecord[]) => ({ items: calls, isWhole: true })

  it('drops what is gone and adds what was missed', () => {
    const state = reconcile(applyCalls(noLiveCalls, many(2), 10), read(aCall(2), aCall(3)), 2000, 2001)
    expect(ids(state.rows)).toEqual(['c3', 'c2'])
  })

  it('keeps a call that came in after asking, and a younger word on one that was read', () => {
    const before = applyCalls(noLiveCalls, [aCall(1, { state: 'connected' }), aCall(2)], 2010)
    const state = reconcile(before, read(aCall(1)), 2000, 2011)
    expect(state.rows.map((row) => [row.call.id, row.call.state])).toEqual([
      ['c2', 'connecting'],
      ['c1', 'connected'],
    ])
  })

  it('keeps a call, and its last word, that was told just before asking: it may not be stored yet', () => {
    const before = applyCalls(noLiveCalls, [aCall(1, { state: 'connected' }), aCall(2)], 1950)
    const state = reconcile(before, read(aCall(1)), 2000, 2001)
    expect(state.rows.map((row) => [row.call.id, row.call.state])).toEqual([
      ['c2', 'connecting'],
      ['c1', 'connected'],
    ])
  })

  it('renews a row whose change was missed', () => {
    const state = reconcile(applyCalls(noLiveCalls, [aCall(1)], 10), read(aCall(1, { state: 'connected' })), 2000, 2001)
    expect(state.rows[0]?.call.state).toBe('connected')
  })

  it('drops nothing that an answer which was cut short does not reach', () => {
    const before = applyCalls(noLiveCalls, [aCall(1), aCall(2), aCall(4)], 10)
    const state = reconcile(before, { items: [aCall(5), aCall(3)], isWhole: false }, 2000, 2001)
    expect(ids(state.rows)).toEqual(['c5', 'c3', 'c2', 'c1'])
  })

  it('fills an empty list even while somebody points at it', () => {
    expect(ids(reconcile(hold(noLiveCalls), read(aCall(1)), 20, 21).rows)).toEqual(['c1'])
  })
})

describe('the filter', () => {
  const row = applyCalls(noLiveCalls, [aCall(1, { agentName: 'Vapi 3', state: 'no_answer' })], 1).justEnded[0]!
  it.each(['', '0100', '202-555-0100', '(202) 555', 'vapi', 'no answer', '+1202'])('finds the call by %j', (text) => {
    expect(matches(row, text)).toBe(true)
  })
  it.each(['retell', '999', 'connected'])('does not find it by %j', (text) => {
    expect(matches(row, text)).toBe(false)
  })
})

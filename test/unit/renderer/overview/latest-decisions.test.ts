import { describe, expect, it } from 'vitest'
import type { DecisionNews } from '../../../../renderer/entities/decision-words.ts'
import {
  addEarlier,
  applyDecisions,
  decisionLimit,
  holdDecisions,
  letDecisionsIn,
  noDecisions,
  type DecisionRow,
} from '../../../../renderer/features/overview/latest-decisions.ts'

const aRow = (
  n: number,
  trigger: 'voice_request' | 'dial_result' = 'voice_request',
  target: DecisionNews['target'] = { type: 'agent', id: 'a' },
): DecisionRow => ({
  callId: `c${n}`,
  decision: { id: `d${n}`, atMs: n, target, explanation: { summary: `decision ${n}`, trigger, steps: [] } },
})
const ids = (rows: readonly DecisionRow[]) => rows.map((row) => row.decision.id)

describe('latest decisions', () => {
  it('has the newest first and stays bounded', () => {
    const state = applyDecisions(
      noDecisions,
      Array.from({ length: 80 }, (_, n) => aRow(n)),
    )
    expect(state.rows.length).toBe(decisionLimit)
    expect(state.rows[0]?.decision.id).toBe('d79')
    expect(state.seen).toBe(80)
  })

  it('counts as failover what sent a call on, not what ended it', () => {
    const state = applyDecisions(noDecisions, [
      aRow(1),
      aRow(2, 'dial_result'),
      aRow(3, 'dial_result', { type: 'hangup' }),
    ])
    expect(state.failoversSeen).toBe(1)
  })

  it('counts nothing twice', () => {
    const state = applyDecisions(applyDecisions(noDecisions, [aRow(1)]), [aRow(1), aRow(2)])
    expect([ids(state.rows), state.seen]).toEqual([['d2', 'd1'], 2])
  })

  it('puts earlier ones below without counting them as seen', () => {
    const state = addEarlier(applyDecisions(noDecisions, [aRow(5, 'dial_result')]), [
      aRow(3, 'dial_result'),
      aRow(4),
      aRow(5),
    ])
    expect([ids(state.rows), state.seen, state.failoversSeen]).toEqual([['d5', 'd4', 'd3'], 1, 1])
  })

  it('lets new ones wait while held', () => {
    const held = applyDecisions(holdDecisions(applyDecisions(noDecisions, [aRow(1)])), [aRow(2), aRow(3)])
    expect([ids(held.rows), held.waitingCount]).toEqual([['d1'], 2])
    const released = letDecisionsIn(held, false)
    expect([ids(released.rows), released.waitingCount]).toEqual([['d3', 'd2', 'd1'], 0])
  })
})

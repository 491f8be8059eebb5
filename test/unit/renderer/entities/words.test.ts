import { describe, expect, it } from 'vitest'
import { viaWords, webhookOutcome } from '../../../../renderer/entities/call-words.ts'
import { formatNumber } from '../../../../renderer/entities/format-number.ts'
import { kindOf, triggerWords, type DecisionNews } from '../../../../renderer/entities/decision-words.ts'

describe('numbers', () => {
  it.each([
    ['+12025550100', '+1 202-555-0100'],
    ['+442079460018', '+44 20 7946 0018'],
    ['anonymous', 'anonymous'],
    ['1001', '1001'],
    ['+', '+'],
    ['', ''],
  ])('%j reads %j', (number, text) => expect(formatNumber(number)).toBe(text))
})

describe('words', () => {
  it('say how a call goes', () => {
    expect(viaWords({ ruleName: 'Sales line', groupName: 'Sales EU', agentName: 'Vapi 3' })).toBe('Sales EU › Vapi 3')
    expect(viaWords({ ruleName: 'Sales line', agentName: 'Vapi 3' })).toBe('Sales line › Vapi 3')
    expect(viaWords({})).toBe('')
  })
  it('say what became of a webhook, with its reason', () => {
    expect(webhookOutcome({ outcome: 'ignored', reason: 'late' })).toBe('ignored: late')
    expect(webhookOutcome({ outcome: 'applied' })).toBe('applied')
  })
  it('tell routing, failover and the end of a call apart', () => {
    const decision = (trigger: 'voice_request' | 'dial_result' | 'test', type: 'hangup' | 'reject'): DecisionNews => ({
      id: 'd',
      atMs: 0,
      target: { type },
      explanation: { summary: '', trigger, steps: [] },
    })
    expect(kindOf(decision('voice_request', 'hangup'))).toBe('first')
    expect(kindOf(decision('dial_result', 'reject'))).toBe('failover')
    expect(kindOf(decision('dial_result', 'hangup'))).toBe('end')
    expect([
      triggerWords(decision('voice_request', 'hangup'), 0),
      triggerWords(decision('dial_result', 'reject'), 2),
      triggerWords(decision('test', 'reject'), 0),
    ]).toEqual(['Call came in', 'After attempt 2', 'Test'])
  })
})

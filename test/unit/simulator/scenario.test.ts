import { describe, expect, it } from 'vitest'
import { parseScenario } from '../../../server/simulator/index.ts'
import { outcomesOf } from '../../../server/simulator/scenario.ts'

describe('a scenario', () => {
  it('has a default for everything', () => {
    expect(parseScenario({})).toMatchObject({
      calls: 100,
      concurrency: 10,
      seed: 1,
      timeScale: 1000,
      duplicates: 0,
      delays: { share: 0 },
    })
  })

  it('keeps what is written and does not change it', () => {
    const written = Object.freeze({ calls: 5, to: ['+12025550100'], talkSeconds: { min: 1, max: 2 } })
    expect(parseScenario(written)).toMatchObject(written)
  })

  it('takes the outcomes of the agent, else of its provider, else the default ones', () => {
    const scenario = parseScenario({
      outcomes: {
        default: { answered: 1 },
        agents: { '+12025550171': { busy: 1 } },
        providers: { retell: { failed: 1 } },
      },
    })
    expect(outcomesOf(scenario, '+12025550171', 'retell')).toEqual({ busy: 1 })
    expect(outcomesOf(scenario, '+12025550172', 'retell')).toEqual({ failed: 1 })
    expect(outcomesOf(scenario, '+12025550173', 'vapi')).toEqual({ answered: 1 })
    expect(outcomesOf(parseScenario({}), '+12025550173', undefined)).toMatchObject({ answered: 85 })
  })

  it.each([
    [{ calls: -1 }, /^calls must be >= 0\. Wanted: how many calls/],
    [{ calls: 'many' }, /^calls .*Wanted: how many calls/],
    [{ concurency: 5 }, /^concurency is not known\. A scenario has calls, concurrency/],
    [{ duplicates: 5 }, /^duplicates must be <= 1\. Wanted: requests sent twice; a share from 0 to 1/],
    [{ outcomes: { default: { answered: -1 } } }, /^outcomes\.default\.answered must be >= 0/],
    [
      { outcomes: { default: { answerd: 1 } } },
      /^outcomes\.default\.answerd is not known\. Wanted: weights of answered/,
    ],
    [{ outcomes: { default: { answered: 0 } } }, /^outcomes\.default needs at least one outcome/],
    [{ outcomes: { agents: { '+12025550171': {} } } }, /^outcomes\.agents\.\+12025550171 needs at least one outcome/],
    [{ outcomes: { providers: { vapi: {} } } }, /^outcomes\.providers\.vapi needs at least one outcome/],
    [{ ringSeconds: { min: 5, max: 1 } }, /^ringSeconds has its min above its max/],
    [{ talkSeconds: 'long' }, /^talkSeconds .*Wanted: seconds as a number/],
    [[], /^The scenario/],
    ['calls: 5', /^The scenario/],
  ])('refuses %j, naming the path and the way out', (written, message) => {
    expect(() => parseScenario(written)).toThrow(message)
  })
})

import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { strategies } from '../../server/domain/routing/strategies/index.ts'
import { selectMember } from '../../server/domain/routing/select-member.ts'
import { emptyTally } from '../../server/domain/routing/strategies/tally.ts'
import type { Candidate, Strategy } from '../../server/domain/routing/strategies/strategy.ts'
import { strategyNames, type StrategyName } from '../../shared/vocabulary.ts'
import { aPresent, membersOf } from '../support/builders.ts'
import { aRotation, worstBalance, worstDeviation } from '../support/rotation.ts'

/** Few heavy ones beside many light ones are the hard cases. */
const weight = fc.oneof(fc.integer({ min: 1, max: 1000 }), fc.constantFrom(1, 1, 1, 3, 10, 40, 1000))
const aCandidate = (over: Partial<Candidate> = {}): Candidate => ({
  agentId: 'agent-1',
  weight: 1,
  priority: 1,
  position: 1,
  activeCalls: 0,
  lastUsedAtMs: undefined,
  behind: 1,
  ...over,
})

describe.each(Object.entries(strategies) as [StrategyName, Strategy][])('strategy contract: %s', (name, strategy) => {
  it('says what it does', () => {
    expect(strategy.sentence).toMatch(/^[A-Z].+[^.]$/)
  })

  it('answers undefined when nobody is available', () => {
    expect(strategy.choose([], 0)).toBeUndefined()
    expect(strategy.contenders([])).toEqual([])
  })

  it('takes the only one there is, however far ahead', () => {
    const alone = aCandidate({ behind: -3 })
    expect(strategy.choose([alone], 0)).toBe(alone)
  })

  it('chooses somebody even when nobody is far enough behind', () => {
    const ahead = [1, 2, 3].map((n) => aCandidate({ agentId: `agent-${n}`, position: n, behind: -0.5 }))
    expect(ahead).toContain(strategy.choose(ahead, 0.5))
  })

  it('shares out among some of the eligible, in their order', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 1, max: 3 }), { minLength: 1 }), (priorities) => {
        const eligible = priorities.map((priority, i) => ({ priority, i }))
        const contenders = strategy.contenders(eligible)
        expect(contenders.length).toBeGreaterThan(0)
        expect(contenders).toEqual(eligible.filter((one) => contenders.includes(one)))
      }),
    )
  })

  it('shows how far behind somebody is only where it goes by that', () => {
    const [verdict] = selectMember(name, emptyTally(), membersOf([1]), aPresent()).verdicts
    expect(verdict?.behind !== undefined).toBe(strategy.isExact)
  })
})

describe.each((Object.entries(strategies) as [StrategyName, Strategy][]).filter(([, { isExact }]) => isExact))(
  'exact strategy contract: %s',
  (name) => {
    it('keeps every member within one call of its share at every point', () => {
      fc.assert(
        fc.property(fc.array(weight, { minLength: 1, maxLength: 60 }), (weights) => {
          expect(worstDeviation(aRotation(name), membersOf(weights), 400)).toBeLessThan(1)
        }),
        { numRuns: 60 },
      )
    })

    it('does so through whole rounds of few members with any weights', () => {
      fc.assert(
        fc.property(fc.array(fc.integer({ min: 1, max: 40 }), { minLength: 1, maxLength: 6 }), (weights) => {
          const round = weights.reduce((sum, one) => sum + one, 0)
          expect(worstDeviation(aRotation(name), membersOf(weights), round * 2 + 1)).toBeLessThan(1)
        }),
        { numRuns: 100 },
      )
    })

    // Always taking whoever is furthest behind goes wrong here by 1.4 calls, the smooth rotation of web servers by more.
    it.each([[[10, 3, 10, 3, 1, 1, 40, 1, 40, 1, 1, 3, 40]], [[1, 40, 1, 8, 1, 40, 1, 3, 3, 5, 1, 3, 1, 40]]])(
      'does so with weights %j',
      (weights) => {
        expect(worstDeviation(aRotation(name), membersOf(weights), 1000)).toBeLessThan(1)
      },
    )

    it.each([300, 1000])('does so with %i members', (k) => {
      const weights = Array.from({ length: k }, (_, i) => 1 + ((i * 7919) % 1000))
      expect(worstDeviation(aRotation(name), membersOf(weights), 1500)).toBeLessThan(1)
    })

    it('does so with one heavy member beside many light ones', () => {
      const weights = [1000, ...Array.from({ length: 59 }, () => 1)]
      expect(worstDeviation(aRotation(name), membersOf(weights), 2200)).toBeLessThan(1)
    })

    it('takes plain turns by position when weights are equal', () => {
      const rotation = aRotation(name)
      const members = membersOf([5, 5, 5, 5])
      const turns = Array.from({ length: 12 }, () => rotation.next(members))
      expect(turns).toEqual([1, 2, 3, 4, 1, 2, 3, 4, 1, 2, 3, 4].map((n) => `agent-${n}`))
    })

    it('goes on where it was after a copy of its memory', () => {
      const members = membersOf([3, 2, 7])
      const whole = aRotation(name)
      const expected = Array.from({ length: 30 }, () => whole.next(members))
      const first = aRotation(name)
      const begun = Array.from({ length: 13 }, () => first.next(members))
      const second = aRotation(name, structuredClone(first.tally))
      second.nowMs = first.nowMs
      expect([...begun, ...Array.from({ length: 17 }, () => second.next(members))]).toEqual(expected)
    })

    it('shares the calls of one that drops out among the others in proportion', () => {
      fc.assert(
        fc.property(
          fc.integer({ min: 2, max: 30 }),
          fc.nat(),
          fc.integer({ min: 0, max: 200 }),
          (k, dropped, before) => {
            const members = membersOf(Array.from({ length: k }, () => 1))
            const rotation = aRotation(name)
            for (let n = 0; n < before; n += 1) rotation.next(members)
            const others = members.filter((_, i) => i !== dropped % k)
            expect(worstDeviation(rotation, others, 5 * k)).toBeLessThan(2)
          },
        ),
        { numRuns: 60 },
      )
    })

    it('gives one who joins its share and no burst', () => {
      fc.assert(
        fc.property(
          fc.array(weight, { minLength: 1, maxLength: 20 }),
          weight,
          fc.integer({ min: 0, max: 500 }),
          (weights, joining, before) => {
            const members = membersOf([...weights, joining])
            const rotation = aRotation(name)
            for (let n = 0; n < before; n += 1) rotation.next(members.slice(0, -1))
            expect(worstDeviation(rotation, members, 300)).toBeLessThan(2)
          },
        ),
        { numRuns: 60 },
      )
    })

    it('keeps everybody within one call of its share and the one carried over, through any comings and goings', () => {
      const phase = fc.record({
        absent: fc.array(fc.nat({ max: 11 }), { maxLength: 11 }),
        /** Whose weight is changed before it. */
        reweighed: fc.option(fc.record({ who: fc.nat({ max: 11 }), weight }), { nil: undefined, freq: 3 }),
        calls: fc.oneof(fc.integer({ min: 1, max: 8 }), fc.integer({ min: 1, max: 60 })),
      })
      fc.assert(
        fc.property(
          fc.array(weight, { minLength: 12, maxLength: 12 }),
          fc.array(phase, { minLength: 1, maxLength: 40 }),
          (weights, phases) => {
            let members = membersOf(weights)
            const rotation = aRotation(name)
            for (const { absent, reweighed, calls } of phases) {
              if (reweighed)
                members = members.map((member, i) =>
                  i === reweighed.who ? { ...member, weight: reweighed.weight } : member,
                )
              const present = members.filter((_, i) => !absent.includes(i))
              for (let n = 0; n < calls; n += 1) {
                rotation.next(present)
                expect(worstBalance(rotation, present)).toBeLessThan(2)
              }
            }
          },
        ),
        { numRuns: 60 },
      )
    })

    it('does so with 1000 members of whom some leave and return', () => {
      const members = membersOf(Array.from({ length: 1000 }, (_, i) => 1 + ((i * 7919) % 1000)))
      const rotation = aRotation(name)
      for (let epoch = 0; epoch < 30; epoch += 1) {
        const present = members.filter((_, i) => (i * 31 + epoch * 17) % 7 > epoch % 3)
        for (let n = 0; n < 1 + ((epoch * 13) % 40); n += 1) {
          rotation.next(present)
          expect(worstBalance(rotation, present)).toBeLessThan(1)
        }
      }
    })

    it('is fair in the long run to one that is at its cap every other call', () => {
      const members = membersOf([1, 1, 1])
      const rotation = aRotation(name)
      const counts = new Map<string | undefined, number>()
      for (let n = 0; n < 600; n += 1) {
        const agentId = rotation.next(n % 2 === 0 ? members : members.slice(1))
        counts.set(agentId, (counts.get(agentId) ?? 0) + 1)
      }
      // Absent half the time, agent-1 is owed a third of the other half; what it missed by a call is made up for.
      expect(counts.get('agent-1')).toBeGreaterThanOrEqual(99)
      expect(counts.get('agent-1')).toBeLessThanOrEqual(300)
      expect(Math.abs(counts.get('agent-2')! - counts.get('agent-3')!)).toBeLessThanOrEqual(2)
    })
  },
)

it('every strategy of the vocabulary exists', () => {
  expect(Object.keys(strategies).sort()).toEqual([...strategyNames].sort())
})

describe('load_balanced', () => {
  const choose = (contenders: readonly Candidate[]) => strategies.load_balanced.choose(contenders, 0)
  const tied = [
    aCandidate({ agentId: 'busy', position: 1, activeCalls: 2, behind: 0.25 }),
    aCandidate({ agentId: 'used', position: 2, activeCalls: 1, lastUsedAtMs: 50, behind: 0.25 }),
    aCandidate({ agentId: 'rested', position: 4, activeCalls: 1, lastUsedAtMs: 10, behind: 0.25 }),
    aCandidate({ agentId: 'new', position: 3, activeCalls: 1, behind: 0.25 }),
  ]

  it('breaks a tie by active calls, then by last use, then by position', () => {
    expect(choose(tied)?.agentId).toBe('new')
    expect(choose(tied.filter(({ agentId }) => agentId !== 'new'))?.agentId).toBe('rested')
    expect(choose([tied[0]!, tied[1]!])?.agentId).toBe('used')
    const later = { ...tied[3]!, agentId: 'later', position: 5 }
    expect(choose([later, tied[3]!])?.agentId).toBe('new')
  })

  it.each([
    [[5, 3, 1], 4],
    [[9, 1], 5],
    [[100, 1], 50],
    [[7, 5, 3, 2, 1], 50],
  ])(
    'stays within one call of its share while calls leave the window: weights %j, %i calls a day',
    (weights, perDay) => {
      const members = membersOf(weights)
      const total = weights.reduce((sum, one) => sum + one, 0)
      const rotation = aRotation('load_balanced')
      const counts = new Map<string, number>()
      for (let n = 1; n <= 40 * perDay; n += 1) {
        rotation.nowMs += Math.floor(86_400_000 / perDay)
        const agentId = rotation.next(members)!
        counts.set(agentId, (counts.get(agentId) ?? 0) + 1)
        for (const { agentId: id, weight: own } of members)
          expect(Math.abs((counts.get(id) ?? 0) - (n * own) / total)).toBeLessThan(1)
      }
    },
  )
})

describe('least_active', () => {
  const choose = (contenders: readonly Candidate[]) => strategies.least_active.choose(contenders, 0)?.agentId

  it('goes by active calls for the weight, then by last use, then by position', () => {
    const heavy = aCandidate({ agentId: 'heavy', weight: 4, activeCalls: 3 })
    const light = aCandidate({ agentId: 'light', weight: 1, activeCalls: 1, position: 2 })
    expect(choose([light, heavy])).toBe('heavy')
    const even = aCandidate({ agentId: 'even', weight: 4, activeCalls: 4, lastUsedAtMs: 5, position: 3 })
    expect(choose([even, light])).toBe('light')
    const waited = { ...even, agentId: 'waited', lastUsedAtMs: 4, position: 4 }
    expect(choose([even, waited])).toBe('waited')
    expect(choose([{ ...waited, agentId: 'behind', position: 9 }, waited])).toBe('waited')
  })
})

describe('weighted_random', () => {
  const { choose } = strategies.weighted_random
  const three = [1, 2, 7].map((own, i) => aCandidate({ agentId: `agent-${i + 1}`, weight: own, position: i + 1 }))

  it('gives each the part of the chance that its weight is', () => {
    const at = (chance: number) => choose(three, chance)?.agentId
    expect([0, 0.0999, 0.1, 0.2999, 0.3, 0.9999].map(at)).toEqual([
      'agent-1',
      'agent-1',
      'agent-2',
      'agent-2',
      'agent-3',
      'agent-3',
    ])
  })

  it('finds somebody whatever rounding leaves', () => {
    expect(choose(three, 1)?.agentId).toBe('agent-3')
  })
})

describe('priority', () => {
  it('stays with the lowest number and gives the others turns while it cannot', () => {
    const rotation = aRotation('priority')
    const members = membersOf([1, 1, 1, 1]).map((member, i) => ({ ...member, priority: i < 2 ? 1 : 2 }))
    const turns = (count: number, some = members) => Array.from({ length: count }, () => rotation.next(some)?.slice(-1))
    expect(turns(3).join('')).toBe('121')
    expect(turns(2, members.slice(2)).join('')).toBe('34')
    expect(turns(2).join('')).toBe('21')
  })
})

import fc from 'fast-check'
import { expect, it } from 'vitest'
import { createLeases } from '../../../../server/adapters/memory/leases.ts'

it('counts what a list of leases would, whatever is held, given back and asked', () => {
  const step = fc.record({
    kind: fc.constantFrom('hold', 'release', 'count'),
    agent: fc.constantFrom('a', 'b'),
    key: fc.integer({ min: 1, max: 4 }).map(String),
    lasts: fc.integer({ min: 0, max: 20 }),
    pass: fc.integer({ min: 0, max: 10 }),
    ahead: fc.constantFrom(0, 0, 100),
  })
  fc.assert(
    fc.property(fc.array(step), (steps) => {
      const leases = createLeases()
      let held: { agent: string; key: string; until: number }[] = []
      let now = 0
      for (const { kind, agent, key, lasts, pass, ahead } of steps) {
        now += pass
        const isThis = (lease: (typeof held)[number]): boolean => lease.agent === agent && lease.key === key
        if (kind === 'hold') {
          held = [...held.filter((lease) => !isThis(lease)), { agent, key, until: now + lasts }]
          leases.hold(agent, key, now + lasts, now)
        } else if (kind === 'release') {
          // One whose time is over may be gone or not.
          const isRunning = held.some((lease) => isThis(lease) && lease.until > now)
          const released = leases.release(agent, key)
          if (isRunning) expect(released).toBe(true)
          if (!held.some(isThis)) expect(released).toBe(false)
          held = held.filter((lease) => !isThis(lease))
        }
        const running = held.filter((lease) => lease.agent === agent && lease.until > now + ahead)
        expect(leases.count(agent, now + ahead)).toBe(running.length)
      }
    }),
    { numRuns: 500 },
  )
})

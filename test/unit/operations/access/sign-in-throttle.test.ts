import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { createSignInThrottle, networkOf } from '../../../../server/operations/access/sign-in-throttle.ts'
import { fakeClock } from '../../../support/fake-clock.ts'

const minute = 60_000
const aThrottle = () => {
  const clock = fakeClock()
  return { clock, throttle: createSignInThrottle(clock.steadyMs) }
}
type Throttle = ReturnType<typeof createSignInThrottle>
const failures = (throttle: Throttle, count: number, attempt: (n: number) => Parameters<Throttle['enter']>[0]) =>
  Array.from({ length: count }, (_, n) => throttle.enter(attempt(n)).waitMs).filter((waitMs) => waitMs === 0).length

describe('the throttle of sign-ins', () => {
  it('lets an account be guessed ten times at once, and then forty times an hour, from wherever', () => {
    const { clock, throttle } = aThrottle()
    const from = (n: number) => ({ account: 'ada@example.com', address: `192.0.2.${n % 250}` })
    expect(failures(throttle, 500, from)).toBe(10)
    let more = 0
    for (let i = 0; i < 60; i += 1) {
      clock.pass(minute)
      more += failures(throttle, 50, from)
    }
    expect(more).toBe(40)
  })

  it('lets one network guess at forty accounts, and not at the next one', () => {
    const { throttle } = aThrottle()
    expect(failures(throttle, 500, (n) => ({ account: `${n}@example.com`, address: `2001:db8:1:2::${n}` }))).toBe(40)
    expect(throttle.enter({ account: 'other@example.com', address: '2001:db8:1:3::1' }).waitMs).toBe(0)
  })

  it('never keeps a browser out that the account is known to use, whatever others do', () => {
    const { throttle } = aThrottle()
    failures(throttle, 500, (n) => ({ account: 'ada@example.com', address: `192.0.2.${n % 250}` }))
    const own = { account: 'ada@example.com', address: '192.0.2.7', device: 'd' }
    expect(throttle.enter(own).waitMs).toBe(0)
    expect(failures(throttle, 50, () => own)).toBe(9)
  })

  it('says how long to wait, and it is enough', () => {
    const { clock, throttle } = aThrottle()
    const attempt = { account: 'a', address: '192.0.2.1' }
    failures(throttle, 10, () => attempt)
    const { waitMs } = throttle.enter(attempt)
    clock.pass(waitMs - 1)
    expect(throttle.enter(attempt).waitMs).toBe(1)
    clock.pass(1)
    expect(throttle.enter(attempt).waitMs).toBe(0)
  })

  it('counts nothing that was right, nor what it did not let through', () => {
    const { clock, throttle } = aThrottle()
    const attempt = { account: 'a', address: '192.0.2.1' }
    for (let i = 0; i < 100; i += 1) {
      expect(throttle.enter(attempt).waitMs).toBe(0)
      throttle.forgive(attempt)
    }
    failures(throttle, 1000, () => attempt)
    clock.pass(15 * minute)
    expect(throttle.enter(attempt).waitMs).toBe(0)
  })

  it('forgets those first that block nobody, and remembers so many and no more', () => {
    const { clock, throttle } = aThrottle()
    const first = { account: 'first', address: '192.0.2.1' }
    failures(throttle, 10, () => first)
    const others = (from: number) => {
      for (let n = from; n < from + 60_000; n += 1)
        throttle.enter({ account: `${n}`, address: `10.${n >> 16}.${(n >> 8) & 255}.${n & 255}` })
    }
    others(0)
    expect(throttle.enter(first).waitMs).toBeGreaterThan(0)
    clock.pass(15 * minute)
    others(60_000)
    expect(throttle.enter(first).waitMs).toBe(0)
  })
})

describe('the network of an address', () => {
  it.each([
    ['192.0.2.7', '192.0.2.7'],
    ['::ffff:192.0.2.7', '192.0.2.7'],
    ['2001:db8::1', '2001:db8:0:0'],
    ['2001:DB8:0001:2:3:4:5:6', '2001:db8:1:2'],
    ['::1', '0:0:0:0'],
    ['fe80::1%eth0', 'fe80:0:0:0'],
  ])('%s: %s', (address, network) => expect(networkOf(address)).toBe(network))

  it('is the same for all addresses of one /64', () => {
    const group = fc.integer({ min: 0, max: 0xffff }).map((n) => n.toString(16))
    fc.assert(
      fc.property(
        fc.array(group, { minLength: 4, maxLength: 4 }),
        fc.array(group, { minLength: 4, maxLength: 4 }),
        (a, b) => {
          expect(networkOf([...a, ...b].join(':'))).toBe(a.join(':'))
        },
      ),
    )
  })
})

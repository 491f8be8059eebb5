import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { createRequestLimiter, NoTurnError } from '../../../../server/adapters/cloudonix/request-limiter.ts'
import { aRequestBudget } from '../../../support/request-budget.ts'
import { virtualTime } from '../../../support/virtual-time.ts'

const most = 10
const windowMs = 10_000

const setUp = () => {
  const time = virtualTime(0)
  const parts = { clock: time.clock, wait: time.wait, limit: { most, windowMs } }
  const budget = aRequestBudget(time.clock.steadyMs)
  const aLimiter = () => createRequestLimiter({ ...parts, budget })
  return { ...time, parts, aLimiter, limiter: aLimiter() }
}
const nothing = () => Promise.resolve()

/** The most moments that any window holds, both of its ends included. */
const fullest = (moments: readonly number[]): number => {
  const sorted = [...moments].sort((a, b) => a - b)
  return Math.max(0, ...sorted.map((from, i) => sorted.slice(i).filter((at) => at <= from + windowMs).length))
}

describe('the request limiter', () => {
  it('never lets a window hold more than its share, whichever process asks and wherever between start and end a request is counted', async () => {
    const request = fc.record({
      atMs: fc.oneof(fc.integer({ min: 0, max: 40_000 }), fc.constantFrom(0, 3000, 9999, 10_000, 10_001, 20_002)),
      takesMs: fc.oneof(fc.constant(0), fc.integer({ min: 0, max: 400 }), fc.integer({ min: 0, max: 15_000 })),
      counted: fc.double({ min: 0, max: 1, noNaN: true }),
      fails: fc.boolean(),
      process: fc.nat({ max: 2 }),
    })
    await fc.assert(
      fc.asyncProperty(fc.array(request, { minLength: 1, maxLength: 60, size: 'max' }), async (requests) => {
        const { clock, wait, until, aLimiter } = setUp()
        const limiters = [aLimiter(), aLimiter(), aLimiter()]
        const starts: number[] = []
        const ends: number[] = []
        const counted: number[] = []
        const done = requests.map(async ({ atMs, takesMs, counted: share, fails, process }) => {
          await wait(atMs)
          await limiters[process]
            ?.take('a', Infinity, async () => {
              starts.push(clock.steadyMs())
              counted.push(clock.steadyMs() + share * takesMs)
              await wait(takesMs)
              ends.push(clock.steadyMs())
              if (fails) throw new Error('refused')
            })
            .catch((error: unknown) => expect(error).toMatchObject({ message: 'refused' }))
        })
        await until(Promise.all(done))
        expect(starts).toHaveLength(requests.length)
        for (const moments of [starts, ends, counted]) expect(fullest(moments)).toBeLessThanOrEqual(most)
      }),
      { numRuns: 150 },
    )
  })

  it('wastes no time: ten at once, the next ten when the first are out of the window', async () => {
    const { clock, until, limiter } = setUp()
    const starts: number[] = []
    const take = () => limiter.take('a', Infinity, () => Promise.resolve(starts.push(clock.steadyMs())))
    await until(Promise.all(Array.from({ length: 25 }, take)))
    expect(starts).toEqual([0, 10_001, 20_002].flatMap((at, i) => Array.from({ length: i < 2 ? 10 : 5 }, () => at)))
  })

  it('lets them in as they came, and has a window for each domain', async () => {
    const { clock, until, limiter } = setUp()
    const order: number[] = []
    const waiting = Array.from({ length: 40 }, (_, n) =>
      limiter.take('a', Infinity, () => Promise.resolve(order.push(n))),
    )
    await until(limiter.take('b', Infinity, nothing))
    expect(clock.steadyMs()).toBe(0)
    await until(Promise.all(waiting))
    expect(order).toEqual(Array.from({ length: 40 }, (_, n) => n))
  })

  it('sends away who would wait too long, also behind somebody with more time, and nobody else', async () => {
    const { clock, until, limiter } = setUp()
    const first = Array.from({ length: 10 }, () => limiter.take('a', Infinity, nothing))
    const patient = limiter.take('a', 60_000, () => Promise.resolve('served'))
    const refusedAtMs = limiter.take('a', 4000, nothing).catch((error: unknown) => {
      expect(error).toBeInstanceOf(NoTurnError)
      return clock.steadyMs()
    })
    await Promise.all(first)
    expect(await until(refusedAtMs)).toBe(4000)
    expect(await until(patient)).toBe('served')
    expect(clock.steadyMs()).toBe(10_001)
  })

  it('sends away who waits while all places are taken by requests that do not end', async () => {
    const { until, limiter } = setUp()
    const free: (() => void)[] = []
    const stuck = Array.from({ length: 10 }, () =>
      limiter.take('a', Infinity, () => new Promise<void>((end) => free.push(end))),
    )
    await expect(until(limiter.take('a', 30_000, nothing))).rejects.toMatchObject({ reason: 'waited too long' })
    for (const end of free) end()
    await Promise.all(stuck)
  })

  it('lets nobody in while it is held', async () => {
    const { clock, until, limiter } = setUp()
    await limiter.hold('a', 7000)
    await limiter.hold('a', 2000)
    await until(limiter.take('a', Infinity, nothing))
    expect(clock.steadyMs()).toBe(7000)
  })

  it('remembers what the process before asked', async () => {
    const { clock, until, limiter, aLimiter } = setUp()
    await until(Promise.all(Array.from({ length: 10 }, () => limiter.take('a', Infinity, nothing))))
    limiter.close()
    await until(aLimiter().take('a', Infinity, nothing))
    expect(clock.steadyMs()).toBe(10_001)
  })

  it('goes on a minute after ten requests of which nothing more was heard', async () => {
    const { clock, until, parts } = setUp()
    const budget = aRequestBudget(clock.steadyMs)
    for (let n = 0; n < 10; n += 1) await budget.take('a', parts.limit)
    await until(createRequestLimiter({ ...parts, budget }).take('a', Infinity, nothing))
    expect(clock.steadyMs()).toBe(60_000)
  })

  it('says why the budget cannot be asked, to all who wait, and asks again for the next', async () => {
    const { clock, parts } = setUp()
    const budget = aRequestBudget(clock.steadyMs)
    let isBroken = true
    const limiter = createRequestLimiter({
      ...parts,
      budget: {
        ...budget,
        take: (...asked) => (isBroken ? Promise.reject(new Error('disk full')) : budget.take(...asked)),
      },
    })
    const asked = await Promise.allSettled([1, 2].map(() => limiter.take('a', Infinity, nothing)))
    expect(asked).toEqual([1, 2].map(() => ({ status: 'rejected', reason: new Error('disk full') })))
    isBroken = false
    expect(await limiter.take('a', Infinity, () => Promise.resolve('done'))).toBe('done')
  })

  it('is not held up by what was noted before the machine started anew', async () => {
    let nowMs = 5_000_000
    const budget = aRequestBudget(() => nowMs)
    const limit = { most: 1, windowMs }
    await budget.take('a', limit)
    await budget.hold('b', 300_000)
    nowMs = 20_000
    expect(await budget.take('a', limit)).toHaveProperty('placeNo')
    expect(await budget.take('b', limit)).toHaveProperty('placeNo')
  })

  it('when closed lets those end that are in, and sends the others away', async () => {
    const { limiter } = setUp()
    let end: (() => void) | undefined
    const inside = limiter.take('a', Infinity, () => new Promise<string>((settle) => (end = () => settle('done'))))
    const others = Array.from({ length: 9 }, () => limiter.take('a', Infinity, nothing))
    const outside = limiter.take('a', Infinity, nothing)
    await Promise.all(others)
    limiter.close()
    await expect(outside).rejects.toMatchObject({ reason: 'closing' })
    await expect(limiter.take('a', Infinity, nothing)).rejects.toMatchObject({ reason: 'closing' })
    end?.()
    expect(await inside).toBe('done')
  })
})

import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import { startUpkeep } from '../../../server/operations/upkeep.ts'

beforeEach(() => void vi.useFakeTimers())
afterEach(() => void vi.useRealTimers())

it('is done now and again, not twice at once, also after it failed, until it is stopped', async () => {
  const errors: string[] = []
  const log = { error: (_: object, text: string) => void errors.push(text) }
  let runs = 0
  let finish: () => void = () => undefined
  const slow = () => new Promise<void>((resolve) => ((runs += 1), (finish = resolve)))
  let atStart = 0
  const failing = () => ((atStart += 1), Promise.reject(new Error('no')))
  const stop = startUpkeep(
    [
      { what: 'Sweeping', everyMs: 1000, work: slow },
      { what: 'Failing', everyMs: 1000, isDoneAtStart: true, work: failing },
    ],
    log,
  )
  expect([runs, atStart]).toEqual([0, 1])
  await vi.advanceTimersByTimeAsync(3000)
  expect([runs, atStart]).toEqual([1, 4])
  finish()
  await vi.advanceTimersByTimeAsync(1000)
  expect(runs).toBe(2)
  expect(errors[0]).toBe('Failing failed; it is tried again')
  await stop()
  finish()
  await vi.advanceTimersByTimeAsync(5000)
  expect([runs, atStart]).toEqual([2, 5])
})

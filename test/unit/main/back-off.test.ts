import { describe, expect, it } from 'vitest'
import { createBackOff } from '../../../main/back-off.ts'

describe('back-off', () => {
  it('doubles from one second up to thirty', () => {
    const backOff = createBackOff()
    const waited = Array.from({ length: 7 }, () => backOff.next(0).delayMs)
    expect(waited).toEqual([1_000, 2_000, 4_000, 8_000, 16_000, 30_000, 30_000])
  })

  it('forgets after a stable minute, and not before', () => {
    const backOff = createBackOff()
    backOff.next(0)
    expect(backOff.next(59_999)).toEqual({ attempt: 2, delayMs: 2_000 })
    expect(backOff.next(60_000)).toEqual({ attempt: 1, delayMs: 1_000 })
  })
})

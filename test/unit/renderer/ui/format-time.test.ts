import { describe, expect, it } from 'vitest'
import {
  formatAgo,
  formatClock,
  formatDuration,
  formatExact,
  formatMicros,
  formatOffset,
} from '../../../../renderer/ui/format-time.ts'

describe('times', () => {
  it.each([
    [-5, '0 s'],
    [3999, '3 s'],
    [63_000, '1 m 03 s'],
    [7_500_000, '2 h 05 m'],
  ])('a duration of %i ms is %s', (ms, text) => expect(formatDuration(ms)).toBe(text))

  it.each([
    [-4000, 'now'],
    [4000, 'now'],
    [59_000, '59 s ago'],
    [61_000, '1 m ago'],
    [7_200_000, '2 h ago'],
    [200_000_000, '2 d ago'],
  ])('%i ms ago reads %s', (ms, text) => expect(formatAgo(0, ms)).toBe(text))

  it.each([
    [0, '+0 ms'],
    [412, '+412 ms'],
    [12_400, '+12.4 s'],
    [125_000, '+2 m 05 s'],
    [-20, '−20 ms'],
  ])('an offset of %i ms is %s', (ms, text) => expect(formatOffset(ms)).toBe(text))

  it('gives the exact time with its zone', () => {
    const atMs = Date.UTC(2026, 6, 1, 12, 0, 5, 42)
    expect(formatExact(atMs, 'Europe/Berlin')).toMatch(/01 Jul 2026.*14:00:05 (CEST|GMT\+2)/)
    expect(formatClock(atMs, 'Europe/Berlin')).toBe('14:00:05.042')
  })

  it('falls back to the zone of the machine for one it does not know', () => {
    expect(formatExact(0, 'Mars/Olympus')).toBe(formatExact(0))
  })

  it.each([
    [84, '84 µs'],
    [1234, '1.2 ms'],
    [25_400, '25 ms'],
  ])('%i µs reads %s', (micros, text) => expect(formatMicros(micros)).toBe(text))
})

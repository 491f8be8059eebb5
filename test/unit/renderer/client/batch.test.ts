import { describe, expect, it } from 'vitest'
import { createBatch } from '../../../../renderer/client/batch.ts'

const aScreen = (limit = 100) => {
  let nowMs = 0
  const frames: (() => void)[] = []
  const waits: { readonly callback: () => void; readonly ms: number }[] = []
  const flushed: (readonly number[])[] = []
  const batch = createBatch<number>((items) => flushed.push(items), {
    minIntervalMs: 250,
    limit,
    now: () => nowMs,
    nextFrame: (callback) => void frames.push(callback),
    wait: (callback, ms) => void waits.push({ callback, ms }),
  })
  return {
    batch,
    flushed,
    waits,
    at: (ms: number) => void (nowMs = ms),
    frame: () => frames.splice(0).forEach((run) => run()),
  }
}

describe('a batch', () => {
  it('hands on what arrived together, on the next frame', () => {
    const screen = aScreen()
    screen.batch.add(1)
    screen.batch.add(2)
    expect(screen.flushed).toEqual([])
    screen.frame()
    expect(screen.flushed).toEqual([[1, 2]])
  })

  it('waits out the interval after the batch before', () => {
    const screen = aScreen()
    screen.batch.add(1)
    screen.frame()
    screen.at(100)
    screen.batch.add(2)
    expect(screen.waits.map(({ ms }) => ms)).toEqual([150])
    screen.waits[0]!.callback()
    screen.frame()
    expect(screen.flushed).toEqual([[1], [2]])
  })

  it('stays bounded when nobody draws', () => {
    const screen = aScreen(10)
    for (let n = 1; n <= 1000; n += 1) screen.batch.add(n)
    screen.frame()
    expect(screen.flushed[0]!.length).toBeLessThanOrEqual(10)
    expect(screen.flushed[0]!.at(-1)).toBe(1000)
  })

  it('hands on nothing once stopped', () => {
    const screen = aScreen()
    screen.batch.add(1)
    screen.batch.stop()
    screen.frame()
    expect(screen.flushed).toEqual([])
  })
})

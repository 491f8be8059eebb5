import { describe, expect, it, vi } from 'vitest'
import { openEventStream, pauseMs } from '../../../../renderer/client/event-stream.ts'

const callbacks = () => ({
  lastId: () => undefined,
  onOpen: vi.fn(() => () => undefined),
  onClosed: vi.fn(),
  onSignedOut: vi.fn(),
})

describe('the stream of events', () => {
  it('waits longer after each failure, but never more than a quarter of a minute and its spread', () => {
    const pauses = [0, 1, 2, 3, 9, 50].map((failures) => pauseMs(failures, () => 0.5))
    expect(pauses).toEqual([500, 1000, 2000, 4000, 15_000, 15_000])
    expect(pauseMs(50, () => 1)).toBeLessThanOrEqual(18_750)
  })

  it('says why it could not be opened', async () => {
    const heard = callbacks()
    const stream = openEventStream({
      url: '/e',
      fetch: async () => new Response(null, { status: 503 }),
      random: () => 1,
      ...heard,
    })
    await vi.waitUntil(() => heard.onClosed.mock.calls.length > 0)
    stream.close()
    expect(heard.onClosed).toHaveBeenCalledWith('the server answered with status 503')
    expect(heard.onOpen).not.toHaveBeenCalled()
  })

  it('tells a lost session from a lost connection', async () => {
    const heard = callbacks()
    const stream = openEventStream({
      url: '/e',
      fetch: async () => new Response(null, { status: 401 }),
      random: () => 1,
      ...heard,
    })
    await vi.waitUntil(() => heard.onSignedOut.mock.calls.length > 0)
    stream.close()
    expect(heard.onOpen).not.toHaveBeenCalled()
  })

  it('gives up a connection that says nothing for longer than the server ever does', async () => {
    vi.useFakeTimers()
    try {
      const heard = callbacks()
      const fetch = async (_url: unknown, init?: RequestInit) =>
        new Response(
          new ReadableStream({
            start: (controller) =>
              init?.signal?.addEventListener('abort', () => controller.error(new Error('aborted'))),
          }),
        )
      const stream = openEventStream({ url: '/e', fetch, random: () => 1, ...heard })
      await vi.advanceTimersByTimeAsync(39_000)
      expect(heard.onClosed).not.toHaveBeenCalled()
      await vi.advanceTimersByTimeAsync(2000)
      expect(heard.onClosed).toHaveBeenCalledOnce()
      stream.close()
    } finally {
      vi.useRealTimers()
    }
  })

  it('is silent once closed', async () => {
    const heard = callbacks()
    const stream = openEventStream({
      url: '/e',
      fetch: () => Promise.reject(new TypeError('x')),
      random: () => 1,
      ...heard,
    })
    stream.close()
    await Promise.resolve()
    expect(heard.onClosed).not.toHaveBeenCalled()
  })
})

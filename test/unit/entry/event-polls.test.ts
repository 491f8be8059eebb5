import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { createEventBus } from '../../../server/adapters/memory/event-bus.ts'
import { createEventLog } from '../../../server/adapters/memory/event-log.ts'
import { createEventPolls } from '../../../server/entry/event-polls.ts'
import { lastIdIn, readEvents } from '../../support/event-text.ts'

const someEvents = () => {
  const bus = createEventBus()
  const log = createEventLog(bus, { epoch: 'e1', paceMs: 0, slowBytes: 500 })
  const polls = createEventPolls(log)
  const publish = (id: string) => bus.publish('agent.changed', { tenantId: 't1', id, change: 'updated' })
  const idsAfter = async (after: string) => readEvents(await polls.next(after)).map(({ id }) => id)
  return { log, polls, publish, idsAfter }
}

describe('the stream of events, asked for piece by piece', () => {
  beforeEach(() => void vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] }))
  afterEach(() => void vi.useRealTimers())

  it('begins with where it stands and answers as soon as something happens', async () => {
    const { polls, publish, idsAfter } = someEvents()
    expect(await polls.next(undefined)).toBe('id: e1-0\n\n')
    const waiting = idsAfter('e1-0')
    publish('a1')
    publish('a2')
    expect(await waiting).toEqual(['e1-1', 'e1-2'])
    publish('a3')
    expect(await idsAfter('e1-2')).toEqual(['e1-3'])
  })

  it('says after a while that nothing has happened', async () => {
    const { polls } = someEvents()
    const waiting = polls.next(await polls.next(undefined).then(lastIdIn))
    await vi.advanceTimersByTimeAsync(15_000)
    expect(await waiting).toBe('id: e1-0\n\n')
  })

  it('tells a window that was loaded anew, and one that lost an answer, all that came after', async () => {
    const { polls, publish, idsAfter } = someEvents()
    await polls.next(undefined)
    publish('a1')
    expect(await idsAfter('e1-0')).toEqual(['e1-1'])
    expect(await idsAfter('e1-0')).toEqual(['e1-1'])
    expect(await polls.next(undefined)).toBe('id: e1-1\n\n')
  })

  it('tells a window of another run to read again', async () => {
    const { polls } = someEvents()
    expect(readEvents(await polls.next('e0-7'))).toMatchObject([{ id: 'e1-0', name: 'resync' }])
  })

  it('tells a window that fell behind the newest of each alone', async () => {
    const { polls, publish, idsAfter } = someEvents()
    await polls.next(undefined)
    for (let n = 0; n < 20; n += 1) publish('a1')
    expect(await idsAfter('e1-0')).toEqual(['e1-20'])
  })

  it('remembers a few windows and leaves the log when there are more', async () => {
    const { log, publish } = someEvents()
    let followers = 0
    const polls = createEventPolls({
      ...log,
      follow: (...asked) => {
        followers += 1
        const follower = log.follow(...asked)
        return { ...follower, close: () => void (followers -= 1) }
      },
    })
    for (let n = 0; n < 20; n += 1) {
      publish('a1')
      await polls.next(undefined)
      await polls.next(undefined)
    }
    expect(followers).toBe(8)
  })
})

import { describe, expect, it, vi } from 'vitest'
import { createEventBus } from '../../../../server/adapters/memory/event-bus.ts'
import { createEventLog, type EventLogOptions } from '../../../../server/adapters/memory/event-log.ts'
import type { EventFollower } from '../../../../server/ports/event-log.ts'
import { lastIdIn, readEvents } from '../../../support/event-text.ts'

const aLog = (options: Partial<EventLogOptions> = {}) => {
  const bus = createEventBus()
  const log = createEventLog(bus, { epoch: 'e1', paceMs: 0, ...options })
  const publish = (id: string, tenantId = 't1') =>
    bus.publish('agent.changed', { tenantId, id, change: 'updated' as const })
  return { bus, log, publish }
}
const told = () => new Promise<void>((settle) => setImmediate(settle))
const noNews = (): void => undefined

const textOf = (follower: EventFollower): string => {
  let text = ''
  for (let bytes = follower.next(); bytes; bytes = follower.next()) text += new TextDecoder().decode(bytes)
  return text
}
const idsIn = (text: string): string[] => readEvents(text).map(({ id }) => id)

describe('the log of events', () => {
  it('begins with where it stands, and tells what happens from then on', async () => {
    const { log, publish } = aLog()
    publish('a1')
    const follower = log.follow({}, undefined, noNews)
    expect(textOf(follower)).toBe('id: e1-1\n\n')
    publish('a2')
    await told()
    expect(textOf(follower)).toBe(
      'id: e1-2\nevent: agent.changed\ndata: {"tenantId":"t1","id":"a2","change":"updated"}\n\n',
    )
    expect(follower.place()).toBe('e1-2')
    expect(follower.next()).toBeUndefined()
  })

  it('goes on after an event, one that nothing came after included', async () => {
    const { log, publish } = aLog()
    for (const id of ['a1', 'a2', 'a3']) publish(id)
    expect(idsIn(textOf(log.follow({}, 'e1-1', noNews)))).toEqual(['e1-2', 'e1-3'])
    expect(textOf(log.follow({}, 'e1-3', noNews))).toBe('')
  })

  it.each(['e2-1', 'e1-9', 'e1-', '', 'e1-1e0'])('knows nothing of the id "%s", and says so', (id) => {
    const { log, publish } = aLog()
    publish('a1')
    const [resync] = readEvents(textOf(log.follow({}, id, noNews)))
    expect(resync).toMatchObject({ id: 'e1-1', name: 'resync', data: { reason: 'unknown_id' } })
  })

  it.each([
    ['number', { maxEvents: 3 }],
    ['bytes', { maxBytes: 300 }],
  ])('keeps a bounded %s of events, and says what it has left behind', (_what, bound) => {
    const { log, publish } = aLog(bound)
    const away = log.follow({}, undefined, noNews)
    away.next()
    for (let n = 1; n <= 10; n += 1) publish(`a${n}`)
    const kept = log.follow({}, 'e1-7', noNews)
    expect(idsIn(textOf(kept))).toEqual(['e1-8', 'e1-9', 'e1-10'])
    expect(readEvents(textOf(log.follow({}, 'e1-6', noNews)))).toMatchObject([
      { id: 'e1-10', name: 'resync', data: { reason: 'too_far_behind' } },
    ])
    expect(readEvents(textOf(away))).toMatchObject([{ name: 'resync' }])
  })

  it('asks to read again rather than keeping one event that is larger than all it may keep', async () => {
    const { log, publish } = aLog({ maxBytes: 1000 })
    const follower = log.follow({}, undefined, noNews)
    follower.next()
    publish('x'.repeat(2000))
    await told()
    expect(readEvents(textOf(follower))).toMatchObject([{ id: 'e1-1', name: 'resync' }])
  })

  it('asks everybody to read again when it did not hear what others told', async () => {
    const { log, publish } = aLog()
    const follower = log.follow({ tenantId: 't1', names: ['call.ended'] }, undefined, noNews)
    follower.next()
    publish('a1')
    log.noteGap()
    await told()
    expect(readEvents(textOf(follower))).toMatchObject([{ id: 'e1-2', name: 'resync', data: { reason: 'gap' } }])
    expect(idsIn(textOf(log.follow({}, 'e1-0', noNews)))).toEqual(['e1-1', 'e1-2'])
    expect(textOf(log.follow({}, 'e1-2', noNews))).toBe('')
  })

  it('tells what the filter lets through, and where it stands', async () => {
    const { bus, log, publish } = aLog()
    const follower = log.follow({ tenantId: 't1', names: ['agent.changed', 'provider.changed'] }, 'e1-0', noNews)
    publish('a1')
    publish('hidden', 't2')
    bus.publish('provider.changed', { id: 'site', change: 'updated' })
    bus.publish('tenant.changed', { tenantId: 't1', change: 'updated' })
    await told()
    const text = textOf(follower)
    expect(idsIn(text)).toEqual(['e1-1', 'e1-3'])
    expect(lastIdIn(text)).toBe('e1-4')
    publish('hidden', 't2')
    await told()
    expect(follower.next()).toBeUndefined()
    expect(follower.place()).toBe('e1-5')
  })

  it('gives a long past in pieces', () => {
    const { log, publish } = aLog()
    const follower = log.follow({}, 'e1-0', noNews)
    for (let n = 0; n < 400; n += 1) publish('x'.repeat(1000))
    log.follow({}, undefined, noNews)
    const first = follower.next()
    expect(first?.byteLength).toBeGreaterThan(60_000)
    expect(first?.byteLength).toBeLessThan(70_000)
    expect(idsIn(textOf(follower)).length).toBeGreaterThan(300)
  })

  it('tells all that was missed to who comes back, however much it is', () => {
    const { log, publish } = aLog({ slowBytes: 500 })
    for (let n = 0; n < 100; n += 1) publish('a1')
    expect(idsIn(textOf(log.follow({}, 'e1-0', noNews)))).toHaveLength(100)
  })

  it('tells who is slow the newest of each alone, until it has caught up', async () => {
    const { log, publish } = aLog({ slowBytes: 500 })
    const follower = log.follow({}, undefined, noNews)
    follower.next()
    for (let n = 0; n < 20; n += 1) publish(n % 5 === 0 ? 'a1' : `a${n}`)
    await told()
    expect(idsIn(textOf(follower)).slice(0, 5)).toEqual(['e1-3', 'e1-4', 'e1-5', 'e1-7', 'e1-8'])
    publish('a1')
    publish('a1')
    await told()
    expect(idsIn(textOf(follower))).toEqual(['e1-21', 'e1-22'])
  })

  it('hears of many events once, and of none after it has left', async () => {
    vi.useFakeTimers()
    try {
      const { log, publish } = aLog({ paceMs: 100 })
      const [stays, leaves] = [vi.fn(), vi.fn()]
      log.follow({}, undefined, stays)
      const leaving = log.follow({}, undefined, leaves)
      for (let n = 0; n < 50; n += 1) publish('a1')
      expect(stays).not.toHaveBeenCalled()
      await vi.advanceTimersByTimeAsync(1)
      expect([stays.mock.calls.length, leaves.mock.calls.length]).toEqual([1, 1])
      leaving.close()
      for (let n = 0; n < 50; n += 1) publish('a1')
      await vi.advanceTimersByTimeAsync(90)
      expect(stays).toHaveBeenCalledTimes(1)
      await vi.advanceTimersByTimeAsync(20)
      expect([stays.mock.calls.length, leaves.mock.calls.length]).toEqual([2, 1])
    } finally {
      vi.useRealTimers()
    }
  })
})

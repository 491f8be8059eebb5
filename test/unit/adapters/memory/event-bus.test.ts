import { expect, it } from 'vitest'
import { createEventBus } from '../../../../server/adapters/memory/event-bus.ts'

it('tells every listener, in order, until it leaves', () => {
  const bus = createEventBus()
  const publish = (atMs: number): void => bus.publish('system.recovered', { part: 'store', atMs })
  const heard: unknown[] = []
  const leave = bus.subscribe(({ payload }) => heard.push(payload))
  const stay: unknown[] = []
  bus.subscribe((event) => stay.push(event))
  publish(1)
  publish(2)
  leave()
  publish(3)
  expect(heard).toEqual([
    { part: 'store', atMs: 1 },
    { part: 'store', atMs: 2 },
  ])
  expect(stay).toHaveLength(3)
  expect(stay[2]).toEqual({ name: 'system.recovered', payload: { part: 'store', atMs: 3 } })
})

import { expect, it } from 'vitest'
import { createEventBus } from '../../../../server/adapters/memory/event-bus.ts'

const publish = (bus: ReturnType<typeof createEventBus>, count: number): void => {
  for (let n = 0; n < count; n += 1) bus.publish('system.recovered', { part: 'store', atMs: n })
}

it('tells every listener, in order, until it leaves', () => {
  const bus = createEventBus()
  const heard: number[] = []
  const leave = bus.subscribe(({ seq }) => heard.push(seq))
  const stay: number[] = []
  bus.subscribe(({ seq }) => stay.push(seq))
  publish(bus, 2)
  leave()
  publish(bus, 1)
  expect(heard).toEqual([1, 2])
  expect(stay).toEqual([1, 2, 3])
})

it('repeats what a client missed, as long as all of it is known', () => {
  const bus = createEventBus(5)
  expect(bus.since(0)).toEqual([])
  expect(bus.since(1)).toBeUndefined()
  publish(bus, 3)
  expect(bus.since(1)?.map(({ seq }) => seq)).toEqual([2, 3])
  publish(bus, 9)
  expect(bus.since(7)?.map(({ seq }) => seq)).toEqual([8, 9, 10, 11, 12])
  expect(bus.since(6)).toBeUndefined()
  expect(bus.since(12)).toEqual([])
})

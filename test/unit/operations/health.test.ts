import { expect, it } from 'vitest'
import { createEventBus } from '../../../server/adapters/memory/event-bus.ts'
import { createHealth } from '../../../server/operations/health.ts'
import { fakeClock } from '../../support/fake-clock.ts'

it('tells what works, what does not and since when', () => {
  const clock = fakeClock()
  const events = createEventBus()
  const health = createHealth(clock, events)
  const told: string[] = []
  events.subscribe(({ name }) => told.push(name))
  const sinceMs = clock.nowMs()

  expect(health.read(3, 7)).toMatchObject({
    status: 'ok',
    problems: [],
    counters: { activeCalls: 3, writeBacklog: 7, faults: 0 },
  })
  health.count('faults')
  health.count('voiceRequests')
  health.count('voiceRequests')
  health.degrade('store', 'the disk is full')
  clock.pass(1000)
  health.degrade('store', 'the disk is still full')
  expect(health.read(0, 0)).toMatchObject({
    status: 'degraded',
    problems: [{ part: 'store', message: 'the disk is still full', sinceMs }],
    counters: { faults: 1, voiceRequests: 2 },
  })
  health.recover('store')
  health.recover('store')
  expect(told).toEqual(['system.degraded', 'system.recovered'])

  expect(health.isClosing()).toBe(false)
  health.close()
  expect(health.isClosing()).toBe(true)
  expect(health.read(0, 0).status).toBe('closing')
})

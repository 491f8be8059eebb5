import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { createEventBus } from '../../../../server/adapters/memory/event-bus.ts'
import { createEventLog, type EventLogOptions } from '../../../../server/adapters/memory/event-log.ts'
import type { EventFilter } from '../../../../server/ports/event-log.ts'
import type { ControlPlaneEvent, EventName } from '../../../../shared/contract/events.ts'
import { readEvents } from '../../../support/event-text.ts'

const noNews = (): void => undefined
const callNames = ['call.created', 'call.stateChanged', 'call.ended'] as const

const someCallEvent = fc
  .record({ name: fc.constantFrom(...callNames), id: fc.constantFrom('c1', 'c2', 'c3'), note: fc.string() })
  .map(({ name, id, note }) => {
    const tenantId = id === 'c3' ? 't2' : 't1'
    return { name, payload: { tenantId, call: { id, reason: note } } } as ControlPlaneEvent
  })
const someOtherEvent = fc.oneof(
  fc
    .record({ id: fc.constantFrom('a1', 'a2'), tenantId: fc.constantFrom('t1', 't2') })
    .map(({ id, tenantId }): ControlPlaneEvent => ({
      name: 'agent.changed',
      payload: { id: `${tenantId}${id}`, tenantId, change: 'updated' },
    })),
  fc.nat().map((atMs): ControlPlaneEvent => ({ name: 'system.recovered', payload: { part: 'store', atMs } })),
)
const someEvent = fc.oneof({ weight: 3, arbitrary: someCallEvent }, someOtherEvent)

const someFilter: fc.Arbitrary<EventFilter> = fc.record({
  tenantId: fc.constantFrom('t1', 't2', undefined),
  names: fc.constantFrom<readonly EventName[] | undefined>(
    undefined,
    ['call.created', 'call.stateChanged'],
    [...callNames, 'system.recovered'],
  ),
})

/** An event to publish, or the number of the follower that reads. */
const someSteps = fc.array(fc.oneof({ weight: 4, arbitrary: someEvent }, fc.constantFrom(0, 1, 2)), {
  maxLength: 80,
  size: 'max',
})

interface Told {
  readonly seq: number
  readonly event: ControlPlaneEvent
  readonly bytes: number
}

const subjectIn = ({ name, payload }: ControlPlaneEvent): string =>
  'call' in payload ? payload.call.id : 'id' in payload ? payload.id : name
const seesIn = ({ tenantId, names }: EventFilter, { name, payload }: ControlPlaneEvent): boolean =>
  (names?.includes(name) ?? true) &&
  (tenantId === undefined || !('tenantId' in payload) || payload.tenantId === tenantId)
/** The last word on what `one` is about: that it has ended, if it has. */
const lastWordOn = (one: Told, history: readonly Told[]): Told | undefined => {
  const about = history.filter(({ event }) => subjectIn(event) === subjectIn(one.event))
  return about.findLast(({ event }) => event.name === 'call.ended') ?? about.at(-1)
}

const aHistory = (options: Partial<EventLogOptions>) => {
  const bus = createEventBus()
  const log = createEventLog(bus, { epoch: 'e1', paceMs: 60_000, ...options })
  const history: Told[] = []
  return {
    log,
    history,
    publish(event: ControlPlaneEvent): void {
      const seq = history.length + 1
      const text = `id: e1-${seq}\nevent: ${event.name}\ndata: ${JSON.stringify(event.payload)}\n\n`
      history.push({ seq, event, bytes: Buffer.byteLength(text) })
      bus.publish(event.name, event.payload)
      // Whoever begins to follow has all that was published written down.
      log.follow({}, undefined, noNews).close()
    },
  }
}

const aReader = (log: ReturnType<typeof createEventLog>, filter: EventFilter) => {
  const follower = log.follow(filter, undefined, noNews)
  follower.next()
  return () => {
    let text = ''
    for (let bytes = follower.next(); bytes; bytes = follower.next()) text += new TextDecoder().decode(bytes)
    return readEvents(text).map(({ id, name }) => ({ seq: Number(id.slice(3)), name }))
  }
}

describe('followers of the log', () => {
  it('get what a naive model says: all, or the last word on each thing when they are slow', () => {
    fc.assert(
      fc.property(
        fc.tuple(someFilter, someFilter, someFilter),
        someSteps,
        fc.nat(2000),
        (filters, steps, slowBytes) => {
          const { log, history, publish } = aHistory({ slowBytes })
          const readers = filters.map((filter) => ({ filter, read: aReader(log, filter), seen: 0 }))
          const reads = (reader: (typeof readers)[number]): void => {
            const unread = history.slice(reader.seen)
            const isSlow = unread.reduce((sum, { bytes }) => sum + bytes, 0) > slowBytes
            const expected = unread.filter((one) => {
              const last = lastWordOn(one, history)
              const isOld = last !== one && last !== undefined && seesIn(reader.filter, last.event)
              return seesIn(reader.filter, one.event) && !(isSlow && isOld)
            })
            expect(reader.read().map(({ seq }) => seq)).toEqual(expected.map(({ seq }) => seq))
            reader.seen = history.length
          }
          for (const step of steps) {
            if (typeof step === 'number') reads(readers[step]!)
            else publish(step)
          }
          readers.forEach(reads)
        },
      ),
    )
  })

  it('hear the last word on each thing, however little is kept, unless they are told to read again', () => {
    fc.assert(
      fc.property(
        someFilter,
        someSteps,
        fc.integer({ min: 1, max: 12 }),
        fc.nat(500),
        (filter, steps, maxEvents, slowBytes) => {
          const { log, history, publish } = aHistory({ maxEvents, slowBytes })
          const read = aReader(log, filter)
          let got: number[] = []
          let from = 0
          const reads = (): void => {
            for (const { seq, name } of read()) {
              expect(seq).toBeGreaterThan(got.at(-1) ?? from)
              if (name === 'resync') [from, got] = [seq, []]
              else got.push(seq)
            }
          }
          for (const step of steps) {
            if (typeof step === 'number') reads()
            else publish(step)
          }
          reads()
          const heard = new Set(got)
          const since = history.slice(from).filter(({ event }) => seesIn(filter, event))
          // What ended before is read again as ended; what a node tells of it later changes nothing.
          const before = history.slice(0, from).filter(({ event }) => seesIn(filter, event))
          for (const one of since) {
            const last = lastWordOn(one, since)
            if (last && lastWordOn(one, before)?.event.name !== 'call.ended') expect(heard).toContain(last.seq)
          }
        },
      ),
    )
  })
})

import { events, type EventName, type EventPayload } from '../../shared/contract/events.ts'
import { createEmitter } from './emitter.ts'
import { createSseParser, type ServerSentEvent } from './sse-parser.ts'

const isEventName = (name: string): name is EventName => Object.hasOwn(events, name)

/** Takes in the stream of events, whatever brings it, and knows where to go on after a break. */
export const createEventReceiver = (report: (error: unknown) => void) => {
  const emitter = createEmitter(report)
  const resyncs = new Set<() => void>()
  let lastId: string | undefined
  let hasRead = false

  const resync = (): void => {
    for (const listener of resyncs) {
      try {
        listener()
      } catch (error) {
        report(error)
      }
    }
  }
  const receive = ({ id, name, data }: ServerSentEvent): void => {
    lastId = id ?? lastId
    if (name === 'resync') resync()
    else if (data !== undefined && isEventName(name)) emitter.emit(name, JSON.parse(data) as EventPayload<typeof name>)
  }

  return {
    on: emitter.on,
    onResync(listener: () => void): () => void {
      resyncs.add(listener)
      return () => resyncs.delete(listener)
    },
    /** The id to go on after; undefined: nothing has come yet. */
    lastId: () => lastId,
    /** Something is being read that events are to keep true. */
    noteRead(): void {
      hasRead = true
    },
    /** A stream has been opened; takes its text. Without an id to go on after, what was read so far may be out of date. */
    open(): (text: string) => void {
      if (lastId === undefined && hasRead) resync()
      return createSseParser((event) => {
        try {
          receive(event)
        } catch (error) {
          report(error)
        }
      })
    },
    /** Somebody else will listen. */
    forget(): void {
      lastId = undefined
    },
  }
}

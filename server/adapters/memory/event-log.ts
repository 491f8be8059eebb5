import type { ControlPlaneEvent, EventName, Resync } from '../../../shared/contract/events.ts'
import type { EventBus } from '../../ports/event-bus.ts'
import type { EventFilter, EventLog } from '../../ports/event-log.ts'
import { subjectOf } from './event-subject.ts'

export interface EventLogOptions {
  /** Of this node and start alone: an id with another one says nothing here. Letters and digits. */
  readonly epoch: string
  readonly maxEvents?: number
  readonly maxBytes?: number
  /** A follower that fell further behind since it began gets the newest event of each subject alone. */
  readonly slowBytes?: number
  /** Followers hear of news this far apart, so that many events cost them one write. */
  readonly paceMs?: number
}

interface Entry {
  readonly seq: number
  readonly name: EventName | 'resync'
  readonly tenantId: string | undefined
  readonly subject: string
  readonly frame: Buffer
  /** Bytes of all events up to and with this one. */
  readonly endsAt: number
}

interface Reading {
  /** Undefined when the filter left nothing. */
  readonly chunk: Buffer | undefined
  readonly to: number
}

const mebibyte = 1024 * 1024
const chunkBytes = 65_536
const maxPending = 256
const maxReadings = 16

const messages: Readonly<Record<Resync['reason'], string>> = {
  unknown_id: 'The id is of another node or of before a restart; read again what you show, and go on from here',
  too_far_behind: 'What came after this id is no longer kept; read again what you show, and go on from here',
  gap: 'What other nodes told was not heard for a moment; read again what you show, and go on from here',
}

const sees = ({ tenantId, names }: EventFilter, entry: Entry): boolean =>
  entry.name === 'resync' ||
  ((tenantId === undefined || entry.tenantId === undefined || entry.tenantId === tenantId) &&
    (names === undefined || names.includes(entry.name)))

/** Nodes may tell of a call out of order; what has ended does not come back to life. */
const outlasts = (before: Entry | undefined, entry: Entry): boolean =>
  before?.name === 'call.ended' && entry.name !== 'call.ended'

export const createEventLog = (
  bus: Pick<EventBus, 'subscribe'>,
  { epoch, maxEvents = 20_000, maxBytes = 16 * mebibyte, slowBytes = mebibyte, paceMs = 100 }: EventLogOptions,
): EventLog => {
  const entries = new Map<number, Entry>()
  const newest = new Map<string, Entry>()
  const followers = new Set<{ readonly onNews: () => void }>()
  /** Followers at the same place with the same filter read the same. */
  const readings = new Map<string, Reading>()
  let pending: { readonly event: ControlPlaneEvent; readonly subject: string }[] = []
  let seq = 0
  let totalBytes = 0
  let keptBytes = 0
  let toldAtMs = -Infinity
  let isTellingDue = false

  const placeAt = (at: number): string => `${epoch}-${at}`
  const placeFrame = (at: number): Buffer => Buffer.from(`id: ${placeAt(at)}\n\n`)
  const resyncFrame = (at: number, reason: Resync['reason']): Buffer => {
    const data: Resync = { reason, message: messages[reason] }
    return Buffer.from(`id: ${placeAt(at)}\nevent: resync\ndata: ${JSON.stringify(data)}\n\n`)
  }

  const forgetOldest = (): void => {
    const entry = entries.get(seq - entries.size + 1)
    if (!entry) return
    entries.delete(entry.seq)
    keptBytes -= entry.frame.length
    if (newest.get(entry.subject) === entry) newest.delete(entry.subject)
  }
  const keep = (about: Pick<Entry, 'name' | 'tenantId' | 'subject'>, frame: Buffer): void => {
    totalBytes += frame.length
    keptBytes += frame.length
    const entry = { ...about, seq, frame, endsAt: totalBytes }
    entries.set(seq, entry)
    if (!outlasts(newest.get(entry.subject), entry)) newest.set(entry.subject, entry)
    while (entries.size > maxEvents || keptBytes > maxBytes) forgetOldest()
    readings.clear()
  }

  /** Written down later than published: who publishes is answering a call. */
  const takeIn = (): void => {
    const events = pending
    pending = []
    for (const { event, subject } of events) {
      const { name, payload } = event
      seq += 1
      const frame = Buffer.from(`id: ${placeAt(seq)}\nevent: ${name}\ndata: ${JSON.stringify(payload)}\n\n`)
      const tenantId = 'tenantId' in payload ? payload.tenantId : undefined
      keep({ name, tenantId, subject }, frame)
    }
  }
  const tell = (): void => {
    isTellingDue = false
    toldAtMs = performance.now()
    takeIn()
    for (const { onNews } of followers) onNews()
  }
  const tellSoon = (): void => {
    if (isTellingDue) return
    isTellingDue = true
    const pauseMs = toldAtMs + paceMs - performance.now()
    if (pauseMs > 0) setTimeout(tell, pauseMs).unref()
    else setImmediate(tell)
  }
  bus.subscribe((event) => {
    // At once: what another node told may be no event at all, which whoever publishes it is to hear.
    pending.push({ event, subject: subjectOf(event) })
    if (pending.length >= maxPending) takeIn()
    tellSoon()
  })

  /** Somebody with this filter gets something newer about the same. */
  const isSuperseded = (entry: Entry, filter: EventFilter): boolean => {
    const last = newest.get(entry.subject)
    return last !== undefined && last !== entry && sees(filter, last)
  }
  const read = (from: number, filter: EventFilter, isSlow: boolean): Reading => {
    const frames: Buffer[] = []
    let size = 0
    let to = from
    let last = from
    while (to < seq && size < chunkBytes) {
      to += 1
      const entry = entries.get(to)
      if (!entry || !sees(filter, entry) || (isSlow && isSuperseded(entry, filter))) continue
      frames.push(entry.frame)
      size += entry.frame.length
      last = to
    }
    if (frames.length > 0 && last < to) frames.push(placeFrame(to))
    return { chunk: frames.length > 0 ? Buffer.concat(frames) : undefined, to }
  }
  const readShared = (from: number, filter: EventFilter, filterKey: string, isSlow: boolean): Reading => {
    const key = `${from} ${isSlow} ${filterKey}`
    const known = readings.get(key)
    if (known) return known
    const reading = read(from, filter, isSlow)
    if (readings.size < maxReadings) readings.set(key, reading)
    return reading
  }

  const seqOf = (id: string): number | undefined => {
    const [, start, at] = /^([A-Za-z0-9]{1,64})-(\d{1,15})$/.exec(id) ?? []
    return start === epoch && Number(at) <= seq ? Number(at) : undefined
  }

  return {
    follow(filter, after, onNews) {
      takeIn()
      const known = after === undefined ? seq : seqOf(after)
      const filterKey = JSON.stringify([filter.tenantId, filter.names])
      const followedAt = totalBytes
      let opening =
        after === undefined ? placeFrame(seq) : known === undefined ? resyncFrame(seq, 'unknown_id') : undefined
      let cursor = known ?? seq
      let isSlow = false
      const follower = { onNews }
      followers.add(follower)
      return {
        next() {
          const first = opening
          opening = undefined
          if (first) return first
          if (cursor < seq - entries.size) {
            cursor = seq
            isSlow = false
            return resyncFrame(seq, 'too_far_behind')
          }
          const readTo = entries.get(cursor)?.endsAt ?? totalBytes - keptBytes
          isSlow ||= totalBytes - Math.max(readTo, followedAt) > slowBytes
          const { chunk, to } = readShared(cursor, filter, filterKey, isSlow)
          cursor = to
          if (cursor === seq) isSlow = false
          return chunk
        },
        place: () => placeAt(cursor),
        close: () => void followers.delete(follower),
      }
    },
    forget() {
      takeIn()
      while (entries.size > 0) forgetOldest()
      readings.clear()
    },
    noteGap() {
      takeIn()
      seq += 1
      keep({ name: 'resync', tenantId: undefined, subject: 'resync' }, resyncFrame(seq, 'gap'))
      tellSoon()
    },
  }
}

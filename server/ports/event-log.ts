import type { EventName } from '../../shared/contract/events.ts'

/** Which events a follower gets. Those without a tenant are about the site, which concerns everybody signed in. */
export interface EventFilter {
  /** Of this tenant and of the site alone; undefined: of all tenants. */
  readonly tenantId?: string | undefined
  /** These alone; undefined: all. */
  readonly names?: readonly EventName[] | undefined
}

/** The latest events of this node, each written down once for everybody who follows them. Bounded in number and bytes. */
export interface EventLog {
  /**
   * Goes on after the event of that id, or from now on. `onNews` is called when there may be something to read, some
   * times a second at most; it must not throw.
   */
  follow(filter: EventFilter, after: string | undefined, onNews: () => void): EventFollower
  /** Events of other nodes may have been missed: followers are told to read again what they show. */
  noteGap(): void
  /** Keeps nothing of what was so far; who has yet to read it is told to read again what they show. */
  forget(): void
}

/** A place in the log. What a slow follower has yet to read is never copied for it. */
export interface EventFollower {
  /**
   * The next events in the text format of server-sent events, about 64 KiB at most; undefined: nothing new. A follower
   * far behind gets the newest event of each call and thing, and one that the log has left behind gets `resync`.
   */
  next(): Uint8Array | undefined
  /** The id to go on after. */
  place(): string
  close(): void
}

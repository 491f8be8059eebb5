/** What the core needs of the machine. */

export interface Clock {
  /** Milliseconds since 1970-01-01 UTC. */
  nowMs(): number
  /**
   * Milliseconds like `nowMs` when the process started, and steady from then on: whoever sets the machine's clock moves no
   * lease and no deadline.
   */
  steadyMs(): number
  /** A monotonic reading in microseconds; only differences mean anything. */
  micros(): number
}

/** Resolves after so many milliseconds. Keeps no process from ending. */
export type Wait = (ms: number) => Promise<void>

/** From 0 to just below 1. */
export type Random = () => number

/** Makes opaque, time-ordered, URL-safe identifiers of 20 characters. */
export type NewId = () => string

/** Unguessable text of at least `bits` bits, URL-safe. */
export type NewSecret = (bits: number) => string

export interface Log {
  info(fields: Record<string, unknown>, message: string): void
  warn(fields: Record<string, unknown>, message: string): void
  error(fields: Record<string, unknown>, message: string): void
}

/** HMAC-SHA-256 as base64url; `key` as base64url too. */
export type Sign = (key: string, text: string) => string
/** SHA-256 as base64url. */
export type Digest = (text: string) => string
/** Compares without telling by its duration where the texts differ. */
export type SameText = (a: string, b: string) => boolean

export interface Crypto {
  readonly sign: Sign
  readonly digest: Digest
  readonly sameText: SameText
}

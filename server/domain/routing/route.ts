import type { Pattern } from './pattern.ts'
import type { Target } from './target.ts'

/** A rule, ready to be matched. `age` grows with creation: the older rule has the lower one. */
export interface Route<T = Target> {
  readonly ruleId: string
  readonly name: string
  readonly pattern: Pattern
  readonly callerPattern: Pattern | undefined
  readonly priority: number
  readonly age: number
  readonly enabled: boolean
  /** When it counts; always unless set. */
  readonly scheduleId?: string | undefined
  readonly target: T
}

/** How an outbound rule sends a call through trunks. Without any named it is the default trunk. */
export interface TrunkWay {
  readonly trunkIds: readonly string[]
  readonly stripDigits: number
  readonly prepend: string
  readonly callerId?: string | undefined
}
export type OutboundWay = Target | TrunkWay

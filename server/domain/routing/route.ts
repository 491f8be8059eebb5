import type { Pattern } from './pattern.ts'
import { isSameTarget, type Target } from './target.ts'

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

/** Whether two outbound rules send a call to the same place in the same way. */
export const isSameWay = (a: OutboundWay, b: OutboundWay): boolean => {
  if ('type' in a || 'type' in b) return 'type' in a && 'type' in b && isSameTarget(a, b)
  const all = ({ trunkIds, stripDigits, prepend, callerId }: TrunkWay): string =>
    JSON.stringify([trunkIds, stripDigits, prepend, callerId])
  return all(a) === all(b)
}

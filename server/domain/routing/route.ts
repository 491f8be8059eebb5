import type { Pattern } from './pattern.ts'
import type { Target } from './target.ts'

/** A rule, ready to be matched. `age` grows with creation: the older rule has the lower one. */
export interface Route {
  readonly ruleId: string
  readonly name: string
  readonly pattern: Pattern
  readonly callerPattern: Pattern | undefined
  readonly priority: number
  readonly age: number
  readonly enabled: boolean
  /** When it counts; always unless set. */
  readonly scheduleId?: string | undefined
  readonly target: Target
}

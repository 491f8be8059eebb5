import type { FindingKind, FindingSeverity } from '../../../../shared/vocabulary.ts'
import type { Route } from '../route.ts'
import type { Target } from '../target.ts'

/** A rule as it is analysed. */
export interface AnalysedRule<T = Target> extends Route<T> {
  readonly isOutbound?: boolean | undefined
  /** A schedule closes it at times: it takes no call for good that a rule below it could have. */
  readonly isSometimesClosed?: boolean | undefined
  /** What is wrong with its stored patterns, where they cannot be read. */
  readonly unreadable?: string | undefined
}

/** A call that proves a claim. Both are as understood, so a dialled text that reads like this behaves like this. */
export interface Witness {
  readonly to: string
  readonly from: string
}

/** Something about the configuration that is hardly meant so. */
export interface Finding {
  readonly kind: FindingKind
  readonly severity: FindingSeverity
  readonly message: string
  readonly ruleId?: string | undefined
  readonly groupId?: string | undefined
  readonly agentId?: string | undefined
  /** The rule that wins instead, or what a target leads to. */
  readonly otherId?: string | undefined
  readonly witness?: Witness | undefined
  /** When it is so, where it is at times. */
  readonly atMs?: number | undefined
}

/** A call that reaches a rule. */
export interface Reach extends Witness {
  readonly ruleId: string
}

export const isSound = (verdict: Finding | Reach): verdict is Reach => !('kind' in verdict)

import type { Direction, StrategyName, TargetType } from '../../../shared/vocabulary.ts'

/** Why a decision came out as it did. The shapes of the contract's `Explanation`. */

export interface ComparedMember {
  agentId: string
  name: string
  eligible: boolean
  verdict: string
  chosen: boolean
  weight?: number
  priority?: number
  activeCalls?: number
  firstChoices?: number
  lastUsedAtMs?: number
  behind?: number
  sticky?: boolean
}

export interface ComparedTrunk {
  trunkId: string
  name: string
  eligible: boolean
  verdict: string
  chosen: boolean
}

export interface RoutingStep {
  type: TargetType
  id?: string
  name?: string
  because: string
  outcome: string
  strategy?: StrategyName
  chance?: number
  members?: ComparedMember[]
  moreMembers?: number
  trunks?: ComparedTrunk[]
}

export interface NumberReading {
  text: string
  number: string
  how: string
}

export interface ConsideredRule {
  ruleId: string
  name: string
  pattern: string
  priority: number
  verdict: string
  chosen: boolean
}

export interface Explanation {
  summary: string
  trigger: 'voice_request' | 'dial_result' | 'test'
  after?: string
  direction?: Direction
  from?: NumberReading
  to?: NumberReading
  rules?: ConsideredRule[]
  moreRules?: number
  steps: RoutingStep[]
  notes?: string[]
  tookMicros?: number
}

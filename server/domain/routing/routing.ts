import type { Direction, StrategyName } from '../../../shared/vocabulary.ts'
import type { RoutingStep } from './explanation.ts'
import type { TrunkPlan } from '../calls/call.ts'
import type { RoutableAgent, RoutableGroup, RoutableTrunk } from './routing-config.ts'
import type { MemberVerdict, SelectableMember } from './select-member.ts'
import type { TrunkVerdict } from './choose-trunk.ts'
import type { Target } from './target.ts'

/** A question to the runtime state: who of these takes the call? Answered with the agent whose slot is now taken. */
export interface SelectionAsk {
  /** Undefined: the only member is dialled directly. */
  readonly group: { readonly id: string; readonly strategy: StrategyName; readonly windowMs: number } | undefined
  readonly members: readonly SelectableMember[]
  readonly isFirstChoice: boolean
  /** The longest that any of them rings. */
  readonly ringTimeoutSeconds: number
  readonly sticky: { readonly caller: string; readonly ms: number } | undefined
}
/** Another one: which of these trunks, in order, takes the call? Answered with the trunk whose slot is now taken. */
export interface TrunkAsk {
  readonly trunks: readonly { readonly id: string; readonly capacity?: number | undefined }[]
  readonly ringTimeoutSeconds: number
}
export type Ask = SelectionAsk | TrunkAsk
export interface SelectionReply {
  readonly agentId?: string | undefined
  readonly verdicts: readonly MemberVerdict[]
  /** What was handed in for strategies that go by chance. */
  readonly chance?: number | undefined
  readonly trunkId?: string | undefined
  readonly trunks?: readonly TrunkVerdict[] | undefined
}

/** A number and the trunks that it may be dialled through. */
export interface TrunkDial {
  readonly number: string
  readonly trunkIds: readonly string[]
  readonly callerId?: string | undefined
  readonly isAuthenticated?: boolean | undefined
}

/** Where the call goes now, and how that came about. */
export interface Routing {
  /** The target as followed to its end: never a group. */
  readonly target: Target
  readonly agent: RoutableAgent | undefined
  readonly group: RoutableGroup | undefined
  /** What a number is dialled through; undefined leaves that to the platform. */
  readonly trunk?: RoutableTrunk | undefined
  readonly trunkPlan?: TrunkPlan | undefined
  readonly ringTimeoutSeconds: number
  /** Attempts in `group`, or through trunks, this one included. */
  readonly groupAttempts: number
  readonly steps: RoutingStep[]
}

/** What was tried in this call so far, and when it is asked. */
export interface Tried {
  readonly agentIds: readonly string[]
  /** Numbers dialled: like an agent, none is dialled twice. */
  readonly numbers: readonly string[]
  /** Attempts of any kind, numbers included. */
  readonly attempts: number
  /** Attempts made in each group, for a group that is asked again later on the way. */
  readonly attemptsByGroup: ReadonlyMap<string, number>
  /** When each group made its first attempt, by the clock on the wall. */
  readonly startedByGroup: ReadonlyMap<string, number>
  readonly caller: string
  /** In a call that goes out nobody but an outbound rule may send it to a number. */
  readonly direction: Direction
  /** Now, by the clock on the wall: schedules and time budgets go by it. */
  readonly atMs: number
}

export const nothingTried: Omit<Tried, 'caller' | 'atMs'> = {
  agentIds: [],
  numbers: [],
  direction: 'inbound',
  attempts: 0,
  attemptsByGroup: new Map(),
  startedByGroup: new Map(),
}

/** A decision on its way: it asks until it knows. */
export type Walk<R = Routing> = Generator<Ask, R, SelectionReply>

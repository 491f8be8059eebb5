import type {
  AttemptResult,
  CircuitOverride,
  CredentialNeed,
  DialKind,
  NumberKind,
  StrategyName,
  TrunkPlatformState,
  ValueKind,
} from '../../../shared/vocabulary.ts'
import type { CircuitPolicy } from './circuit/circuit.ts'
import type { CompiledSchedule } from '../schedules/compile-schedule.ts'
import type { Pattern } from './pattern.ts'
import type { OutboundWay } from './route.ts'
import type { RouteTable } from './route-table.ts'
import type { Target } from './target.ts'

export interface RoutableProvider {
  readonly key: string
  readonly displayName: string
  readonly dialAs: DialKind
  readonly valueKind: ValueKind
  readonly credentials: CredentialNeed
  readonly enabled: boolean
}

export interface RoutableAgent {
  readonly id: string
  readonly name: string
  readonly provider: string
  readonly value: string
  readonly username?: string | undefined
  readonly password?: string | undefined
  readonly enabled: boolean
  readonly maxConcurrentCalls?: number | undefined
  /** When it takes calls; always unless set. */
  readonly scheduleId?: string | undefined
  /** No new calls; active ones finish. */
  readonly draining: boolean
  readonly circuit: CircuitOverride
}

export interface RoutableMember {
  readonly agentId: string
  readonly priority: number
  readonly weight: number
  readonly position: number
  readonly enabled: boolean
  /** The group's unless set. */
  readonly ringTimeoutSeconds?: number | undefined
}

export interface RoutableGroup {
  readonly id: string
  readonly name: string
  readonly strategy: StrategyName
  readonly windowMs: number
  readonly ringTimeoutSeconds: number
  readonly maxAttempts: number
  /** How long its attempts may take together before the fallback; undefined is as long as they take. */
  readonly maxMs?: number | undefined
  /** The same caller gets the same agent again within this time. */
  readonly stickyMs?: number | undefined
  readonly retryOn: readonly AttemptResult[]
  readonly fallback?: Target | undefined
  readonly members: readonly RoutableMember[]
}

export interface RoutableTrunk {
  readonly id: string
  readonly name: string
  readonly direction: string
  /** Lower goes first. */
  readonly priority: number
  /** Calls at once; undefined is no limit. */
  readonly capacity?: number | undefined
  readonly enabled: boolean
  readonly isDefault: boolean
  /** Undefined for one that was never compared with the platform. */
  readonly platformState?: TrunkPlatformState | undefined
}

/** One of the tenant's own numbers. */
export interface RoutableNumber {
  readonly kind: NumberKind
  /** A call from it may leave through a trunk although nothing but the number says who calls. */
  readonly mayDialOut: boolean
}

/** Everything a decision needs to know of one tenant: an immutable snapshot, swapped as a whole. */
export interface RoutingConfig {
  readonly tenantId: string
  readonly configVersion: number
  readonly defaultCountry: string
  readonly defaultTarget?: Target | undefined
  readonly ringTimeoutSeconds: number
  readonly timeLimitSeconds: number
  readonly retriesCancelled: boolean
  readonly sayLanguage: string
  readonly circuitPolicy: CircuitPolicy
  /** Plan limits on active calls by provider key. */
  readonly providerLimits: Readonly<Record<string, number>>
  readonly providers: ReadonlyMap<string, RoutableProvider>
  readonly agents: ReadonlyMap<string, RoutableAgent>
  readonly groups: ReadonlyMap<string, RoutableGroup>
  readonly schedules: ReadonlyMap<string, CompiledSchedule>
  /** The values of the agents that are numbers: a call from one of them goes out. */
  readonly agentNumbers: ReadonlySet<string>
  /** The tenant's own numbers, by number. */
  readonly numbers: ReadonlyMap<string, RoutableNumber>
  readonly trunks: ReadonlyMap<string, RoutableTrunk>
  readonly trunkRetryOn: readonly AttemptResult[]
  /** Trunks that a number is dialled through in one call. */
  readonly trunkMaxAttempts: number
  readonly trunkRingTimeoutSeconds: number
  readonly outboundAllow: readonly Pattern[]
  readonly outboundDeny: readonly Pattern[]
  readonly rules: RouteTable
  readonly outboundRules: RouteTable<OutboundWay>
}

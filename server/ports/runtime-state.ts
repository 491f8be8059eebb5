import type { AttemptResult, CircuitState, StrategyName } from '../../shared/vocabulary.ts'
import type { Call } from '../domain/calls/call.ts'
import type { CircuitPolicy, Trial } from '../domain/routing/circuit/circuit.ts'
import type { GroupTally } from '../domain/routing/strategies/tally.ts'
import type { OfferedTrunk, TrunkChoice } from '../domain/routing/choose-trunk.ts'
import type { MemberVerdict, SelectableMember } from '../domain/routing/select-member.ts'

/**
 * What is true right now and must be agreed by everybody who routes: tallies, leases, live calls, answers given.
 * Two implementations (embedded, Redis) pass one conformance suite.
 */
export interface SelectionRequest {
  readonly tenantId: string
  /** Undefined: the only member is dialled directly, no tally is kept. */
  readonly group?: { readonly id: string; readonly strategy: StrategyName; readonly windowMs: number } | undefined
  readonly members: readonly SelectableMember[]
  /** First choice of a call: counts in the tally. Failover and sticky picks do not. */
  readonly isFirstChoice: boolean
  /** Names the slot: token and attempt. */
  readonly leaseKey: string
  /** How long the slot is held unless given back. */
  readonly leaseMs: number
  /** How long a trial of an open circuit is waited for before the next one. */
  readonly trialMs: number
  /** Plan limits on active calls by provider; where none is named there is none. */
  readonly providerLimits: Readonly<Record<string, number>>
  /** The caller goes to whom it had last in this group, if that was not longer ago. */
  readonly sticky?: { readonly caller: string; readonly ms: number } | undefined
  /** At least 0 and below 1, for strategies that go by chance. */
  readonly chance: number
  readonly nowMs: number
  /** Compare only: takes no slot, counts nothing. */
  readonly dryRun?: boolean | undefined
}

/** A circuit is not as it was said to be before. */
export interface CircuitChange {
  readonly subject: CircuitSubject
  readonly from: CircuitState
  readonly to: CircuitState
  readonly reason?: string | undefined
}
export interface CircuitSubject {
  readonly kind: 'agent' | 'provider'
  readonly id: string
}

export interface Selection {
  readonly agentId?: string | undefined
  readonly verdicts: readonly MemberVerdict[]
  readonly changes: readonly CircuitChange[]
}

/** An attempt that is over, and what became of it if that is known. */
export interface EndedAttempt {
  readonly tenantId: string
  readonly agentId: string
  readonly provider: string
  readonly leaseKey: string
  readonly result?: AttemptResult | undefined
  readonly startedAtMs: number
  readonly policy: CircuitPolicy
  readonly nowMs: number
}

/** Who takes a call out, in order; the first with room. */
export interface TrunkRequest {
  readonly tenantId: string
  readonly trunks: readonly OfferedTrunk[]
  readonly leaseKey: string
  readonly leaseMs: number
  readonly nowMs: number
  readonly dryRun?: boolean | undefined
}
export interface CircuitStanding {
  readonly subject: CircuitSubject
  readonly state: CircuitState
  readonly reason?: string | undefined
  readonly openedAtMs?: number | undefined
  readonly retryAtMs?: number | undefined
}

export interface GroupState {
  readonly firstChoices: ReadonlyMap<string, number>
  readonly lastUsedAtMs: ReadonlyMap<string, number>
}

export interface RuntimeState {
  /** Chooses an eligible member and takes its slot, in one step that nobody can come between. */
  select(request: SelectionRequest): Promise<Selection>
  /** Takes a slot of the first trunk that has one. */
  selectTrunk(request: TrunkRequest): Promise<TrunkChoice>
  /** Gives a slot back that nothing came of; false when it was not held any more. */
  release(tenantId: string, agentId: string, provider: string, leaseKey: string): Promise<boolean>
  releaseTrunk(tenantId: string, trunkId: string, leaseKey: string): Promise<boolean>
  /** Gives the slot of an attempt back and tells the circuits of agent and provider how it ended. */
  endAttempt(ended: EndedAttempt): Promise<readonly CircuitChange[]>
  /** The caller of an attempt is said to be connected to the agent. */
  noteAnswer(tenantId: string, agentId: string, provider: string, leaseKey: string, nowMs: number): Promise<void>
  /** How circuits stand, without those that are closed and clean. */
  circuits(tenantId: string, subjects: readonly CircuitSubject[], nowMs: number): Promise<readonly CircuitStanding[]>
  activeCalls(tenantId: string, agentIds: readonly string[], nowMs: number): Promise<ReadonlyMap<string, number>>
  groupState(tenantId: string, groupId: string, windowMs: number, nowMs: number): Promise<GroupState>

  /** Runs `work` while nobody else works on that token. Waits its turn. */
  exclusively<T>(tenantId: string, token: string, work: () => Promise<T>): Promise<T>
  loadCall(tenantId: string, token: string): Promise<Call | undefined>
  saveCall(call: Call): Promise<void>
  /** Live calls whose deadline has passed: nothing more will be heard of them. */
  overdueCalls(nowMs: number): Promise<readonly Call[]>
  liveCallCount(): Promise<number>

  /**
   * Remembers an event of a live call; false when it was remembered before. Events of calls that are not live are not
   * remembered: they change nothing, however often they come. Noted in work that fails, it is not remembered either.
   */
  noteEvent(tenantId: string, token: string, eventKey: string): Promise<boolean>

  /** Answers given lately; undefined says nothing about older ones, which the durable store has. */
  loadAnswer(tenantId: string, key: string): Promise<{ readonly status: number; readonly body: string } | undefined>
  saveAnswer(tenantId: string, key: string, answer: { readonly status: number; readonly body: string }): Promise<void>

  /** Forgets these calls as far as they are over. */
  forgetCalls(tenantId: string, tokens: readonly string[]): Promise<void>
  /** Forgets who took the last call of such callers in each group. */
  forgetCallers(tenantId: string, isMeant: (caller: string) => boolean): Promise<void>
  /** Forgets the answers given to a tenant's webhooks. */
  forgetAnswers(tenantId: string): Promise<void>

  /** Gives back slots that no attempt of a live call holds, and that nobody is about to; how many there were. */
  freeOrphans(): Promise<number>

  /** Forgets what was counted of a group that was deleted. Who took a caller's last call there is forgotten with time. */
  forgetGroup(tenantId: string, groupId: string): Promise<void>
  /** Forgets the circuits of who was deleted or is to begin anew. */
  forgetCircuits(tenantId: string, subjects: readonly CircuitSubject[]): Promise<void>
  /** Forgets what belongs to a tenant that was deleted. */
  forgetTenant(tenantId: string): Promise<void>
  close(): Promise<void>
}

/** Where the embedded implementation writes what must outlive the process; entries are absolute values, so repeating one is harmless. */
export interface RuntimeJournal {
  saveTally(tenantId: string, groupId: string, tally: GroupTally, changedAgentId: string | undefined): void
  deleteTally(tenantId: string, groupId: string): void
  load(): Promise<readonly { readonly tenantId: string; readonly groupId: string; readonly tally: GroupTally }[]>
}

/** A circuit that was not closed when the process of before ended. */
export interface OpenCircuit {
  readonly tenantId: string
  readonly subject: CircuitSubject
  readonly reason: string
  readonly openedAtMs: number
  readonly retryAtMs: number
  readonly trials: readonly Trial[]
}

import type { StrategyName } from '../../shared/vocabulary.ts'
import type { Call } from '../domain/calls/call.ts'
import type { GroupTally } from '../domain/routing/strategies/tally.ts'
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
  /** First choice of a call: counts in the tally. Failover picks do not. */
  readonly isFirstChoice: boolean
  /** Names the slot: token and attempt. */
  readonly leaseKey: string
  /** How long the slot is held unless given back. */
  readonly leaseMs: number
  readonly nowMs: number
  /** Compare only: takes no slot, counts nothing. */
  readonly dryRun?: boolean | undefined
}

export interface Selection {
  readonly agentId?: string | undefined
  readonly verdicts: readonly MemberVerdict[]
}

export interface GroupState {
  readonly firstChoices: ReadonlyMap<string, number>
  readonly lastUsedAtMs: ReadonlyMap<string, number>
}

export interface RuntimeState {
  /** Chooses an eligible member and takes its slot, in one step that nobody can come between. */
  select(request: SelectionRequest): Promise<Selection>
  /** Gives a slot back; false when it was not held any more. */
  release(tenantId: string, agentId: string, leaseKey: string): Promise<boolean>
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
   * remembered: they change nothing, however often they come.
   */
  noteEvent(tenantId: string, token: string, eventKey: string): Promise<boolean>

  /** Answers given lately; undefined says nothing about older ones, which the durable store has. */
  loadAnswer(tenantId: string, key: string): Promise<{ readonly status: number; readonly body: string } | undefined>
  saveAnswer(tenantId: string, key: string, answer: { readonly status: number; readonly body: string }): Promise<void>

  /** Forgets the tally of a group that was deleted. */
  forgetGroup(tenantId: string, groupId: string): Promise<void>
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

import type { AttemptResult, CallState, Direction, Disposition } from '../../../shared/vocabulary.ts'

/** What an attempt through a trunk leaves to the next one. */
export interface TrunkPlan {
  /** Trunks not tried yet, in order. */
  readonly left: readonly string[]
  readonly callerId?: string | undefined
  /** The platform has authenticated who calls; else nothing but the number says it. */
  readonly isAuthenticated?: boolean | undefined
}

/** One try to reach one target within a call. */
export interface DialAttempt {
  readonly n: number
  readonly decisionId: string
  readonly agentId?: string | undefined
  /** The number dialled, where the target was one and not an agent. */
  readonly number?: string | undefined
  readonly provider?: string | undefined
  readonly trunkId?: string | undefined
  readonly trunkPlan?: TrunkPlan | undefined
  readonly groupId?: string | undefined
  readonly startedAtMs: number
  readonly endedAtMs?: number | undefined
  readonly result?: AttemptResult | undefined
  /** When the slot it holds is free again, whatever happens. */
  readonly leaseUntilMs: number
}

/** Who calls whom, as one voice request says it. */
export interface Stage {
  readonly direction: Direction
  /** As understood (E.164 where it is a number), not as dialled. */
  readonly from: string
  readonly to: string
}

/** What the platform measured of the audio: mean opinion scores from 1 to 5, by direction as it sees them. */
export interface Quality {
  readonly rxMos?: number
  readonly txMos?: number
  readonly rttMs?: number
  /** Names the RTP stream. */
  readonly ssrc?: string
}

/** Everything that happens under one session token, in its working form: what the next webhook needs to know. */
export interface Call extends Stage {
  readonly id: string
  readonly tenantId: string
  readonly token: string
  /**
   * What the newest voice request says, where it says something else than the first one. The record tells how the call
   * came, which its CDR does too; decisions go by this.
   */
  readonly stage?: Stage | undefined
  readonly state: CallState
  readonly disposition?: Disposition | undefined
  readonly reason?: string | undefined
  readonly ruleId?: string | undefined
  /** Of the newest attempt; but a call that got a message in the end has no agent, trunk and provider. */
  readonly groupId?: string | undefined
  readonly agentId?: string | undefined
  readonly trunkId?: string | undefined
  readonly provider?: string | undefined
  readonly startedAtMs: number
  readonly answeredAtMs?: number | undefined
  readonly endedAtMs?: number | undefined
  /** From the CDR where it came, else computed. */
  readonly ringSeconds?: number | undefined
  readonly talkSeconds?: number | undefined
  readonly durationSeconds?: number | undefined
  readonly quality?: Quality | undefined
  /** ISO 3166-1 alpha-2 of the outer number: who calls in, or who is called outside. Known once the call is over. */
  readonly country?: string | undefined
  /** Cloudonix's identifier of the trunk, from the CDR. */
  readonly platformTrunkId?: string | undefined
  /** The platform's own word, where the disposition is `other`. */
  readonly platformDisposition?: string | undefined
  readonly configVersion?: number | undefined
  readonly attempts: readonly DialAttempt[]
  /** Something was played or said before the first agent picked up, so `answer` updates do not mean an agent. */
  readonly announced?: boolean | undefined
  /** Past this the call is over, whatever was or was not heard of it. */
  readonly deadlineMs: number
  /** Hash of the CDR applied last; the outcome of a closed call may be corrected by one once. */
  readonly cdrHash?: string | undefined
  readonly corrected?: boolean | undefined
  readonly updatedAtMs: number
  /** Grows each time the call is saved, so that the store knows the newer of two states. */
  readonly revision: number
}

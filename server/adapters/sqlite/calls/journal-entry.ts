/** How the runtime journal's changes travel to the writer: absolute values, so writing one twice is harmless. */
export interface TallyMemberEntry {
  readonly agentId: string
  readonly offset: number
  readonly lastUsedAtMs: number | undefined
  /** Buckets that are new or have another count. */
  readonly buckets: readonly { readonly startMs: number; readonly count: number }[]
  /** Starts of buckets that are gone. */
  readonly goneBuckets: readonly number[]
}

export type JournalEntry =
  | { readonly kind: 'delete'; readonly tenantId: string; readonly groupId: string }
  | {
      readonly kind: 'save'
      readonly tenantId: string
      readonly groupId: string
      readonly epoch: string
      readonly epochStartedAtMs: number
      /** The members listed are all there are. */
      readonly isWhole: boolean
      readonly members: readonly TallyMemberEntry[]
    }

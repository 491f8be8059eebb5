/** An eligible member, with what strategies compare. */
export interface Candidate {
  readonly agentId: string
  readonly weight: number
  readonly priority: number
  readonly position: number
  readonly activeCalls: number
  readonly lastUsedAtMs: number | undefined
  /** Calls behind its weighted share among the contenders, the call being placed included. */
  readonly behind: number
}

/** How a group spreads its calls. One file each. */
export interface Strategy {
  /** In the operator's words. */
  readonly sentence: string
  /** Whether only the calls inside the group's rolling window count. */
  readonly usesWindow: boolean
  /** Whether everybody stays within one call of its weighted share. */
  readonly isExact: boolean
  /** Whether `chance` has a say. */
  readonly goesByChance: boolean
  /** Those among whom this choice is shared out; the rest waits for them to become ineligible. */
  contenders<M extends { readonly priority: number }>(eligible: readonly M[]): readonly M[]
  /** Undefined when nobody is available. `chance`, at least 0 and below 1, is handed in: the same chance, the same choice. */
  choose<C extends Candidate>(contenders: readonly C[], chance: number): C | undefined
}

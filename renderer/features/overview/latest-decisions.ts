import { kindOf, type DecisionNews } from '../../entities/decision-words.ts'

export const decisionLimit = 50

export interface DecisionRow {
  readonly callId: string
  readonly decision: DecisionNews
}

/** The last decisions, newest first. Held like the list of calls: what comes meanwhile waits. */
export interface LatestDecisions {
  readonly rows: readonly DecisionRow[]
  readonly waiting: readonly DecisionRow[]
  readonly waitingCount: number
  readonly isHeld: boolean
  /** Seen arriving, since this page was opened. */
  readonly seen: number
  readonly failoversSeen: number
}

export const noDecisions: LatestDecisions = {
  rows: [],
  waiting: [],
  waitingCount: 0,
  isHeld: false,
  seen: 0,
  failoversSeen: 0,
}

const fresh = (state: LatestDecisions, rows: readonly DecisionRow[]): readonly DecisionRow[] => {
  const known = new Set([...state.rows, ...state.waiting].map((row) => row.decision.id))
  return rows.filter((row) => !known.has(row.decision.id))
}

export const applyDecisions = (state: LatestDecisions, arrived: readonly DecisionRow[]): LatestDecisions => {
  const rows = [...fresh(state, arrived)].reverse()
  if (rows.length === 0) return state
  const counted = {
    ...state,
    seen: state.seen + rows.length,
    failoversSeen: state.failoversSeen + rows.filter((row) => kindOf(row.decision) === 'failover').length,
  }
  if (!state.isHeld) return { ...counted, rows: [...rows, ...state.rows].slice(0, decisionLimit) }
  return {
    ...counted,
    waiting: [...rows, ...state.waiting].slice(0, decisionLimit),
    waitingCount: state.waitingCount + rows.length,
  }
}

/** Older decisions, read once at the start: they belong below whatever has arrived since, and are not "seen". */
export const addEarlier = (state: LatestDecisions, earlier: readonly DecisionRow[]): LatestDecisions => {
  const rows = [...state.rows, ...fresh(state, earlier)]
  rows.sort((a, b) => b.decision.atMs - a.decision.atMs)
  return { ...state, rows: rows.slice(0, decisionLimit) }
}

export const holdDecisions = (state: LatestDecisions): LatestDecisions =>
  state.isHeld ? state : { ...state, isHeld: true }

export const letDecisionsIn = (state: LatestDecisions, isHeld: boolean): LatestDecisions => ({
  ...state,
  isHeld,
  rows: [...state.waiting, ...state.rows].slice(0, decisionLimit),
  waiting: [],
  waitingCount: 0,
})

import { createStore } from 'zustand/vanilla'
import type { CallRecord } from '../../../shared/contract/calls.ts'
import type { Output } from '../../../shared/contract/index.ts'
import {
  addEarlier,
  applyDecisions,
  holdDecisions,
  letDecisionsIn,
  noDecisions,
  type DecisionRow,
  type LatestDecisions,
} from './latest-decisions.ts'
import { applyCalls, hold, letIn, noLiveCalls, reconcile, sweep, type LiveCalls } from './live-calls.ts'

export type Arrival =
  { readonly type: 'call'; readonly call: CallRecord } | { readonly type: 'decision'; readonly row: DecisionRow }

export interface OverviewState {
  readonly openedAtMs: number
  readonly calls: LiveCalls
  readonly decisions: LatestDecisions
  /** Whether the lists have been read once, so that "none" means none. */
  readonly isLoaded: boolean
}

/** What moves on the overview of one tenant. */
export const createOverviewStore = (now: () => number) => {
  const store = createStore<OverviewState>(() => ({
    openedAtMs: now(),
    calls: noLiveCalls,
    decisions: noDecisions,
    isLoaded: false,
  }))
  const onCalls = (change: (calls: LiveCalls) => LiveCalls) =>
    store.setState((state) => {
      const calls = change(state.calls)
      return calls === state.calls ? state : { ...state, calls }
    })
  const onDecisions = (change: (decisions: LatestDecisions) => LatestDecisions) =>
    store.setState((state) => ({ ...state, decisions: change(state.decisions) }))

  return {
    subscribe: store.subscribe,
    getState: store.getState,
    getInitialState: store.getInitialState,
    setState: store.setState,

    arrive(arrivals: readonly Arrival[]): void {
      const calls = arrivals.flatMap((arrival) => (arrival.type === 'call' ? [arrival.call] : []))
      const rows = arrivals.flatMap((arrival) => (arrival.type === 'decision' ? [arrival.row] : []))
      store.setState((state) => ({
        ...state,
        calls: calls.length > 0 ? sweep(applyCalls(state.calls, calls, now()), now()) : state.calls,
        decisions: rows.length > 0 ? applyDecisions(state.decisions, rows) : state.decisions,
      }))
    },
    load(live: Output<'calls.live'>, askedAtMs: number): void {
      const read = { items: live.items, isWhole: live.items.length >= (live.total ?? 0) }
      store.setState((state) => ({ ...state, isLoaded: true, calls: reconcile(state.calls, read, askedAtMs, now()) }))
    },
    loadDecisions: (earlier: readonly DecisionRow[]) => onDecisions((decisions) => addEarlier(decisions, earlier)),
    sweep: () => onCalls((calls) => sweep(calls, now())),
    holdCalls: () => onCalls(hold),
    letCallsIn: (isHeld: boolean) => onCalls((calls) => letIn(calls, isHeld, now())),
    holdDecisions: () => onDecisions(holdDecisions),
    letDecisionsIn: (isHeld: boolean) => onDecisions((decisions) => letDecisionsIn(decisions, isHeld)),
  }
}
export type OverviewStore = ReturnType<typeof createOverviewStore>

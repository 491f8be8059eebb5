import type { CallRecord } from '../../../shared/contract/calls.ts'
import { isTerminal } from '../../../shared/vocabulary.ts'

/** Rows on screen; more cannot be read, and the count beside the list stays true. */
export const rowLimit = 200
const justEndedLimit = 12
/** How long an ended call stays where it was, so that its end can be seen. */
export const lingerMs = 6000

export interface LiveRow {
  readonly call: CallRecord
  /** When its last word came in. */
  readonly seenAtMs: number
  readonly endedSeenAtMs?: number | undefined
}

/**
 * Calls going on, newest first. While somebody points at the list it is held: rows change in place but none moves;
 * new ones wait.
 */
export interface LiveCalls {
  readonly rows: readonly LiveRow[]
  readonly waiting: readonly LiveRow[]
  readonly justEnded: readonly LiveRow[]
  readonly isHeld: boolean
  /** There are more than fit; the list is the newest of them. */
  readonly isCut: boolean
}

export const noLiveCalls: LiveCalls = { rows: [], waiting: [], justEnded: [], isHeld: false, isCut: false }

const withCall = (row: LiveRow, call: CallRecord, nowMs: number): LiveRow => {
  const hasEnded = isTerminal(call.state)
  // Events can overtake each other; what has ended does not come back to life.
  if (row.endedSeenAtMs !== undefined && !hasEnded) return row
  return { call, seenAtMs: nowMs, endedSeenAtMs: hasEnded ? (row.endedSeenAtMs ?? nowMs) : undefined }
}

const endedFirst = (ended: readonly LiveRow[], before: readonly LiveRow[]): readonly LiveRow[] =>
  ended.length === 0 ? before : [...ended, ...before].slice(0, justEndedLimit)

/** Takes over what calls have become. The last word on each call wins. */
export const applyCalls = (state: LiveCalls, calls: readonly CallRecord[], nowMs: number): LiveCalls => {
  const latest = new Map<string, CallRecord>()
  for (const call of calls) {
    const before = latest.get(call.id)
    if (!before || !isTerminal(before.state) || isTerminal(call.state)) latest.set(call.id, call)
  }
  const update = (rows: readonly LiveRow[]): LiveRow[] =>
    rows.map((row) => {
      const call = latest.get(row.call.id)
      if (!call) return row
      latest.delete(row.call.id)
      return withCall(row, call, nowMs)
    })
  const rows = update(state.rows)
  const waiting = update(state.waiting)
  const justEnded = update(state.justEnded)
  const fresh = [...latest.values()].reverse().map((call): LiveRow => withCall({ call, seenAtMs: nowMs }, call, nowMs))
  const live = fresh.filter((row) => row.endedSeenAtMs === undefined)
  const ended = fresh.filter((row) => row.endedSeenAtMs !== undefined)
  const endedUnseen = waiting.filter((row) => row.endedSeenAtMs !== undefined)
  const stillWaiting = waiting.filter((row) => row.endedSeenAtMs === undefined)
  const next = { ...state, rows, justEnded: endedFirst([...ended, ...endedUnseen], justEnded) }
  // Nobody holds an empty list in place.
  if (!state.isHeld || rows.length === 0) return withRows({ ...next, waiting: [] }, [...live, ...stillWaiting, ...rows])
  // A word on a call that fell off the end of the list is not a new call.
  const oldest = rows.length < rowLimit ? undefined : rows.at(-1)
  const isNew = (row: LiveRow) => oldest === undefined || row.call.startedAtMs >= oldest.call.startedAtMs
  return { ...next, waiting: [...live.filter(isNew), ...stillWaiting].slice(0, rowLimit) }
}

const withRows = (state: LiveCalls, rows: readonly LiveRow[]): LiveCalls => ({
  ...state,
  rows: [...rows].sort((a, b) => b.call.startedAtMs - a.call.startedAtMs).slice(0, rowLimit),
  isCut: state.isCut || rows.length > rowLimit,
})

/** Moves calls that ended a while ago out of the list. Nothing moves while it is held. */
export const sweep = (state: LiveCalls, nowMs: number): LiveCalls => {
  if (state.isHeld) return state
  const isOver = (row: LiveRow) => row.endedSeenAtMs !== undefined && nowMs - row.endedSeenAtMs >= lingerMs
  const over = state.rows.filter(isOver)
  if (over.length === 0) return state
  return { ...state, rows: state.rows.filter((row) => !isOver(row)), justEnded: endedFirst(over, state.justEnded) }
}

export const hold = (state: LiveCalls): LiveCalls => (state.isHeld ? state : { ...state, isHeld: true })

/** Lets those that waited in; `isHeld` says whether the pointer is still there. */
export const letIn = (state: LiveCalls, isHeld: boolean, nowMs: number): LiveCalls =>
  sweep(withRows({ ...state, waiting: [], isHeld }, [...state.waiting, ...state.rows]), nowMs)

/** Events may come a little before what they tell is stored: a list asked for within that time may be the older one. */
export const storedWithinMs = 1000

/**
 * Sets right what events may have missed, from a list read at `askedAtMs`, newest first. What the list no longer has is
 * gone, unless its last word may be younger than the list, or it is older than a list that was cut short reaches.
 */
export const reconcile = (
  state: LiveCalls,
  live: { readonly items: readonly CallRecord[]; readonly isWhole: boolean },
  askedAtMs: number,
  nowMs: number,
): LiveCalls => {
  const ids = new Set(live.items.map((call) => call.id))
  const reachesToMs = live.isWhole ? -Infinity : (live.items.at(-1)?.startedAtMs ?? Infinity)
  const youngerThanMs = askedAtMs - storedWithinMs
  const stays = ({ call, endedSeenAtMs, seenAtMs }: LiveRow) =>
    ids.has(call.id) || endedSeenAtMs !== undefined || seenAtMs >= youngerThanMs || call.startedAtMs <= reachesToMs
  const kept = { ...state, rows: state.rows.filter(stays), waiting: state.waiting.filter(stays) }
  const younger = new Set(
    [...kept.rows, ...kept.waiting, ...kept.justEnded].flatMap((row) =>
      row.seenAtMs >= youngerThanMs ? [row.call.id] : [],
    ),
  )
  const news = live.items.filter((call) => !younger.has(call.id)).reverse()
  return { ...applyCalls(kept, news, nowMs), isCut: !live.isWhole }
}

/** Whether a row has what somebody typed: digits of a number, or part of a name or state. */
export const matches = ({ call }: LiveRow, text: string): boolean => {
  const wanted = text.trim().toLowerCase()
  if (wanted === '') return true
  const digits = wanted.replace(/[\s()+.-]/g, '')
  if (/^\d+$/.test(digits) && (call.from.includes(digits) || call.to.includes(digits))) return true
  return [call.from, call.to, call.agentName, call.groupName, call.ruleName, call.state.replace('_', ' ')].some(
    (part) => part?.toLowerCase().includes(wanted),
  )
}

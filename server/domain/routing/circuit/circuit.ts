import type { AttemptResult, CircuitState } from '../../../../shared/vocabulary.ts'

/** When a circuit opens and when it is tried again. */
export interface CircuitPolicy {
  /** Failed results in a row that open it. */
  readonly failures: number
  /** What counts as failed. */
  readonly failedResults: readonly AttemptResult[]
  readonly coolOffMs: number
  /** Share of failed results inside the window, of at least `minimumResults`, that opens it too; undefined: only a row does. */
  readonly failureRatio?: number | undefined
  readonly windowMs: number
  readonly minimumResults: number
}

/**
 * What is known of one agent's or provider's health. Times are steady.
 *
 * While it is open no call goes there but trials, one at a time: the first when the cool-off is over, the next when the one
 * before failed and cooled off, or was not heard of for as long as it may ring. An answer to a trial closes it.
 */
export interface Circuit {
  /**
   * Failed results since the last answer, while it is open those of trials, by agent: of one agent it has one entry, of a
   * provider several.
   */
  readonly row: Readonly<Record<string, number>>
  /** Results inside the window, in slices of it, oldest first. */
  readonly slices: readonly Slice[]
  /** Undefined: closed. */
  readonly openedAtMs?: number | undefined
  /** When it opened last, of one that is closed again. */
  readonly lastOpenedAtMs?: number | undefined
  readonly reason?: string | undefined
  /** When the next trial may begin. */
  readonly retryAtMs?: number | undefined
  /** Trials whose result has not come, newest last. */
  readonly trials: readonly Trial[]
}
export interface Trial {
  /** Of its slot. */
  readonly key: string
  /** Longer it does not ring. */
  readonly untilMs: number
  /** Since when its caller is said to be connected; no proof yet. */
  readonly answeredAtMs?: number | undefined
}
interface Slice {
  readonly startMs: number
  readonly results: number
  readonly failed: number
}

export const closedCircuit: Circuit = { row: {}, slices: [], trials: [] }

export const slicesPerWindow = 10
/** Where nobody tells of answers, trials go on in their conversations while the next ones begin: an hour of them is kept. */
export const keptTrials = 100
/** An "answered" of a session that is being torn down is followed by the failed result sooner than this. */
export const provenMs = 3000

const closedAgain = ({ openedAtMs }: Circuit): Circuit => ({ ...closedCircuit, lastOpenedAtMs: openedAtMs })

/**
 * The circuit as it is at that time: a trial that has been connected for a while is as good as its result, which only comes
 * when the conversation is over.
 */
export const circuitAt = (circuit: Circuit, nowMs: number): Circuit =>
  circuit.openedAtMs !== undefined &&
  circuit.trials.some(({ answeredAtMs }) => answeredAtMs !== undefined && nowMs - answeredAtMs >= provenMs)
    ? closedAgain(circuit)
    : circuit

/** Half-open from the first trial on. */
export const circuitState = ({ openedAtMs, trials }: Circuit): CircuitState =>
  openedAtMs === undefined ? 'closed' : trials.length > 0 ? 'half_open' : 'open'

/** Why no call may go there; undefined when one may, be it as a trial. */
export const whyBroken = (
  { openedAtMs, reason, retryAtMs = 0, trials }: Circuit,
  nowMs: number,
): string | undefined => {
  if (openedAtMs === undefined) return undefined
  const why = `circuit open (${reason})`
  if (nowMs < retryAtMs) return `${why}, next trial in ${Math.ceil((retryAtMs - nowMs) / 1000)} s`
  const last = trials.at(-1)
  return last && nowMs < last.untilMs ? `${why}, a trial call is under way` : undefined
}

/** A call goes there; where the circuit is open, as a trial that may ring until then. */
export const beginAttempt = (circuit: Circuit, key: string, untilMs: number): Circuit =>
  circuit.openedAtMs === undefined
    ? circuit
    : { ...circuit, trials: [...circuit.trials, { key, untilMs }].slice(-keptTrials) }

/** The caller of an attempt is said to be connected. */
export const noteAnswer = (circuit: Circuit, key: string, nowMs: number): Circuit =>
  circuit.trials.some((trial) => trial.key === key && trial.answeredAtMs === undefined)
    ? {
        ...circuit,
        trials: circuit.trials.map((trial) => (trial.key === key ? { ...trial, answeredAtMs: nowMs } : trial)),
      }
    : circuit

const withResult = (slices: readonly Slice[], isFailed: boolean, windowMs: number, nowMs: number): Slice[] => {
  const width = Math.max(1, Math.floor(windowMs / slicesPerWindow))
  const kept = slices.filter(({ startMs }) => startMs > nowMs - windowMs)
  const failed = isFailed ? 1 : 0
  const last = kept.at(-1)
  // A clock that jumped back goes on in the newest slice.
  return last && nowMs - last.startMs < width
    ? [...kept.slice(0, -1), { ...last, results: last.results + 1, failed: last.failed + failed }]
    : [...kept, { startMs: nowMs, results: 1, failed }]
}

const withFailure = (row: Circuit['row'], agentId: string): Circuit['row'] => ({
  ...row,
  [agentId]: (row[agentId] ?? 0) + 1,
})

const sum = (numbers: readonly number[]): number => numbers.reduce((total, one) => total + one, 0)

const whyOpen = (
  row: Circuit['row'],
  slices: readonly Slice[],
  { failures, failureRatio, minimumResults }: CircuitPolicy,
  isShared: boolean,
): string | undefined => {
  // One agent of several never makes the row alone: a provider is not down because one of its agents is.
  const mostOfOne = isShared && failures > 1 ? failures - 1 : failures
  if (sum(Object.values(row).map((count) => Math.min(count, mostOfOne))) >= failures)
    return `${sum(Object.values(row))} failed in a row`
  if (failureRatio === undefined) return undefined
  const results = sum(slices.map((slice) => slice.results))
  const failed = sum(slices.map((slice) => slice.failed))
  return results >= minimumResults && failed / results >= failureRatio ? `${failed} of ${results} failed` : undefined
}

/**
 * Takes in how an attempt ended that held the slot `key`; undefined is not known. What began before the circuit opened says
 * nothing about whether it may close, does not put off the next trial, and opens it no second time once it is closed again.
 */
export const endAttempt = (
  circuit: Circuit,
  {
    agentId,
    key,
    result,
    startedAtMs,
  }: {
    readonly agentId: string
    readonly key: string
    readonly result?: AttemptResult | undefined
    readonly startedAtMs: number
  },
  isShared: boolean,
  policy: CircuitPolicy,
  nowMs: number,
): Circuit => {
  const isFailed = result !== undefined && policy.failedResults.includes(result)
  if (circuit.openedAtMs !== undefined) {
    const trials = circuit.trials.filter((trial) => trial.key !== key)
    if (trials.length === circuit.trials.length) return circuit
    if (result === 'answered') return closedAgain(circuit)
    return isFailed
      ? { ...circuit, trials, row: withFailure(circuit.row, agentId), retryAtMs: nowMs + policy.coolOffMs }
      : { ...circuit, trials }
  }
  if (!isFailed && result !== 'answered') return circuit
  const { lastOpenedAtMs } = circuit
  if (lastOpenedAtMs !== undefined && startedAtMs <= lastOpenedAtMs) return circuit
  const slices = policy.failureRatio === undefined ? [] : withResult(circuit.slices, isFailed, policy.windowMs, nowMs)
  if (!isFailed) return { row: {}, slices, trials: [], lastOpenedAtMs }
  const row = withFailure(circuit.row, agentId)
  const reason = whyOpen(row, slices, policy, isShared)
  return reason === undefined
    ? { row, slices, trials: [], lastOpenedAtMs }
    : { row: {}, slices: [], openedAtMs: nowMs, reason, retryAtMs: nowMs + policy.coolOffMs, trials: [] }
}

import { setImmediate } from 'node:timers/promises'
import { DomainError, type CallHistory } from '../index.ts'
import { planHistory, type HistoryRange, type HistoryUnit } from '../simulator/index.ts'

export interface HistoryProgress {
  readonly calls: number
  readonly callsWanted: number
  readonly callsPerSecond: number
  /** When the newest of them began. */
  readonly reachedMs: number
}

export interface WriteHistoryOptions extends HistoryRange {
  readonly tenantId?: string | undefined
  /** Adds to calls that are there in the range. */
  readonly force?: boolean | undefined
}

export interface WriteHistoryHooks {
  /** After a transaction, once a second. */
  onProgress?(progress: HistoryProgress): void
  /** Asked between transactions. */
  isStopped?(): boolean
}

export interface WrittenHistory {
  readonly tenantId: string
  readonly tenantName: string
  readonly calls: number
  readonly seconds: number
}

const callsPerTransaction = 2000
const progressEveryMs = 1000

const day = (ms: number): string => new Date(ms).toISOString().slice(0, 16).replace('T', ' ')

/**
 * Writes calls that a tenant could have had into its records, in transactions of 2000 calls, so that stopping leaves whole
 * calls. Refuses, with the way out, to mix them with calls that are in the range already.
 */
export const writeHistory = async (
  history: Pick<CallHistory, 'readConfiguration' | 'hasCalls' | 'write'>,
  options: WriteHistoryOptions,
  { onProgress, isStopped = () => false }: WriteHistoryHooks = {},
): Promise<WrittenHistory> => {
  const { tenantId, force = false, startMs, endMs, calls: callsWanted } = options
  const site = await history.readConfiguration(tenantId)
  const { id, name } = site.tenant
  if (!force && (await history.hasCalls(id, { startMs, endMs })))
    throw new DomainError(
      'CONFLICT',
      `Tenant ${name} has calls between ${day(startMs)} and ${day(endMs)} UTC already. Choose another time with --days and ` +
        '--until, another tenant with --tenant, or add to them with --force',
    )
  const startedMs = performance.now()
  const plan = planHistory(site, options)
  let units: HistoryUnit[] = []
  let planned = 0
  let written = 0
  let reachedMs = startMs
  let toldMs = startedMs
  let toldCalls = 0

  const flush = async (): Promise<void> => {
    history.write(units)
    written = planned
    units = []
    const nowMs = performance.now()
    if (nowMs - toldMs >= progressEveryMs) {
      const callsPerSecond = Math.round(((written - toldCalls) * 1000) / (nowMs - toldMs))
      onProgress?.({ calls: written, callsWanted, callsPerSecond, reachedMs })
      toldMs = nowMs
      toldCalls = written
    }
    // Signals are heard in between.
    await setImmediate()
  }

  for (const call of plan.calls) {
    units.push(...call)
    planned += 1
    reachedMs = call[0]?.call.startedAtMs ?? reachedMs
    if (planned % callsPerTransaction !== 0) continue
    await flush()
    if (isStopped()) break
  }
  if (units.length > 0) await flush()
  return { tenantId: id, tenantName: name, calls: written, seconds: (performance.now() - startedMs) / 1000 }
}

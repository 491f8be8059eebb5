import { setTimeout as sleep } from 'node:timers/promises'
import type { CallRecord } from '../../shared/contract/calls.ts'
import type { VoiceAgent } from '../../shared/contract/voice-agents.ts'
import { readAll, tenantPath, withoutScheme, type ControlPlaneAccess } from './control-plane.ts'
import type { PlayedCall } from './played-call.ts'

/** Compares what the control plane keeps of the calls with what was played. */

export interface Mismatch {
  readonly token: string
  readonly field: 'record' | 'state' | 'disposition' | 'attemptCount' | 'agent'
  readonly expected: string
  readonly found: string
}

export interface Verification {
  readonly compared: number
  /** Calls that went wrong or whose CDR never got through: nobody can say how their record must look. */
  readonly notComparable: number
  readonly mismatches: readonly Mismatch[]
}

const compare = (
  call: PlayedCall,
  record: CallRecord | undefined,
  agentIds: ReadonlyMap<string, string>,
): Mismatch[] => {
  const { token } = call
  if (!record) return [{ token, field: 'record', expected: 'a record', found: 'none' }]
  const found: Mismatch[] = []
  const check = (field: Mismatch['field'], expected: string, actual: unknown): void => {
    if (expected !== actual) found.push({ token, field, expected, found: String(actual) })
  }
  check('state', call.state, record.state)
  check('disposition', call.disposition, record.disposition ?? 'none')
  check('attemptCount', String(call.dials.length), String(record.attemptCount))
  const last = call.dials.at(-1)
  if (last?.isAgent) {
    // Answered, but not by the agent: a message was spoken to the caller after the last dial.
    const isMessage = call.disposition === 'answered' && last.outcome !== 'answered'
    const wanted = isMessage ? 'none' : agentIds.get(withoutScheme(last.value))
    const expected = isMessage ? 'none, for a message came after' : `${wanted ?? 'unknown agent'} (${last.value})`
    const actual = record.agentId ?? 'none'
    if (wanted !== actual) found.push({ token, field: 'agent', expected, found: actual })
  }
  return found
}

/**
 * Reads the records of a run and compares them. The server may still be writing, and freezes an outcome only some
 * seconds after the last event, so what differs is looked at again until it agrees or `settleMs` are over.
 */
export const verifyCalls = async (
  calls: readonly PlayedCall[],
  access: ControlPlaneAccess,
  startedMs: number,
  settleMs = 20_000,
): Promise<Verification> => {
  const comparable = calls.filter(({ isComparable }) => isComparable)
  const agentIds = new Map<string, string>()
  await readAll<VoiceAgent>(access, `${tenantPath(access)}/voice-agents`, {}, ({ id, value }) =>
    agentIds.set(withoutScheme(value), id),
  )

  let open: readonly PlayedCall[] = comparable
  let mismatches: Mismatch[] = []
  const giveUpMs = Date.now() + settleMs
  for (;;) {
    const wanted = new Set(open.map(({ token }) => token))
    const records = new Map<string, CallRecord>()
    const take = (record: CallRecord): void => {
      if (wanted.has(record.token)) records.set(record.token, record)
    }
    if (open.length > 50) {
      // A minute of slack: the server may date a call by its own clock.
      const query = { startMs: String(Math.max(0, startedMs - 60_000)) }
      await readAll(access, `${tenantPath(access)}/calls`, query, take, () => records.size === wanted.size)
    } else {
      for (const { token } of open) await readAll(access, `${tenantPath(access)}/calls`, { token }, take)
    }
    mismatches = []
    open = open.filter((call) => {
      const found = compare(call, records.get(call.token), agentIds)
      mismatches.push(...found)
      return found.length > 0
    })
    if (open.length === 0 || Date.now() >= giveUpMs) break
    await sleep(1000)
  }
  return { compared: comparable.length, notComparable: calls.length - comparable.length, mismatches }
}

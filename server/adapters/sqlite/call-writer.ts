import type { Database } from 'better-sqlite3'
import type { Transition } from '../../../shared/contract/calls.ts'
import { DomainError } from '../../domain/errors.ts'
import type { Call, DialAttempt } from '../../domain/calls/call.ts'
import { changingColumns, changingValues, indexedColumns, openBit } from './call-columns.ts'
import { createRecentMap } from './recent-map.ts'

/** What the writer remembers of a call, so that the next webhook of it costs no search. */
interface KnownCall {
  readonly no: number
  startedAtMs: number
  isOpen: 0 | 1
  /** Number of the newest transition; undefined until it was asked for. */
  transitions: number | undefined
}

const keptKnown = 10_000
const set = (columns: readonly string[]) => columns.map((column) => `${column} = ?`).join(', ')
const placeholders = (count: number) => Array.from({ length: count }, () => '?').join(', ')

export interface CallWriter {
  /** Inserts or overwrites the call; answers its number. */
  write(tenantNo: number, call: Call): number
  writeAttempts(tenantNo: number, callNo: number, attempts: readonly DialAttempt[]): void
  writeTransitions(tenantNo: number, call: Call, callNo: number, transitions: readonly Transition[]): void
  /** After a rollback nothing remembered may be trusted. */
  forget(): void
}

export const createCallWriter = (db: Database): CallWriter => {
  const inserted = ['tenant_no', 'id', 'token', ...changingColumns, ...indexedColumns]
  const insert = db.prepare(`
INSERT INTO call_records (${inserted.join(', ')}) VALUES (${placeholders(inserted.length)}) ON CONFLICT (tenant_no, token) DO NOTHING`)
  const change = db.prepare(`UPDATE call_records SET ${set(changingColumns)} WHERE no = ?`)
  const changeIndexed = db.prepare(
    `UPDATE call_records SET ${set([...changingColumns, ...indexedColumns])} WHERE no = ?`,
  )
  const find = db.prepare<[number, string], { no: number; id: string; started_at_ms: number; is_open: 0 | 1 }>(
    'SELECT no, id, started_at_ms, is_open FROM call_records WHERE tenant_no = ? AND token = ?',
  )
  const putAttempt = db.prepare(`
INSERT INTO dial_attempts (tenant_no, call_no, n, decision_id, agent_id, provider, trunk_id, group_id, started_at_ms, ended_at_ms,
  result, lease_until_ms)
VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
ON CONFLICT (tenant_no, call_no, n) DO UPDATE SET decision_id = excluded.decision_id, agent_id = excluded.agent_id,
  provider = excluded.provider, trunk_id = excluded.trunk_id, group_id = excluded.group_id, started_at_ms = excluded.started_at_ms,
  ended_at_ms = excluded.ended_at_ms, result = excluded.result, lease_until_ms = excluded.lease_until_ms`)
  const newestTransition = db.prepare<[number, number], { n: number | null }>(
    'SELECT max(n) AS n FROM call_transitions WHERE tenant_no = ? AND call_no = ?',
  )
  const addTransition = db.prepare(`
INSERT INTO call_transitions (tenant_no, call_no, n, at_ms, event, from_state, to_state, ignored) VALUES (?, ?, ?, ?, ?, ?, ?, ?)`)

  const known = createRecentMap<KnownCall>(keptKnown)
  const nameOf = (tenantNo: number, call: Call) => `${tenantNo} ${call.id}`

  const update = (name: string, call: Call, row: KnownCall): number => {
    const isOpen = openBit(call)
    const isMoved = row.startedAtMs !== call.startedAtMs || row.isOpen !== isOpen
    const values = changingValues(call)
    const { changes } = isMoved
      ? changeIndexed.run(...values, call.startedAtMs, isOpen, row.no)
      : change.run(...values, row.no)
    if (changes === 0) {
      known.delete(name)
      throw new DomainError('NOT_FOUND', `Call ${call.id} was deleted meanwhile`)
    }
    row.startedAtMs = call.startedAtMs
    row.isOpen = isOpen
    return row.no
  }

  return {
    write: (tenantNo, call) => {
      const name = nameOf(tenantNo, call)
      const row = known.get(name)
      if (row) return update(name, call, row)
      const isOpen = openBit(call)
      const { changes, lastInsertRowid } = insert.run(
        tenantNo,
        call.id,
        call.token,
        ...changingValues(call),
        call.startedAtMs,
        isOpen,
      )
      if (changes === 1) {
        const no = Number(lastInsertRowid)
        known.set(name, { no, startedAtMs: call.startedAtMs, isOpen, transitions: 0 })
        return no
      }
      const there = find.get(tenantNo, call.token)
      if (there?.id !== call.id)
        throw new DomainError(
          'CONFLICT',
          `The session token of call ${call.id} belongs to call ${there?.id ?? 'unknown'}`,
        )
      const found = { no: there.no, startedAtMs: there.started_at_ms, isOpen: there.is_open, transitions: undefined }
      known.set(name, found)
      return update(name, call, found)
    },
    writeAttempts: (tenantNo, callNo, attempts) => {
      for (const { n, decisionId, agentId, provider, trunkId, groupId, ...times } of attempts) {
        const { startedAtMs, endedAtMs, result, leaseUntilMs } = times
        const who = [decisionId, agentId, provider, trunkId, groupId]
        putAttempt.run(tenantNo, callNo, n, ...who, startedAtMs, endedAtMs, result, leaseUntilMs)
      }
    },
    writeTransitions: (tenantNo, call, callNo, transitions) => {
      const row = known.get(nameOf(tenantNo, call))
      let n = row?.transitions ?? newestTransition.get(tenantNo, callNo)?.n ?? 0
      for (const { atMs, event, from, to, ignored } of transitions)
        addTransition.run(tenantNo, callNo, ++n, atMs, event, from, to, ignored)
      if (row) row.transitions = n
    },
    forget: known.clear,
  }
}

import type { Database } from 'better-sqlite3'
import { DomainError } from '../../domain/errors.ts'
import { changingColumns, indexedColumns } from './call-columns.ts'
import type { PackedCall, Values } from './packed-unit.ts'
import { createRecentMap } from './recent-map.ts'
import type { RollupWriter } from './rollup-writer.ts'

/** What the writer remembers of a call, so that the next webhook of it costs no search. */
interface KnownCall {
  readonly no: number
  startedAtMs: number
  isOpen: 0 | 1
  /** Number of the newest transition; undefined until it was asked for. */
  transitions: number | undefined
}

const keptKnown = 10_000
/** Who took a call. */
const joined = ['rule_id', 'group_id', 'agent_id', 'trunk_id', 'provider', 'config_version'] as const
const set = (columns: readonly string[]) => columns.map((column) => `${column} = ?`).join(', ')
const placeholders = (count: number) => Array.from({ length: count }, () => '?').join(', ')

export interface CallWriter {
  /** Inserts the call, or overwrites an older state of it; answers its number. */
  write(tenantNo: number, call: PackedCall): number
  writeAttempts(tenantNo: number, call: PackedCall, callNo: number, attempts: readonly Values[]): void
  writeTransitions(tenantNo: number, call: PackedCall, callNo: number, transitions: readonly Values[]): void
  /** After a rollback, or when others may have written, nothing remembered may be trusted. */
  forget(): void
}

/** `touch` hears of each call that is or will be over, before it changes. */
export const createCallWriter = (db: Database, touch: RollupWriter['touch']): CallWriter => {
  const inserted = ['tenant_no', 'id', 'token', ...changingColumns, ...indexedColumns]
  const insert = db.prepare(`
INSERT INTO call_records (${inserted.join(', ')}) VALUES (${placeholders(inserted.length)}) ON CONFLICT (tenant_no, token) DO NOTHING`)
  const change = db.prepare(`UPDATE call_records SET ${set(changingColumns)} WHERE no = ? AND revision < ?`)
  const changeIndexed = db.prepare(
    `UPDATE call_records SET ${set([...changingColumns, ...indexedColumns])} WHERE no = ? AND revision < ?`,
  )
  const fill = db.prepare(
    `UPDATE call_records SET ${joined.map((column) => `${column} = coalesce(${column}, ?)`).join(', ')},
  started_at_ms = min(started_at_ms, ?) WHERE no = ?`,
  )
  const changeJoined = db.prepare(`
UPDATE call_records SET ${changingColumns.map((column) => `${column} = ${(joined as readonly string[]).includes(column) ? `coalesce(?, ${column})` : '?'}`).join(', ')},
  is_open = ? WHERE no = ? AND revision < ?`)
  const exists = db.prepare<[number]>('SELECT 1 FROM call_records WHERE no = ?')
  const find = db.prepare<[number, string], { no: number; id: string; started_at_ms: number; is_open: 0 | 1 }>(
    'SELECT no, id, started_at_ms, is_open FROM call_records WHERE tenant_no = ? AND token = ?',
  )
  const putAttempt = db.prepare(`
INSERT INTO dial_attempts (tenant_no, call_no, n, decision_id, agent_id, provider, trunk_id, group_id, started_at_ms, ended_at_ms,
  result, lease_until_ms, number, trunk_plan, revision)
VALUES (${placeholders(15)})
ON CONFLICT (tenant_no, call_no, n) DO UPDATE SET decision_id = excluded.decision_id, agent_id = excluded.agent_id,
  provider = excluded.provider, trunk_id = excluded.trunk_id, group_id = excluded.group_id, started_at_ms = excluded.started_at_ms,
  ended_at_ms = excluded.ended_at_ms, result = excluded.result, lease_until_ms = excluded.lease_until_ms,
  number = excluded.number, trunk_plan = excluded.trunk_plan, revision = excluded.revision
WHERE excluded.revision > revision`)
  const newestTransition = db.prepare<[number, number], { n: number | null }>(
    'SELECT max(n) AS n FROM call_transitions WHERE tenant_no = ? AND call_no = ?',
  )
  const addTransition = db.prepare(`
INSERT INTO call_transitions (tenant_no, call_no, n, at_ms, event, from_state, to_state, ignored) VALUES (?, ?, ?, ?, ?, ?, ?, ?)`)

  const known = createRecentMap<KnownCall>(keptKnown)
  const nameOf = (tenantNo: number, call: PackedCall) => `${tenantNo} ${call.id}`

  const tellIfOver = (no: number, wasOpen: 0 | 1, isOpen: 0 | 1): void => {
    if (wasOpen === 0 || isOpen === 0) touch(no, wasOpen === 0)
  }

  const update = (name: string, call: PackedCall, row: KnownCall): number => {
    const { startedAtMs, isOpen, changing, revision } = call
    tellIfOver(row.no, row.isOpen, isOpen)
    const isMoved = row.startedAtMs !== startedAtMs || row.isOpen !== isOpen
    const { changes } = isMoved
      ? changeIndexed.run(...changing, startedAtMs, isOpen, row.no, revision)
      : change.run(...changing, row.no, revision)
    if (changes === 0) {
      // A unit that failed before is written after a newer one of its call.
      if (exists.get(row.no)) return row.no
      known.delete(name)
      throw new DomainError('NOT_FOUND', `Call ${call.id} was deleted meanwhile`)
    }
    row.startedAtMs = startedAtMs
    row.isOpen = isOpen
    return row.no
  }

  /**
   * Two nodes that could not hear each other began a record of the same call. The one that was stored first stays, with what
   * either knows of who took the call.
   */
  const join = ({ changing, startedAtMs, isOpen, revision }: PackedCall, no: number, wasOpen: 0 | 1): number => {
    tellIfOver(no, wasOpen, isOpen)
    // It is known under the other id, as it was before.
    known.clear()
    const said = joined.map((column) => changing[changingColumns.indexOf(column)])
    fill.run(...said, startedAtMs, no)
    changeJoined.run(...changing, isOpen, no, revision)
    return no
  }

  return {
    write: (tenantNo, call) => {
      const name = nameOf(tenantNo, call)
      const row = known.get(name)
      if (row) return update(name, call, row)
      const { id, token, startedAtMs, isOpen, changing } = call
      const { changes, lastInsertRowid } = insert.run(tenantNo, id, token, ...changing, startedAtMs, isOpen)
      if (changes === 1) {
        const no = Number(lastInsertRowid)
        known.set(name, { no, startedAtMs, isOpen, transitions: 0 })
        tellIfOver(no, 1, isOpen)
        return no
      }
      const there = find.get(tenantNo, token)
      if (!there) throw new DomainError('NOT_FOUND', `Call ${id} was deleted meanwhile`)
      if (there.id !== id) return join(call, there.no, there.is_open)
      const found = { no: there.no, startedAtMs: there.started_at_ms, isOpen: there.is_open, transitions: undefined }
      known.set(name, found)
      return update(name, call, found)
    },
    writeAttempts: (tenantNo, { revision }, callNo, attempts) => {
      for (const attempt of attempts) putAttempt.run(tenantNo, callNo, ...attempt, revision)
    },
    writeTransitions: (tenantNo, call, callNo, transitions) => {
      const row = known.get(nameOf(tenantNo, call))
      let n = row?.transitions ?? newestTransition.get(tenantNo, callNo)?.n ?? 0
      for (const transition of transitions) addTransition.run(tenantNo, callNo, ++n, ...transition)
      if (row) row.transitions = n
    },
    forget: known.clear,
  }
}

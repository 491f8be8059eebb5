import type { Database } from 'better-sqlite3'
import { DomainError } from '../../../domain/errors.ts'
import { changingColumns } from './call-columns.ts'
import { callColumns, createCallUpdate, type CallValues } from './call-update.ts'
import type { PackedCall, Values } from './packed-unit.ts'
import { createRecentMap } from '../query/recent-map.ts'
import type { RollupWriter } from '../analytics/rollup-writer.ts'

/** What the writer remembers of a call, so that the next webhook of it costs no search. */
interface KnownCall {
  readonly no: number
  isOpen: 0 | 1
  /** Its columns as they are stored. */
  values: CallValues
  /** Number of the newest transition; undefined until it was asked for. */
  transitions: number | undefined
}

const keptKnown = 10_000
/** Who took a call. */
const joined = ['rule_id', 'group_id', 'agent_id', 'trunk_id', 'provider', 'config_version'] as const
const placeholders = (count: number) => Array.from({ length: count }, () => '?').join(', ')

const valuesOf = ({ changing, startedAtMs, isOpen }: PackedCall): CallValues => [...changing, startedAtMs, isOpen]

export interface CallWriter {
  /** Inserts the call, or overwrites an older state of it; answers its number. */
  write(tenantNo: number, call: PackedCall): number
  writeAttempts(tenantNo: number, call: PackedCall, callNo: number, attempts: readonly Values[]): void
  /** Answers how many the call had before; undefined where none are added. */
  writeTransitions(
    tenantNo: number,
    call: PackedCall,
    callNo: number,
    transitions: readonly Values[],
  ): number | undefined
  /** After a rollback, or when others may have written, nothing remembered may be trusted. */
  forget(): void
}

/** `touch` hears of each call that was over, before it changes. */
export const createCallWriter = (db: Database, touch: RollupWriter['touch']): CallWriter => {
  const inserted = ['tenant_no', 'id', 'token', ...callColumns]
  const insert = db.prepare(`
INSERT INTO call_records (is_pending, ${inserted.join(', ')}) VALUES (1, ${placeholders(inserted.length)})
ON CONFLICT (tenant_no, token) DO NOTHING`)
  const change = createCallUpdate(db)
  const fill = db.prepare(
    `UPDATE call_records SET ${joined.map((column) => `${column} = coalesce(${column}, ?)`).join(', ')},
  started_at_ms = min(started_at_ms, ?) WHERE no = ?`,
  )
  const changeJoined = db.prepare(`
UPDATE call_records SET ${changingColumns.map((column) => `${column} = ${(joined as readonly string[]).includes(column) ? `coalesce(?, ${column})` : '?'}`).join(', ')},
  is_open = ?, is_pending = max(is_pending, ?) WHERE no = ? AND revision < ?`)
  const exists = db.prepare<[number, number]>('SELECT 1 FROM call_records WHERE no = ? AND tenant_no = ?')
  const find = db
    .prepare<[number, string]>(
      `SELECT no, id, is_open, ${callColumns.join(', ')} FROM call_records WHERE tenant_no = ? AND token = ?`,
    )
    .raw()
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

  const tellIfOver = (no: number, wasOpen: 0 | 1): void => {
    if (wasOpen === 0) touch(no)
  }

  const update = (tenantNo: number, name: string, call: PackedCall, row: KnownCall): number => {
    const { isOpen, revision } = call
    tellIfOver(row.no, row.isOpen)
    const values = valuesOf(call)
    if (!change(tenantNo, row.no, revision, row.values, values)) {
      // A unit that failed before is written after a newer one of its call.
      if (exists.get(row.no, tenantNo)) return row.no
      known.delete(name)
      throw new DomainError('NOT_FOUND', `Call ${call.id} was deleted meanwhile`)
    }
    row.values = values
    row.isOpen = isOpen
    return row.no
  }

  /**
   * Two nodes that could not hear each other began a record of the same call. The one that was stored first stays, with what
   * either knows of who took the call.
   */
  const join = ({ changing, startedAtMs, isOpen, revision }: PackedCall, no: number, wasOpen: 0 | 1): number => {
    tellIfOver(no, wasOpen)
    // It is known under the other id, as it was before.
    known.clear()
    const said = joined.map((column) => changing[changingColumns.indexOf(column)])
    fill.run(...said, startedAtMs, no)
    // Who knows more may know that it goes on: then it is settled anew.
    changeJoined.run(...changing, isOpen, isOpen, no, revision)
    return no
  }

  return {
    write: (tenantNo, call) => {
      const name = nameOf(tenantNo, call)
      const row = known.get(name)
      if (row) return update(tenantNo, name, call, row)
      const { id, token, isOpen } = call
      const values = valuesOf(call)
      const { changes, lastInsertRowid } = insert.run(tenantNo, id, token, ...values)
      if (changes === 1) {
        const no = Number(lastInsertRowid)
        known.set(name, { no, isOpen, values, transitions: 0 })
        return no
      }
      const there = find.get(tenantNo, token) as [number, string, 0 | 1, ...unknown[]] | undefined
      if (!there) throw new DomainError('NOT_FOUND', `Call ${id} was deleted meanwhile`)
      const [no, itsId, wasOpen, ...stored] = there
      if (itsId !== id) return join(call, no, wasOpen)
      const found = { no, isOpen: wasOpen, values: stored, transitions: undefined }
      known.set(name, found)
      return update(tenantNo, name, call, found)
    },
    writeAttempts: (tenantNo, { revision }, callNo, attempts) => {
      for (const attempt of attempts) putAttempt.run(tenantNo, callNo, ...attempt, revision)
    },
    writeTransitions: (tenantNo, call, callNo, transitions) => {
      if (transitions.length === 0) return undefined
      const row = known.get(nameOf(tenantNo, call))
      const before = row?.transitions ?? newestTransition.get(tenantNo, callNo)?.n ?? 0
      let n = before
      for (const transition of transitions) addTransition.run(tenantNo, callNo, ++n, ...transition)
      if (row) row.transitions = n
      return before
    },
    forget: known.clear,
  }
}

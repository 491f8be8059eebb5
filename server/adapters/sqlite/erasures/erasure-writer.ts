import { setImmediate } from 'node:timers/promises'
import type { Database } from 'better-sqlite3'
import { countryOf } from '../../../domain/numbers/country-of.ts'
import { createNumberFinder, type NumberFinder } from '../../../domain/numbers/number-finder.ts'
import type { SoughtNumber } from '../../../ports/erasure-store.ts'
import { asTexts, attemptColumns, type ErasureKind, erasureTables, extraColumns } from './erasure-tables.ts'
import type { Keyring } from '../keys/keyring.ts'
import { createRollupWriter } from '../analytics/rollup-writer.ts'
import { inTransaction } from '../file/transaction.ts'

/** What went with some calls. */
export interface ErasedCalls {
  readonly tokens: readonly string[]
  readonly decisions: number
  readonly events: number
  readonly answeredAtMs: readonly number[]
}

/** Nobody waits for a look at so many, of which few are deleted. */
const answersAtOnce = 2000

type Texts = Readonly<Record<string, string | null>>
interface CallKey {
  readonly no: number
  readonly token: string
}

const changed = (finder: NumberFinder, columns: readonly string[], row: Texts, label: string): (string | null)[] =>
  columns.map((column) => {
    const text = row[column] ?? null
    return text === null ? null : finder.replace(text, label)
  })

const list = (nos: readonly unknown[]): string => JSON.stringify(nos)
const listed = '(SELECT value FROM json_each(?))'

/** Erases calls, or writes a label in the place of a number. Each step is one transaction over the few rows it is given. */
export const createErasureWriter = (db: Database, keyring: Keyring, forgetKnown: () => void) => {
  const rollups = createRollupWriter(db)
  const keys = db.prepare<[number, string], CallKey>(
    `SELECT no, token FROM call_records WHERE tenant_no = ? AND is_open = 0 AND no IN ${listed}`,
  )
  const eventNos = db.prepare<[number, string], { no: number }>(
    `SELECT no FROM webhook_audit WHERE tenant_no = ? AND token IN ${listed}`,
  )
  const decisionNos = db.prepare<[number, string], { no: number }>(
    `SELECT no FROM routing_decisions WHERE tenant_no = ? AND call_no IN ${listed}`,
  )
  const dropEvents = db.prepare(`DELETE FROM webhook_audit WHERE tenant_no = ? AND token IN ${listed}`)
  const drops = ['routing_decisions', 'call_transitions', 'dial_attempts'].map((table) =>
    db.prepare(`DELETE FROM ${table} WHERE tenant_no = ? AND call_no IN ${listed}`),
  )
  const dropCalls = db.prepare(`DELETE FROM call_records WHERE tenant_no = ? AND no IN ${listed}`)
  const times = db.prepare<[number, string, number, string], { at_ms: number }>(`
SELECT at_ms FROM routing_decisions WHERE tenant_no = ? AND call_no IN ${listed}
UNION SELECT at_ms FROM call_transitions WHERE tenant_no = ? AND call_no IN ${listed}`)
  const answersAfter = db.prepare<[number], { no: number; tenant_no: number; at_ms: number }>(
    `SELECT no, tenant_no, at_ms FROM webhook_answers WHERE no > ? ORDER BY no LIMIT ${answersAtOnce}`,
  )
  const dropAnswer = db.prepare('DELETE FROM webhook_answers WHERE no = ?')
  const oldestAnswer = db.prepare<[], { at_ms: number }>('SELECT at_ms FROM webhook_answers ORDER BY no LIMIT 1')
  /** When these calls may have been given answers that are remembered. */
  const answeredAt = (tenantNo: number, callNos: string): number[] => {
    const sinceMs = oldestAnswer.get()?.at_ms ?? Infinity
    return times.all(tenantNo, callNos, tenantNo, callNos).flatMap(({ at_ms }) => (at_ms >= sinceMs ? [at_ms] : []))
  }

  const rewriters = (kind: ErasureKind) => {
    const { table, columns } = erasureTables[kind]
    return {
      columns,
      rows: db.prepare<[number, string], { no: number } & Texts>(
        `SELECT no, ${[...columns, ...extraColumns(kind)].join(', ')} FROM ${table} WHERE tenant_no = ? AND no IN ${listed}`,
      ),
      put: db.prepare(
        `UPDATE ${table} SET ${[...columns.map((column) => `${column} = ?`), ...extraColumns(kind).map((column) => `${column} = NULL`)].join(', ')} WHERE no = ?`,
      ),
    }
  }
  const kinds = {
    calls: rewriters('calls'),
    decisions: rewriters('decisions'),
    events: rewriters('events'),
    exports: rewriters('exports'),
  }
  const keepCountry = db.prepare<[string | undefined, number, string]>(`
UPDATE call_records SET country = coalesce(country, ?) WHERE tenant_no = ? AND no IN ${listed}`)
  const attempts = db.prepare<[number, string], { call_no: number; n: number } & Texts>(
    `SELECT call_no, n, ${attemptColumns.join(', ')} FROM dial_attempts WHERE tenant_no = ? AND call_no IN ${listed}`,
  )
  const putAttempt = db.prepare(
    `UPDATE dial_attempts SET ${attemptColumns.map((column) => `${column} = ?`).join(', ')} WHERE tenant_no = ? AND call_no = ? AND n = ?`,
  )

  const rewriteRows = (
    tenantNo: number,
    kind: ErasureKind,
    nos: readonly number[],
    finder: NumberFinder,
    label: string,
  ) => {
    const { columns, rows, put } = kinds[kind]
    for (const row of rows.all(tenantNo, list(nos)))
      put.run(...changed(finder, columns, asTexts(kind, row), label), row.no)
  }

  /** Calls whose outer number it is count as of its country in the roll-ups, whatever stands there instead. */
  const outside = db.prepare<[number, string], { no: number; number: string }>(`
SELECT no, iif(direction = 'inbound', from_number, to_number) AS number FROM call_records WHERE tenant_no = ? AND no IN ${listed}`)

  const anonymise = (tenantNo: number, sought: SoughtNumber, label: string, calls: readonly CallKey[]): ErasedCalls => {
    // Where the number is known to be, a prefix that was dialled before it is no other number.
    const finder = createNumberFinder(sought.number, { country: sought.country, behindDigits: true })
    const nos = calls.map(({ no }) => no)
    const tokens = calls.map(({ token }) => token)
    const country = countryOf(sought.number)
    const itsCalls = outside.all(tenantNo, list(nos)).filter(({ number }) => finder.holds(number))
    keepCountry.run(country, tenantNo, list(itsCalls.map(({ no }) => no)))
    rewriteRows(tenantNo, 'calls', nos, finder, label)
    for (const row of attempts.all(tenantNo, list(nos)))
      putAttempt.run(...changed(finder, attemptColumns, row, label), tenantNo, row.call_no, row.n)
    const decisions = decisionNos.all(tenantNo, list(nos)).map(({ no }) => no)
    rewriteRows(tenantNo, 'decisions', decisions, finder, label)
    const events = eventNos.all(tenantNo, list(tokens))
    const found = events.map(({ no }) => no)
    rewriteRows(tenantNo, 'events', found, finder, label)
    return {
      tokens,
      decisions: decisions.length,
      events: events.length,
      answeredAtMs: answeredAt(tenantNo, list(nos)),
    }
  }

  const erase = (tenantNo: number, calls: readonly CallKey[]): ErasedCalls => {
    const nos = list(calls.map(({ no }) => no))
    const tokens = calls.map(({ token }) => token)
    rollups.forget()
    for (const { no } of calls) rollups.touch(no)
    const events = eventNos.all(tenantNo, list(tokens))
    const answered = answeredAt(tenantNo, nos)
    dropEvents.run(tenantNo, list(tokens))
    const [decisions = 0] = drops.map((drop) => drop.run(tenantNo, nos).changes)
    dropCalls.run(tenantNo, nos)
    rollups.flush()
    return { tokens, decisions, events: events.length, answeredAtMs: answered }
  }

  return {
    /** With all that belongs to them: erased, unless a label is given to be written in the place of the number. */
    calls: inTransaction(
      db,
      (tenantId: string, sought: SoughtNumber, label: string | undefined, nos: readonly number[]): ErasedCalls => {
        const tenant = keyring.of(tenantId)
        // Others may have erased them meanwhile.
        const calls = keys.all(tenant.no, list(nos))
        forgetKnown()
        return label === undefined ? erase(tenant.no, calls) : anonymise(tenant.no, sought, label, calls)
      },
    ),
    /** Forgets answers by the moment of what led to them: their keys are hashes, their bodies sealed. */
    answers: async (tenantId: string, answeredAtMs: readonly number[]): Promise<void> => {
      const { no: tenantNo } = keyring.of(tenantId)
      const moments = new Set(answeredAtMs)
      for (let afterNo: number | undefined = 0; afterNo !== undefined && moments.size > 0; await setImmediate()) {
        const rows = answersAfter.all(afterNo)
        for (const { no, tenant_no, at_ms } of rows)
          if (tenant_no === tenantNo && moments.has(at_ms)) dropAnswer.run(no)
        afterNo = rows.at(-1)?.no
      }
    },
    /** Writes the label in the place of the number in rows of other calls, or of none. */
    rewrite: inTransaction(
      db,
      (
        tenantId: string,
        { number, country }: SoughtNumber,
        label: string,
        kind: ErasureKind,
        nos: readonly number[],
      ): void => {
        rewriteRows(keyring.of(tenantId).no, kind, nos, createNumberFinder(number, { country }), label)
      },
    ),
  }
}

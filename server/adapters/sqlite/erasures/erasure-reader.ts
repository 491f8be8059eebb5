import type { Database } from 'better-sqlite3'
import { createNumberFinder, type NumberFinder } from '../../../domain/numbers/number-finder.ts'
import type { SoughtNumber } from '../../../ports/erasure-store.ts'
import { asTexts, attemptColumns, type ErasureKind, erasureTables, extraColumns } from './erasure-tables.ts'
import type { Keyring } from '../keys/keyring.ts'

/** What a look at a few rows found. */
export interface ErasureFinds {
  /** Numbers of rows that hold it, without those of calls that go on. */
  readonly nos: readonly number[]
  /** Calls that go on and hold it. */
  readonly ongoing: number
  /** Undefined when there are no more rows. */
  readonly nextNo: number | undefined
}

type Texts = Readonly<Record<string, string | null>>
interface Row {
  readonly no: number
  readonly isOpen: 0 | 1
}

const isIn = (finder: NumberFinder, columns: readonly string[], row: Texts): boolean =>
  columns.some((column) => typeof row[column] === 'string' && finder.holds(row[column]))

const openCall = {
  calls: 'one.is_open',
  decisions: 'EXISTS (SELECT 1 FROM call_records c WHERE c.no = one.call_no AND c.is_open = 1)',
  events:
    'EXISTS (SELECT 1 FROM call_records c WHERE c.tenant_no = one.tenant_no AND c.token = one.token AND c.is_open = 1)',
  exports: '0',
} as const

/** Looks for a number in all that a tenant's calls left behind, some hundred rows at a time. */
export const createErasureReader = (db: Database, keyring: Keyring) => {
  const looks = (kind: ErasureKind) => {
    const { table, columns, span } = erasureTables[kind]
    return {
      columns,
      span,
      newest: db.prepare<[], { no: number | null }>(`SELECT max(no) AS no FROM ${table}`),
      rows: db.prepare<[number, number, number], Row & Texts>(
        `SELECT no, ${openCall[kind]} AS isOpen, ${[...columns, ...extraColumns(kind)].join(', ')} FROM ${table} one WHERE tenant_no = ? AND no > ? AND no <= ?`,
      ),
    }
  }
  const kinds = {
    calls: looks('calls'),
    decisions: looks('decisions'),
    events: looks('events'),
    exports: looks('exports'),
  }
  const attempts = db.prepare<[number, number, number], { call_no: number; isOpen: 0 | 1 } & Texts>(`
SELECT a.call_no, c.is_open AS isOpen, ${attemptColumns.join(', ')} FROM dial_attempts a JOIN call_records c ON c.no = a.call_no
WHERE a.tenant_no = ? AND a.call_no > ? AND a.call_no <= ?`)

  return (tenantId: string, { number, country }: SoughtNumber, kind: ErasureKind, afterNo: number): ErasureFinds => {
    const tenant = keyring.find(tenantId)
    const { columns, span, newest, rows } = kinds[kind]
    const untilNo = newest.get()?.no ?? 0
    if (!tenant || afterNo >= untilNo) return { nos: [], ongoing: 0, nextNo: undefined }
    const finder = createNumberFinder(number, { country })
    const found = new Map<number, 0 | 1>()
    for (const row of rows.iterate(tenant.no, afterNo, afterNo + span))
      if (isIn(finder, columns, asTexts(kind, row))) found.set(row.no, row.isOpen)
    if (kind === 'calls')
      for (const row of attempts.iterate(tenant.no, afterNo, afterNo + span))
        if (isIn(finder, attemptColumns, row)) found.set(row.call_no, row.isOpen)
    const nos = [...found].filter(([, isOpen]) => isOpen === 0).map(([no]) => no)
    return { nos, ongoing: found.size - nos.length, nextNo: afterNo + span }
  }
}

import type { Database, Statement } from 'better-sqlite3'
import { changingColumns, indexedColumns } from './call-columns.ts'

export const callColumns = [...changingColumns, ...indexedColumns]
export type CallValues = readonly unknown[]

const isOpenAt = callColumns.indexOf('is_open')
/** So many ways of changing a call are kept prepared; there are some dozens. */
const mostPrepared = 300

/**
 * Changes a call from one state to a newer one; false when the row is not there or not older. Names only the columns that
 * change: SQLite enters a row anew in each index of a column that is named, whether it changes or not. A call that was over and
 * goes on is settled anew when it is over again.
 */
export const createCallUpdate = (db: Database) => {
  const prepared = new Map<string, Statement>()
  const statementFor = (changed: readonly number[], isReopened: boolean): Statement => {
    const key = `${changed.join()} ${isReopened}`
    let statement = prepared.get(key)
    if (!statement) {
      if (prepared.size >= mostPrepared) prepared.clear()
      const set = changed.map((i) => `${callColumns[i]} = ?`)
      if (isReopened) set.push('is_pending = 1')
      statement = db.prepare(
        `UPDATE call_records SET ${set.join(', ')} WHERE no = ? AND tenant_no = ? AND revision < ?`,
      )
      prepared.set(key, statement)
    }
    return statement
  }
  return (tenantNo: number, no: number, revision: number, before: CallValues, after: CallValues): boolean => {
    const changed = callColumns.flatMap((_, i) => ((before[i] ?? null) === (after[i] ?? null) ? [] : [i]))
    if (changed.length === 0) return false
    const isReopened = changed.includes(isOpenAt) && after[isOpenAt] === 1
    const values = changed.map((i) => after[i])
    return statementFor(changed, isReopened).run(...values, no, tenantNo, revision).changes === 1
  }
}

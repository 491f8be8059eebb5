import type { Database } from 'better-sqlite3'
import type { Erasure } from '../../../../shared/contract/erasures.ts'
import type { Keyring } from '../keys/keyring.ts'
import { given, parseGiven } from '../query/rows.ts'

interface ErasureRow {
  readonly id: string
  readonly mode: Erasure['mode']
  readonly state: Erasure['state']
  readonly report: string | null
  readonly error: string | null
  readonly requested_at_ms: number
  readonly finished_at_ms: number | null
}

const toErasure = (row: ErasureRow): Erasure => ({
  id: row.id,
  mode: row.mode,
  state: row.state,
  report: parseGiven(row.report),
  error: given(row.error),
  requestedAtMs: row.requested_at_ms,
  finishedAtMs: given(row.finished_at_ms),
})

/** Which erasures there were. */
export const createErasureRepository = (db: Database, keyring: Keyring) => {
  const all = db.prepare<[number], ErasureRow>(
    'SELECT * FROM erasures WHERE tenant_no = ? ORDER BY requested_at_ms DESC, id DESC LIMIT 200',
  )
  const one = db.prepare<[number, string], ErasureRow>('SELECT * FROM erasures WHERE tenant_no = ? AND id = ?')
  const put = db.prepare('INSERT OR REPLACE INTO erasures VALUES (?, ?, ?, ?, ?, ?, ?, ?)')
  const interrupt = db.prepare("UPDATE erasures SET state = 'interrupted', finished_at_ms = ? WHERE state = 'running'")
  return {
    list: (tenantId: string): Erasure[] => {
      const tenant = keyring.find(tenantId)
      return tenant ? all.all(tenant.no).map(toErasure) : []
    },
    get: (tenantId: string, id: string): Erasure | undefined => {
      const tenant = keyring.find(tenantId)
      const row = tenant && one.get(tenant.no, id)
      return row && toErasure(row)
    },
    put: (tenantId: string, { id, mode, state, report, error, requestedAtMs, finishedAtMs }: Erasure): void => {
      const told = report && JSON.stringify(report)
      put.run(keyring.of(tenantId).no, id, mode, state, told, error, requestedAtMs, finishedAtMs)
    },
    interrupt: (nowMs: number): number => interrupt.run(nowMs).changes,
  }
}

import type { Database } from 'better-sqlite3'
import type { Call } from '../../../domain/calls/call.ts'
import { type AttemptRow, type CallRow, toCall } from './call-columns.ts'
import type { Keyring } from '../keys/keyring.ts'

/** Calls in their working form, with all their attempts: what goes on with a call needs. */
export const createCallLookup = (db: Database, keyring: Keyring) => {
  const byToken = db.prepare<[number, string], CallRow>('SELECT * FROM call_records WHERE tenant_no = ? AND token = ?')
  const attemptsOf = db.prepare<[number, number], AttemptRow>(
    'SELECT * FROM dial_attempts WHERE tenant_no = ? AND call_no = ? ORDER BY n',
  )
  // The index is named because the planner would rather read all records in order than sort the few open ones.
  const allOpen = db.prepare<[], CallRow & { tenant_no: number; tenant_id: string }>(
    `
SELECT c.*, t.id AS tenant_id FROM call_records c INDEXED BY call_records_open JOIN tenants t ON t.no = c.tenant_no
WHERE c.is_open = 1 ORDER BY c.no`,
  )
  return {
    find: (tenantId: string, token: string): Call | undefined => {
      const tenant = keyring.find(tenantId)
      const row = tenant && byToken.get(tenant.no, token)
      return row && toCall(row, tenantId, attemptsOf.all(tenant.no, row.no))
    },
    inFlight: (): Call[] =>
      allOpen.all().map((row) => toCall(row, row.tenant_id, attemptsOf.all(row.tenant_no, row.no))),
  }
}

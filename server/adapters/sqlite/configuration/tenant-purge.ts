import { setImmediate } from 'node:timers/promises'
import type { Database } from 'better-sqlite3'
import type { Keyring } from '../keys/keyring.ts'

const sliceRows = 500
const grown = [
  'webhook_answers',
  'webhook_audit',
  'routing_decisions',
  'call_transitions',
  'dial_attempts',
  'call_records',
  'analytics_rollups',
  'analytics_answer_delays',
  'analytics_decision_times',
  'call_numbers',
] as const

/**
 * Deletes a tenant's calls in slices, so that other tenants' answers are not held up by millions of rows; what is left goes with
 * the tenant's row. Stopped halfway, the tenant is still there and can be deleted again. Its calls go on meanwhile.
 */
export const createTenantPurge = (db: Database, keyring: Keyring, forgetKnown: () => void) => {
  const slices = grown.map((table) => db.prepare(`DELETE FROM ${table} WHERE tenant_no = ? LIMIT ${sliceRows}`))
  return async (tenantId: string): Promise<void> => {
    const tenant = keyring.find(tenantId)
    if (!tenant) return
    const drop = (slice: (typeof slices)[number]): boolean => {
      const { changes } = slice.run(tenant.no)
      // Numbers of rows are used again.
      forgetKnown()
      return changes === sliceRows
    }
    for (const slice of slices) while (drop(slice)) await setImmediate()
  }
}

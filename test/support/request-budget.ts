import Database from 'better-sqlite3'
import { migrate } from '../../server/adapters/sqlite/file/migrate.ts'
import { migrations } from '../../server/adapters/sqlite/migrations/index.ts'
import { createSqliteRequestBudget } from '../../server/adapters/sqlite/nodes/request-budget.ts'
import type { RequestBudget } from '../../server/ports/request-budget.ts'

/** The budget as the store keeps it, by the time of the test. */
export const aRequestBudget = (nowMs: () => number): RequestBudget => {
  const db = new Database(':memory:')
  migrate(db, migrations, { file: '', nowMs: 0 })
  const { take, end, hold } = createSqliteRequestBudget(db, nowMs)
  return {
    take: async (key, limit) => take(key, limit),
    end: async (placeNo, limit) => end(placeNo, limit),
    hold: async (key, forMs) => hold(key, forMs),
  }
}

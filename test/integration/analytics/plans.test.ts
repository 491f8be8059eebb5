import { createSecretKey } from 'node:crypto'
import Database from 'better-sqlite3'
import { expect, it } from 'vitest'
import { createRollupReader } from '../../../server/adapters/sqlite/analytics/rollup-reader.ts'
import { createRollupRebuild } from '../../../server/adapters/sqlite/analytics/rollup-rebuild.ts'
import { migrate } from '../../../server/adapters/sqlite/file/migrate.ts'
import { createKeyring } from '../../../server/adapters/sqlite/keys/keyring.ts'
import { migrations } from '../../../server/adapters/sqlite/migrations/index.ts'

/** How SQLite runs each statement about calls that `open` prepares. */
const plansOf = (open: (db: Database.Database) => unknown): string[] => {
  const db = new Database(':memory:')
  migrate(db, migrations, { file: 'test.db', nowMs: 1 })
  const statements: string[] = []
  open(
    new Proxy(db, {
      get: (target, name) => {
        if (name === 'prepare') return (statement: string) => (statements.push(statement), db.prepare(statement))
        const value = Reflect.get(target, name) as unknown
        return typeof value === 'function' ? (value.bind(target) as unknown) : value
      },
    }),
  )
  return statements
    .filter((statement) => statement.includes('FROM call_records'))
    .map((statement) =>
      db
        .prepare<unknown[], { detail: string }>(`EXPLAIN QUERY PLAN ${statement}`)
        .all(...Array.from(statement.matchAll(/[?]/g), () => null))
        .map(({ detail }) => detail)
        .join('; '),
    )
}

const aKeyring = (db: Database.Database) => createKeyring(db, createSecretKey(Buffer.alloc(32)))

it('reads of calls that are not settled those of the time asked for', () => {
  const [plan, ...others] = plansOf((db) => createRollupReader(db, aKeyring(db))).filter((one) =>
    one.includes('unsettled'),
  )
  expect(plan).toContain('call_records_unsettled (tenant_no=? AND started_at_ms>? AND started_at_ms<?)')
  expect(others).toEqual([])
})

it('makes roll-ups anew from a few calls at a time, which an index finds', () => {
  const plans = plansOf((db) => createRollupRebuild(db, aKeyring(db)))
  const byStart = /INDEX call_records_by_start \(tenant_no=\? AND started_at_ms>\?/
  expect(plans.filter((plan) => byStart.test(plan))).toHaveLength(2)
  for (const plan of plans)
    expect(plan).toMatch(/started_at_ms>\?|INTEGER PRIMARY KEY|INDEX call_records_unsettled \(tenant_no=\?/)
})

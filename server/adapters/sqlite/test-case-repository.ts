import type { Database } from 'better-sqlite3'
import { sql } from 'kysely'
import type { StoredTestCase } from '../../ports/configuration.ts'
import { createConfigList, mapPage, refuseTaken, type SyncConfigRepository } from './config-repository.ts'
import { given, json, parse } from './rows.ts'

interface TestCaseRow {
  readonly tenant_id: string
  readonly id: string
  readonly name: string
  readonly direction: StoredTestCase['direction'] | null
  readonly from_text: string
  readonly to_text: string
  readonly at_ms: number | null
  readonly expect: string
  readonly version: number
  readonly created_at_ms: number
  readonly updated_at_ms: number
}

const toTestCase = (row: TestCaseRow): StoredTestCase => ({
  id: row.id,
  version: row.version,
  createdAtMs: row.created_at_ms,
  updatedAtMs: row.updated_at_ms,
  tenantId: row.tenant_id,
  name: row.name,
  direction: given(row.direction),
  from: row.from_text,
  to: row.to_text,
  atMs: given(row.at_ms),
  expect: parse(row.expect),
})

const columns = (testCase: StoredTestCase) => ({
  ...testCase,
  direction: testCase.direction ?? null,
  atMs: testCase.atMs ?? null,
  expect: json(testCase.expect),
})

/** No call is routed by a test case, so none of this gives the configuration a new version. */
export const createSqliteTestCaseRepository = (db: Database): SyncConfigRepository<StoredTestCase> => {
  const one = db.prepare<[string, string], TestCaseRow>(
    'SELECT * FROM routing_test_cases WHERE tenant_id = ? AND id = ?',
  )
  const insert = db.prepare(`
INSERT INTO routing_test_cases (tenant_id, id, name, direction, from_text, to_text, at_ms, expect, version, created_at_ms, updated_at_ms)
VALUES (:tenantId, :id, :name, :direction, :from, :to, :atMs, :expect, :version, :createdAtMs, :updatedAtMs)`)
  const change = db.prepare(`
UPDATE routing_test_cases SET name = :name, direction = :direction, from_text = :from, to_text = :to, at_ms = :atMs,
  expect = :expect, version = :version, updated_at_ms = :updatedAtMs
WHERE tenant_id = :tenantId AND id = :id AND version = :version - 1`)
  const remove = db.prepare('DELETE FROM routing_test_cases WHERE tenant_id = ? AND id = ?')
  const page = createConfigList<TestCaseRow>(db, {
    table: 'routing_test_cases',
    tenantColumn: 'tenant_id',
    order: [
      { by: sql`name COLLATE NOCASE`, value: (row) => row.name },
      { by: sql`id`, value: (row) => row.id },
    ],
    search: ['name', 'from_text', 'to_text'],
    filters: {},
  })
  const taken = <T>({ name }: StoredTestCase, write: () => T) =>
    refuseTaken(write, 'name', `There is already a routing test case named "${name}"; choose another name`)

  return {
    list: (tenantId, query) => mapPage(page(tenantId, query), toTestCase),
    get: (tenantId, id) => {
      const row = one.get(tenantId ?? '', id)
      return row && toTestCase(row)
    },
    create: (testCase) => void taken(testCase, () => insert.run(columns(testCase))),
    update: (testCase) => taken(testCase, () => change.run(columns(testCase))).changes > 0,
    delete: (tenantId, id) => remove.run(tenantId, id).changes > 0,
  }
}

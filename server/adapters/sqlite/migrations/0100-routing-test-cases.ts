import type { Migration } from '../file/migrate.ts'

export const routingTestCases: Migration = {
  version: 100,
  name: 'routing test cases',
  up: (db) =>
    db.exec(`
CREATE TABLE routing_test_cases (
  tenant_id TEXT NOT NULL REFERENCES tenants (id) ON DELETE CASCADE,
  id TEXT NOT NULL,
  name TEXT NOT NULL,
  direction TEXT,
  from_text TEXT NOT NULL,
  to_text TEXT NOT NULL,
  at_ms INTEGER,
  expect TEXT NOT NULL,
  version INTEGER NOT NULL,
  created_at_ms INTEGER NOT NULL,
  updated_at_ms INTEGER NOT NULL,
  PRIMARY KEY (tenant_id, id),
  UNIQUE (tenant_id, name)
) STRICT, WITHOUT ROWID;
CREATE INDEX routing_test_cases_by_name ON routing_test_cases (tenant_id, name COLLATE NOCASE, id);
`),
}

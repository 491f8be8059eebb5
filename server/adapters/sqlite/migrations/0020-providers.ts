import type { Migration } from '../file/migrate.ts'
import { providerSeed } from '../configuration/provider-seed.ts'

export const providers: Migration = {
  version: 20,
  name: 'provider catalogue',
  up: (db, nowMs) => {
    db.exec(`
CREATE TABLE providers (
  id TEXT NOT NULL PRIMARY KEY,
  key TEXT NOT NULL UNIQUE,
  display_name TEXT NOT NULL,
  dial_as TEXT NOT NULL,
  value_kind TEXT NOT NULL,
  credentials TEXT NOT NULL,
  enabled INTEGER NOT NULL,
  help TEXT NOT NULL,
  version INTEGER NOT NULL,
  created_at_ms INTEGER NOT NULL,
  updated_at_ms INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX providers_by_name ON providers (display_name COLLATE NOCASE, id);
`)
    const insert = db.prepare(`
INSERT INTO providers (id, key, display_name, dial_as, value_kind, credentials, enabled, help, version, created_at_ms, updated_at_ms)
VALUES (:key, :key, :displayName, :dialAs, :valueKind, :credentials, 1, :help, 1, :nowMs, :nowMs)`)
    for (const provider of providerSeed) insert.run({ ...provider, nowMs })
  },
}

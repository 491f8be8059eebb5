import type { Migration } from '../file/migrate.ts'

/**
 * A tenant has an id, which people and configuration use, and a number, which the tables that grow with every call use: it is
 * some 20 bytes shorter in each of their keys. AUTOINCREMENT, because the number of a deleted tenant must not come back.
 */
export const tenantsAndAccess: Migration = {
  version: 10,
  name: 'tenants and access',
  up: (db) =>
    db.exec(`
CREATE TABLE meta (
  key TEXT NOT NULL PRIMARY KEY,
  value TEXT NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE tenants (
  no INTEGER PRIMARY KEY AUTOINCREMENT,
  id TEXT NOT NULL UNIQUE,
  name TEXT NOT NULL,
  domain TEXT NOT NULL COLLATE NOCASE UNIQUE,
  domain_aliases TEXT NOT NULL,
  domain_uuid TEXT,
  data_key BLOB NOT NULL,
  webhook_api_key BLOB,
  time_zone TEXT NOT NULL,
  default_country TEXT NOT NULL,
  default_target TEXT,
  settings TEXT NOT NULL,
  config_version INTEGER NOT NULL,
  version INTEGER NOT NULL,
  created_at_ms INTEGER NOT NULL,
  updated_at_ms INTEGER NOT NULL
) STRICT;
CREATE INDEX tenants_by_name ON tenants (name COLLATE NOCASE, id);

-- Position 0 is the key in force, the others are those of before.
CREATE TABLE tenant_keys (
  tenant_id TEXT NOT NULL REFERENCES tenants (id) ON DELETE CASCADE,
  position INTEGER NOT NULL,
  tenant_key BLOB NOT NULL,
  valid_until_ms INTEGER,
  PRIMARY KEY (tenant_id, position)
) STRICT, WITHOUT ROWID;

-- Newest first.
CREATE TABLE signing_keys (
  tenant_id TEXT NOT NULL REFERENCES tenants (id) ON DELETE CASCADE,
  position INTEGER NOT NULL,
  id TEXT NOT NULL,
  secret BLOB NOT NULL,
  PRIMARY KEY (tenant_id, position)
) STRICT, WITHOUT ROWID;

CREATE TABLE api_tokens (
  id TEXT NOT NULL PRIMARY KEY,
  name TEXT NOT NULL,
  role TEXT NOT NULL,
  tenant_id TEXT REFERENCES tenants (id) ON DELETE CASCADE,
  hash TEXT NOT NULL UNIQUE,
  created_at_ms INTEGER NOT NULL,
  expires_at_ms INTEGER,
  last_used_at_ms INTEGER
) STRICT, WITHOUT ROWID;
CREATE INDEX api_tokens_by_tenant ON api_tokens (tenant_id) WHERE tenant_id IS NOT NULL;

CREATE TABLE sessions (
  hash TEXT NOT NULL PRIMARY KEY,
  csrf_token TEXT NOT NULL,
  name TEXT NOT NULL,
  role TEXT NOT NULL,
  created_at_ms INTEGER NOT NULL,
  expires_at_ms INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX sessions_by_expiry ON sessions (expires_at_ms);

CREATE TABLE sign_in_codes (
  hash TEXT NOT NULL PRIMARY KEY,
  expires_at_ms INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX sign_in_codes_by_expiry ON sign_in_codes (expires_at_ms);
`),
}

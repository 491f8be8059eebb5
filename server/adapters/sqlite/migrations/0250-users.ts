import type { Migration } from '../file/migrate.ts'

/** People who sign in; sessions and sign-in links of theirs. Sessions of before are ended: they tell too little. */
export const users: Migration = {
  version: 250,
  name: 'users',
  up: (db) =>
    db.exec(`
CREATE TABLE users (
  id TEXT NOT NULL PRIMARY KEY,
  email TEXT NOT NULL COLLATE NOCASE UNIQUE,
  name TEXT NOT NULL,
  role TEXT NOT NULL,
  tenant_id TEXT REFERENCES tenants (id) ON DELETE CASCADE,
  enabled INTEGER NOT NULL,
  password_hash TEXT,
  last_sign_in_at_ms INTEGER,
  version INTEGER NOT NULL,
  created_at_ms INTEGER NOT NULL,
  updated_at_ms INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX users_by_name ON users (name COLLATE NOCASE, id);
CREATE INDEX users_by_tenant ON users (tenant_id) WHERE tenant_id IS NOT NULL;

DROP TABLE sessions;
CREATE TABLE sessions (
  id TEXT NOT NULL PRIMARY KEY,
  hash TEXT NOT NULL UNIQUE,
  -- Taken a little longer, for requests that were under way.
  hash_before TEXT,
  before_until_ms INTEGER,
  -- NULL: the owner of the site, by a link of the server or the command line.
  user_id TEXT REFERENCES users (id) ON DELETE CASCADE,
  is_by_link INTEGER NOT NULL,
  created_at_ms INTEGER NOT NULL,
  expires_at_ms INTEGER NOT NULL,
  last_seen_at_ms INTEGER NOT NULL,
  renewed_at_ms INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX sessions_before ON sessions (hash_before) WHERE hash_before IS NOT NULL;
CREATE INDEX sessions_by_user ON sessions (user_id) WHERE user_id IS NOT NULL;
CREATE INDEX sessions_by_expiry ON sessions (expires_at_ms);

ALTER TABLE sign_in_codes ADD COLUMN user_id TEXT REFERENCES users (id) ON DELETE CASCADE;
CREATE INDEX sign_in_codes_by_user ON sign_in_codes (user_id) WHERE user_id IS NOT NULL;
`),
}

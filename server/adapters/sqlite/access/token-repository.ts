import type { Database } from 'better-sqlite3'
import type { ApiToken } from '../../../ports/access.ts'
import { given } from '../query/rows.ts'

interface TokenRow {
  readonly id: string
  readonly name: string
  readonly role: ApiToken['role']
  readonly tenant_id: string | null
  readonly hash: string
  readonly created_at_ms: number
  readonly expires_at_ms: number | null
  readonly last_used_at_ms: number | null
}

const toToken = (row: TokenRow): ApiToken => ({
  id: row.id,
  name: row.name,
  role: row.role,
  tenantId: given(row.tenant_id),
  hash: row.hash,
  createdAtMs: row.created_at_ms,
  expiresAtMs: given(row.expires_at_ms),
  lastUsedAtMs: given(row.last_used_at_ms),
})

export const createSqliteTokenRepository = (db: Database) => {
  const all = db.prepare<[], TokenRow>('SELECT * FROM api_tokens ORDER BY created_at_ms, id')
  const byHash = db.prepare<[string], TokenRow>('SELECT * FROM api_tokens WHERE hash = ?')
  const insert = db.prepare(`
INSERT INTO api_tokens (id, name, role, tenant_id, hash, created_at_ms, expires_at_ms, last_used_at_ms) VALUES (?, ?, ?, ?, ?, ?, ?, ?)`)
  const remove = db.prepare('DELETE FROM api_tokens WHERE id = ?')
  const use = db.prepare('UPDATE api_tokens SET last_used_at_ms = ? WHERE id = ?')

  return {
    all: (): ApiToken[] => all.all().map(toToken),
    find: (hash: string): ApiToken | undefined => {
      const row = byHash.get(hash)
      return row && toToken(row)
    },
    create: (token: ApiToken): void => {
      const { id, name, role, tenantId, hash, createdAtMs, expiresAtMs, lastUsedAtMs } = token
      insert.run(id, name, role, tenantId ?? null, hash, createdAtMs, expiresAtMs ?? null, lastUsedAtMs ?? null)
    },
    delete: (id: string): boolean => remove.run(id).changes > 0,
    noteUse: (id: string, atMs: number): void => void use.run(atMs, id),
  }
}

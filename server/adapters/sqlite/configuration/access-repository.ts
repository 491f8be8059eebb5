import type { Database } from 'better-sqlite3'
import type { ApiToken, ConsoleSession, SignInCode } from '../../../ports/access.ts'
import { given } from '../query/rows.ts'
import { inTransaction } from '../file/transaction.ts'

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

interface SessionRow {
  readonly hash: string
  readonly csrf_token: string
  readonly name: string
  readonly role: ConsoleSession['role']
  readonly created_at_ms: number
  readonly expires_at_ms: number
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

const toSession = (row: SessionRow): ConsoleSession => ({
  hash: row.hash,
  csrfToken: row.csrf_token,
  name: row.name,
  role: row.role,
  createdAtMs: row.created_at_ms,
  expiresAtMs: row.expires_at_ms,
})

export const createSqliteAccessRepository = (db: Database) => {
  const tokens = db.prepare<[], TokenRow>('SELECT * FROM api_tokens ORDER BY created_at_ms, id')
  const tokenByHash = db.prepare<[string], TokenRow>('SELECT * FROM api_tokens WHERE hash = ?')
  const insertToken = db.prepare(`
INSERT INTO api_tokens (id, name, role, tenant_id, hash, created_at_ms, expires_at_ms, last_used_at_ms) VALUES (?, ?, ?, ?, ?, ?, ?, ?)`)
  const deleteToken = db.prepare('DELETE FROM api_tokens WHERE id = ?')
  const sessionByHash = db.prepare<[string], SessionRow>('SELECT * FROM sessions WHERE hash = ?')
  const insertSession = db.prepare(
    'INSERT INTO sessions (hash, csrf_token, name, role, created_at_ms, expires_at_ms) VALUES (?, ?, ?, ?, ?, ?)',
  )
  const deleteSession = db.prepare('DELETE FROM sessions WHERE hash = ?')
  const dropSessions = db.prepare('DELETE FROM sessions WHERE expires_at_ms < ?')
  const insertCode = db.prepare('INSERT INTO sign_in_codes (hash, expires_at_ms) VALUES (?, ?)')
  const takeCode = db.prepare<[string], { expires_at_ms: number }>(
    'DELETE FROM sign_in_codes WHERE hash = ? RETURNING expires_at_ms',
  )
  const dropCodes = db.prepare('DELETE FROM sign_in_codes WHERE expires_at_ms < ?')

  return {
    tokens: (): ApiToken[] => tokens.all().map(toToken),
    findToken: (hash: string): ApiToken | undefined => {
      const row = tokenByHash.get(hash)
      return row && toToken(row)
    },
    createToken: (token: ApiToken): void => {
      const { id, name, role, tenantId, hash, createdAtMs, expiresAtMs, lastUsedAtMs } = token
      insertToken.run(id, name, role, tenantId ?? null, hash, createdAtMs, expiresAtMs ?? null, lastUsedAtMs ?? null)
    },
    deleteToken: (id: string): boolean => deleteToken.run(id).changes > 0,
    findSession: (hash: string): ConsoleSession | undefined => {
      const row = sessionByHash.get(hash)
      return row && toSession(row)
    },
    /** Leaves no expired ones behind: signing in is the moment when somebody looks. */
    createSession: inTransaction(db, (session: ConsoleSession): void => {
      const { hash, csrfToken, name, role, createdAtMs, expiresAtMs } = session
      dropSessions.run(createdAtMs)
      insertSession.run(hash, csrfToken, name, role, createdAtMs, expiresAtMs)
    }),
    deleteSession: (hash: string): void => void deleteSession.run(hash),
    createSignInCode: ({ hash, expiresAtMs }: SignInCode): void => void insertCode.run(hash, expiresAtMs),
    takeSignInCode: inTransaction(db, (hash: string, nowMs: number): boolean => {
      const taken = takeCode.get(hash)
      dropCodes.run(nowMs)
      return taken !== undefined && taken.expires_at_ms > nowMs
    }),
  }
}

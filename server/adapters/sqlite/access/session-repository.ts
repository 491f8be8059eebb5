import type { Database } from 'better-sqlite3'
import type { ConsoleSession, SessionRenewal, SignInCode } from '../../../ports/access.ts'
import { inTransaction } from '../file/transaction.ts'
import { given } from '../query/rows.ts'

interface SessionRow {
  readonly id: string
  readonly hash: string
  readonly user_id: string | null
  readonly is_by_link: number
  readonly created_at_ms: number
  readonly expires_at_ms: number
  readonly last_seen_at_ms: number
  readonly renewed_at_ms: number
  readonly name: string | null
  readonly role: ConsoleSession['role'] | null
  readonly tenant_id: string | null
}

const toSession = (row: SessionRow): ConsoleSession => ({
  id: row.id,
  hash: row.hash,
  userId: given(row.user_id),
  name: row.name ?? 'Owner',
  role: row.role ?? 'owner',
  tenantId: given(row.tenant_id),
  isByLink: row.is_by_link === 1,
  createdAtMs: row.created_at_ms,
  expiresAtMs: row.expires_at_ms,
  lastSeenAtMs: row.last_seen_at_ms,
  renewedAtMs: row.renewed_at_ms,
})

/** Signed-in browsers, and the one-time codes that sign browsers in. */
export const createSqliteSessionRepository = (db: Database) => {
  // Whoever is no user is the owner; whoever is a disabled one is nobody.
  const session = `
SELECT sessions.*, users.name, users.role, users.tenant_id FROM sessions LEFT JOIN users ON users.id = user_id
WHERE (user_id IS NULL OR users.enabled = 1)`
  const byHash = db.prepare<[string, string, number], SessionRow>(
    `${session} AND (hash = ? OR (hash_before = ? AND before_until_ms > ?))`,
  )
  const byId = db.prepare<[string], SessionRow>(`${session} AND sessions.id = ?`)
  const insert = db.prepare(`
INSERT INTO sessions (id, hash, user_id, is_by_link, created_at_ms, expires_at_ms, last_seen_at_ms, renewed_at_ms)
SELECT :id, :hash, :userId, :isByLink, :createdAtMs, :expiresAtMs, :lastSeenAtMs, :renewedAtMs
WHERE :userId IS NULL
  OR EXISTS (SELECT 1 FROM users WHERE id = :userId AND enabled = 1 AND password_hash IS coalesce(:passwordHash, password_hash))`)
  const seen = db.prepare('UPDATE sessions SET last_seen_at_ms = max(last_seen_at_ms, ?) WHERE id = ?')
  const renew = db.prepare(`
UPDATE sessions SET hash_before = :before, before_until_ms = :beforeUntilMs, hash = :to, renewed_at_ms = :atMs
WHERE id = :id AND hash = :from`)
  const remove = db.prepare('DELETE FROM sessions WHERE id = ?')
  const removeOf = db.prepare("DELETE FROM sessions WHERE user_id = ? AND id <> coalesce(?, '')")
  const removeCodesOf = db.prepare('DELETE FROM sign_in_codes WHERE user_id = ?')
  const forgetLink = db.prepare('UPDATE sessions SET is_by_link = 0 WHERE user_id = ?')
  const hasCode = db.prepare<[string], number>('SELECT 1 FROM sign_in_codes WHERE hash = ?').pluck()
  const drop = db.prepare('DELETE FROM sessions WHERE expires_at_ms < ?')
  const insertCode = db.prepare('INSERT INTO sign_in_codes (hash, expires_at_ms, user_id) VALUES (?, ?, ?)')
  const takeCode = db.prepare<[string], { expires_at_ms: number; user_id: string | null }>(
    'DELETE FROM sign_in_codes WHERE hash = ? RETURNING expires_at_ms, user_id',
  )
  const dropCodes = db.prepare('DELETE FROM sign_in_codes WHERE expires_at_ms < ?')
  const found = (row: SessionRow | undefined) => row && toSession(row)

  return {
    find: (hash: string, nowMs: number) => found(byHash.get(hash, hash, nowMs)),
    byId: (id: string) => found(byId.get(id)),
    /** Leaves no expired ones behind: signing in is the moment when somebody looks. */
    create: inTransaction(db, (row: ConsoleSession, passwordHash?: string): boolean => {
      const { id, hash, userId = null, isByLink, createdAtMs, expiresAtMs, lastSeenAtMs, renewedAtMs } = row
      const times = { createdAtMs, expiresAtMs, lastSeenAtMs, renewedAtMs }
      drop.run(createdAtMs)
      const cells = { id, hash, userId, isByLink: Number(isByLink), ...times, passwordHash: passwordHash ?? null }
      return insert.run(cells).changes > 0
    }),
    noteSeen: (id: string, atMs: number): void => void seen.run(atMs, id),
    renew: (id: string, change: SessionRenewal): boolean => renew.run({ ...change, id }).changes > 0,
    delete: (id: string): void => void remove.run(id),
    /** How many sessions there were. The one that stays is one like others: for the next password it needs this one. */
    deleteOf: inTransaction(db, (userId: string, exceptId?: string): number => {
      removeCodesOf.run(userId)
      forgetLink.run(userId)
      return removeOf.run(userId, exceptId ?? null).changes
    }),
    hasCode: (hash: string): boolean => hasCode.get(hash) !== undefined,
    createCode: ({ hash, expiresAtMs, userId }: SignInCode): void =>
      void insertCode.run(hash, expiresAtMs, userId ?? null),
    takeCode: inTransaction(db, (hash: string, nowMs: number): SignInCode | undefined => {
      const taken = takeCode.get(hash)
      dropCodes.run(nowMs)
      if (!taken || taken.expires_at_ms <= nowMs) return undefined
      return { hash, expiresAtMs: taken.expires_at_ms, userId: given(taken.user_id) }
    }),
  }
}

import type { Database } from 'better-sqlite3'
import type { StoredUser } from '../../../ports/access.ts'
import {
  createConfigList,
  mapPage,
  refuseTaken,
  type SyncConfigRepository,
} from '../configuration/config-repository.ts'
import { byName } from '../configuration/noun-repository.ts'
import { given } from '../query/rows.ts'

interface UserRow {
  readonly id: string
  readonly email: string
  readonly name: string
  readonly role: StoredUser['role']
  readonly tenant_id: string | null
  readonly enabled: number
  readonly password_hash: string | null
  readonly last_sign_in_at_ms: number | null
  readonly version: number
  readonly created_at_ms: number
  readonly updated_at_ms: number
}

const toUser = (row: UserRow): StoredUser => ({
  id: row.id,
  version: row.version,
  createdAtMs: row.created_at_ms,
  updatedAtMs: row.updated_at_ms,
  email: row.email,
  name: row.name,
  role: row.role,
  tenantId: given(row.tenant_id),
  enabled: row.enabled === 1,
  passwordHash: given(row.password_hash),
  lastSignInAtMs: given(row.last_sign_in_at_ms),
})

const columns = (user: StoredUser) => ({
  id: user.id,
  email: user.email,
  name: user.name,
  role: user.role,
  tenantId: user.tenantId ?? null,
  enabled: Number(user.enabled),
  passwordHash: user.passwordHash ?? null,
  version: user.version,
  createdAtMs: user.createdAtMs,
  updatedAtMs: user.updatedAtMs,
})

export interface SyncUserRepository extends SyncConfigRepository<StoredUser> {
  byEmail(email: string): StoredUser | undefined
  noteSignIn(id: string, atMs: number): void
}

export const createSqliteUserRepository = (db: Database): SyncUserRepository => {
  const one = db.prepare<[string], UserRow>('SELECT * FROM users WHERE id = ?')
  const byEmail = db.prepare<[string], UserRow>('SELECT * FROM users WHERE email = ?')
  const insert = db.prepare(`
INSERT INTO users (id, email, name, role, tenant_id, enabled, password_hash, version, created_at_ms, updated_at_ms)
VALUES (:id, :email, :name, :role, :tenantId, :enabled, :passwordHash, :version, :createdAtMs, :updatedAtMs)`)
  const change = db.prepare(`
UPDATE users SET email = :email, name = :name, role = :role, tenant_id = :tenantId, enabled = :enabled,
  password_hash = :passwordHash, version = :version, created_at_ms = :createdAtMs, updated_at_ms = :updatedAtMs
WHERE id = :id AND version = :version - 1`)
  const remove = db.prepare('DELETE FROM users WHERE id = ?')
  // Nothing that others see of the row changes, and nobody's change of it must fail for that.
  const signedIn = db.prepare('UPDATE users SET last_sign_in_at_ms = ? WHERE id = ?')
  const page = createConfigList<UserRow>(db, { table: 'users', order: byName, search: ['name', 'email'], filters: {} })
  const found = (row: UserRow | undefined) => row && toUser(row)
  const orSayTaken = <T>({ email }: StoredUser, write: () => T): T =>
    refuseTaken(write, 'email', `There is already a user ${email}; change that one, or use another address`)

  return {
    list: (_site, query) => mapPage(page(undefined, query), toUser),
    get: (_site, id) => found(one.get(id)),
    byEmail: (email) => found(byEmail.get(email)),
    create: (user) => void orSayTaken(user, () => insert.run(columns(user))),
    update: (user) => orSayTaken(user, () => change.run(columns(user))).changes > 0,
    delete: (_site, id) => remove.run(id).changes > 0,
    noteSignIn: (id, atMs) => void signedIn.run(atMs, id),
  }
}

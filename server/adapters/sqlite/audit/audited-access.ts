import type { ApiToken, ConsoleSession, SignInCode, StoredUser } from '../../../ports/access.ts'
import type { createSqliteSessionRepository } from '../access/session-repository.ts'
import type { createSqliteTokenRepository } from '../access/token-repository.ts'
import type { SyncUserRepository } from '../access/user-repository.ts'
import type { createSiteKeys } from '../keys/site-key.ts'
import type { Auditing } from './audited.ts'

/** What everybody does all day is not written down: that somebody was seen, or signed in, which the session tells. */

export const createAuditedUsers = (
  audit: Auditing,
  users: SyncUserRepository,
  sessions: Pick<ReturnType<typeof createAuditedSessions>, 'deleteOf'>,
) => {
  const verbs = audit.noun('users', users)
  return {
    ...verbs,
    noteSignIn: users.noteSignIn,
    updateAndSignOut: audit.together((user: StoredUser, exceptSessionId?: string): boolean => {
      if (!verbs.update(user)) return false
      sessions.deleteOf(user.id, exceptSessionId)
      return true
    }),
  }
}

export const createAuditedTokens = (
  { auditing }: Auditing,
  tokens: ReturnType<typeof createSqliteTokenRepository>,
) => ({
  create: auditing('apiTokens', (tell, token: ApiToken): void => {
    tokens.create(token)
    tell({ action: 'create', tenantId: token.tenantId, subjectId: token.id, after: token })
  }),
  delete: auditing('apiTokens', (tell, id: string): boolean => {
    const before = tokens.all().find((token) => token.id === id)
    if (!tokens.delete(id)) return false
    tell({ action: 'delete', tenantId: before?.tenantId, subjectId: id, before })
    return true
  }),
  noteUse: tokens.noteUse,
})

export const createAuditedSessions = (
  { auditing }: Auditing,
  sessions: ReturnType<typeof createSqliteSessionRepository>,
) => ({
  create: auditing('sessions', (tell, session: ConsoleSession, passwordHash?: string): boolean => {
    if (!sessions.create(session, passwordHash)) return false
    tell({ action: 'sign-in', tenantId: session.tenantId, subjectId: session.id, after: session })
    return true
  }),
  delete: auditing('sessions', (tell, id: string): void => {
    const before = sessions.byId(id)
    sessions.delete(id)
    if (before) tell({ action: 'sign-out', tenantId: before.tenantId, subjectId: id, before })
  }),
  deleteOf: auditing('sessions', (tell, userId: string, exceptId?: string): void => {
    const ended = sessions.deleteOf(userId, exceptId)
    if (ended > 0) tell({ action: 'end', subjectId: userId, before: { userId, sessions: ended } })
  }),
  noteSeen: sessions.noteSeen,
  renew: sessions.renew,
  createCode: auditing('signInCodes', (tell, code: SignInCode): void => {
    sessions.createCode(code)
    tell({ action: 'create', subjectId: code.hash, isSubjectSecret: true, after: code })
  }),
  takeCode: sessions.takeCode,
})

export const createAuditedSiteKeys = ({ auditing }: Auditing, keys: ReturnType<typeof createSiteKeys>) => ({
  bytes: keys.bytes,
  seal: auditing('masterKey', (tell, masterKey: Uint8Array): void => {
    keys.seal(masterKey)
    tell({ action: 'update' })
  }),
})

import type { AccessStore } from '../../../ports/access.ts'
import type { ReaderApi } from '../threads/reader-thread-api.ts'
import type { StoreThread } from '../threads/store-thread-client.ts'
import type { WriterApi } from '../threads/writer-thread-api.ts'

export const createAccessStore = ({
  reader,
  writer,
}: {
  readonly reader: StoreThread<ReaderApi>
  readonly writer: StoreThread<WriterApi>
}): AccessStore => ({
  users: {
    list: (site, query) => reader.call('users', 'list', site, query),
    get: (site, id) => reader.call('users', 'get', site, id),
    byEmail: (email) => reader.call('users', 'byEmail', email),
    create: (user) => writer.call('users', 'create', user),
    update: (user) => writer.call('users', 'update', user),
    delete: (site, id) => writer.call('users', 'delete', site, id),
    updateAndSignOut: (user, exceptSessionId) => writer.call('users', 'updateAndSignOut', user, exceptSessionId),
    noteSignIn: (id, atMs) => writer.call('users', 'noteSignIn', id, atMs),
  },
  tokens: () => reader.call('tokens', 'all'),
  findToken: (hash) => reader.call('tokens', 'find', hash),
  createToken: (token) => writer.call('tokens', 'create', token),
  deleteToken: (id) => writer.call('tokens', 'delete', id),
  noteTokenUse: (id, atMs) => writer.call('tokens', 'noteUse', id, atMs),
  findSession: (hash, nowMs) => reader.call('sessions', 'find', hash, nowMs),
  sessionById: (id) => reader.call('sessions', 'byId', id),
  createSession: (session, passwordHash) => writer.call('sessions', 'create', session, passwordHash),
  noteSeen: (id, atMs) => writer.call('sessions', 'noteSeen', id, atMs),
  renewSession: (id, change) => writer.call('sessions', 'renew', id, change),
  deleteSession: (id) => writer.call('sessions', 'delete', id),
  deleteSessionsOf: async (userId) => {
    await writer.call('sessions', 'deleteOf', userId)
  },
  createSignInCode: (code) => writer.call('sessions', 'createCode', code),
  // Whoever guesses codes has nobody wait for the lock.
  takeSignInCode: async (hash, nowMs) =>
    (await reader.call('sessions', 'hasCode', hash)) ? writer.call('sessions', 'takeCode', hash, nowMs) : undefined,
})

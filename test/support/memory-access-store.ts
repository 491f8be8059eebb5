import type { AccessStore, ApiToken, ConsoleSession, SignInCode } from '../../server/ports/access.ts'

/** What the access operations need stored, in plain maps. */
export const memoryAccessStore = () => {
  const tokens: ApiToken[] = []
  const sessions: ConsoleSession[] = []
  const codes: SignInCode[] = []
  const without = <T>(list: T[], doomed: (one: T) => boolean): boolean => {
    const at = list.findIndex(doomed)
    if (at >= 0) list.splice(at, 1)
    return at >= 0
  }
  const store: AccessStore = {
    tokens: async () => tokens,
    findToken: async (hash) => tokens.find((token) => token.hash === hash),
    createToken: async (token) => void tokens.push(token),
    deleteToken: async (id) => without(tokens, (token) => token.id === id),
    findSession: async (hash) => sessions.find((session) => session.hash === hash),
    createSession: async (session) => void sessions.push(session),
    deleteSession: async (hash) => void without(sessions, (session) => session.hash === hash),
    createSignInCode: async (code) => void codes.push(code),
    takeSignInCode: async (hash, nowMs) => {
      const code = codes.find((one) => one.hash === hash)
      without(codes, (one) => one === code)
      return code !== undefined && code.expiresAtMs > nowMs
    },
  }
  return { store, tokens, sessions, codes }
}

/**
 * What a dial action carries so that failover works even if everything else was lost in between. Compact and signed:
 * `1.keyId.tenant.token.decision.group.attempt.groupAttempts.tried~tried.expiry.signature`, each part escaped.
 */
export interface DialState {
  readonly keyId: string
  readonly tenantId: string
  readonly token: string
  readonly decisionId: string
  /** The group whose member is dialled; undefined for an agent dialled directly. */
  readonly groupId: string | undefined
  /** Counts all attempts of the call from 1. */
  readonly attempt: number
  /** Attempts in this group, this one included. */
  readonly groupAttempts: number
  /** Agents tried in this call, this one last. */
  readonly tried: readonly string[]
  readonly expiresAtMs: number
}

export type Sign = (key: string, text: string) => string

const version = '1'
const escape = (part: string): string => encodeURIComponent(part).replaceAll('.', '%2E').replaceAll('~', '%7E')

export const encodeDialState = (state: DialState, secret: string, sign: Sign): string => {
  const body = [
    version,
    escape(state.keyId),
    escape(state.tenantId),
    escape(state.token),
    escape(state.decisionId),
    escape(state.groupId ?? ''),
    state.attempt.toString(36),
    state.groupAttempts.toString(36),
    state.tried.map(escape).join('~'),
    state.expiresAtMs.toString(36),
  ].join('.')
  return `${body}.${sign(secret, body)}`
}

const unescape = (part: string | undefined): string | undefined => {
  try {
    return part === undefined ? undefined : decodeURIComponent(part)
  } catch {
    // A broken escape: not one of ours.
    return undefined
  }
}

/** The state, or why it is not to be trusted. */
export const decodeDialState = (
  text: string,
  secretOf: (keyId: string) => string | undefined,
  sign: Sign,
  sameText: (a: string, b: string) => boolean,
  nowMs: number,
): DialState | string => {
  const cut = text.lastIndexOf('.')
  const body = text.slice(0, Math.max(0, cut))
  const parts = body.split('.')
  if (cut < 0 || parts.length !== 10 || parts[0] !== version) return 'the signed state is not readable'
  const [keyId, tenantId, token, decisionId, groupId] = parts.slice(1, 6).map(unescape)
  const secret = keyId === undefined ? undefined : secretOf(keyId)
  if (secret === undefined) return 'the signed state names an unknown key'
  if (!sameText(sign(secret, body), text.slice(cut + 1))) return 'the signature of the state does not verify'
  const expiresAtMs = Number.parseInt(parts[9] ?? '', 36)
  if (keyId === undefined || tenantId === undefined || token === undefined || decisionId === undefined)
    return 'the signed state is not readable'
  if (expiresAtMs < nowMs) return 'the signed state has expired'
  return {
    keyId,
    tenantId,
    token,
    decisionId,
    groupId: groupId === '' ? undefined : groupId,
    attempt: Number.parseInt(parts[6] ?? '', 36),
    groupAttempts: Number.parseInt(parts[7] ?? '', 36),
    tried: (parts[8] ?? '').split('~').flatMap((part) => unescape(part) || []),
    expiresAtMs,
  }
}

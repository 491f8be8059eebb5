import type { Direction } from '../../../shared/vocabulary.ts'
import type { TrunkPlan } from '../calls/call.ts'

/**
 * What a dial action carries so that failover works even if everything else was lost in between. Compact and signed:
 * `2.keyId.tenant.token.decision.group.attempt.groupAttempts.agent~agent.number~number.kind.direction.trunk.left~left.callerId.expiry.signature`,
 * each part escaped; `s` behind the direction says that the caller was authenticated.
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
  /** Attempts in this group, or through trunks, this one included. */
  readonly groupAttempts: number
  /** Agents tried in this call, in order. */
  readonly agentIds: readonly string[]
  /** Numbers dialled in this call, in order. */
  readonly numbers: readonly string[]
  /** What this attempt dials: the last of the agents or the last of the numbers. */
  readonly dials: 'agent' | 'number'
  readonly direction: Direction
  /** The trunk that it is dialled through, and what it leaves to the next attempt. */
  readonly trunkId: string | undefined
  readonly trunkPlan: TrunkPlan | undefined
  readonly expiresAtMs: number
}

export type Sign = (key: string, text: string) => string

const version = '2'
/** Halves of a surrogate pair, which have no encoding, are replaced: a token may be anything. */
const escapeAll = (part: string): string =>
  encodeURIComponent(part.replace(/\p{Cs}/gu, '\ufffd'))
    .replaceAll('.', '%2E')
    .replaceAll('~', '%7E')
/** Our own identifiers, and most tokens, are letters and digits. */
const escape = (part: string): string => (/^[\w-]*$/.test(part) ? part : escapeAll(part))

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
    state.agentIds.map(escape).join('~'),
    state.numbers.map(escape).join('~'),
    state.dials === 'agent' ? 'a' : 'n',
    `${state.direction === 'inbound' ? 'i' : 'o'}${state.trunkPlan?.isAuthenticated ? 's' : ''}`,
    escape(state.trunkId ?? ''),
    (state.trunkPlan?.left ?? []).map(escape).join('~'),
    escape(state.trunkPlan?.callerId ?? ''),
    state.expiresAtMs.toString(36),
  ].join('.')
  return `${body}.${sign(secret, body)}`
}

type Four = [string, string, string, string]
type Parts = [...Four, ...Four, ...Four, ...Four]
const hasAllParts = (parts: string[]): parts is Parts => parts.length === 16 && parts[0] === version

const readList = (part: string): string[] => (part === '' ? [] : part.split('~').map(decodeURIComponent))

/** The key id is read before the signature is checked, so it may be anything. */
const readKeyId = (part: string): string | undefined => {
  try {
    return decodeURIComponent(part)
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
  if (!hasAllParts(parts)) return 'the signed state is not readable'
  const keyId = readKeyId(parts[1])
  if (keyId === undefined) return 'the signed state is not readable'
  const secret = secretOf(keyId)
  if (secret === undefined) return 'the signed state names an unknown key'
  if (!sameText(sign(secret, body), text.slice(cut + 1))) return 'the signature of the state does not verify'
  // What is signed is as we wrote it.
  const [, , tenantId, token, decisionId, groupId, attempt, groupAttempts, agentIds, numbers, dials, ...more] = parts
  const [direction, trunkId, left, callerId, expiry] = more
  const expiresAtMs = Number.parseInt(expiry, 36)
  if (expiresAtMs < nowMs) return 'the signed state has expired'
  return {
    keyId,
    tenantId: decodeURIComponent(tenantId),
    token: decodeURIComponent(token),
    decisionId: decodeURIComponent(decisionId),
    groupId: groupId === '' ? undefined : decodeURIComponent(groupId),
    attempt: Number.parseInt(attempt, 36),
    groupAttempts: Number.parseInt(groupAttempts, 36),
    agentIds: readList(agentIds),
    numbers: readList(numbers),
    dials: dials === 'a' ? 'agent' : 'number',
    direction: direction.startsWith('i') ? 'inbound' : 'outbound',
    trunkId: trunkId === '' ? undefined : decodeURIComponent(trunkId),
    trunkPlan:
      trunkId === ''
        ? undefined
        : {
            left: readList(left),
            callerId: callerId === '' ? undefined : decodeURIComponent(callerId),
            isAuthenticated: direction.endsWith('s') || undefined,
          },
    expiresAtMs,
  }
}

import type { BookedSession } from './session-book.ts'

/** What the platform keeps, in its shapes and with its habits: ports as text or number, times as number, text or nothing. */

export interface FakeTrunk {
  readonly name: string
  readonly direction: string
  readonly active?: boolean
  readonly deleted?: boolean
  readonly port?: string | number
  readonly transport?: string
  readonly prefix?: string
  /** Makes a trunk with credentials. */
  readonly password?: string
  /** Instead of a number counted up. */
  readonly id?: string | number
}

const domainId = 4242
const createdAt = '2025-12-31T12:00:00.000Z'
const modifiedAt = '2026-01-01T12:00:00.000Z'
const deletedAt = '2026-01-01T11:00:00.000Z'

/** One of each kind: two that calls may go out through, one that only receives, one switched off, one deleted. */
export const usualTrunks: readonly FakeTrunk[] = [
  { name: 'carrier-in', direction: 'inbound' },
  { name: 'carrier-out', direction: 'outbound', prefix: '9', password: 'trunk-password-of-the-simulator' },
  { name: 'shared-out', direction: 'public-outbound', port: 5061, transport: 'tls' },
  { name: 'old-out', direction: 'outbound', active: false },
  { name: 'gone-out', direction: 'outbound', deleted: true },
]

export const trunkRow = (trunk: FakeTrunk, index: number) => {
  const number = 3101 + index
  return {
    id: trunk.id ?? number,
    tenantId: 900,
    domainId,
    name: trunk.name,
    uuid: `77777777-0000-4000-8000-${String(number).padStart(12, '0')}`,
    ip: `203.0.113.${101 + (index % 150)}`,
    port: trunk.port ?? '5060',
    transport: trunk.transport ?? 'udp',
    prefix: trunk.prefix ?? '',
    direction: trunk.direction,
    active: trunk.active ?? true,
    metric: 10,
    allowGlobal: false,
    globalPrefix: '',
    headerName: null,
    headerValue: null,
    profile:
      trunk.password === undefined
        ? {}
        : { authentication: { username: 'demo', password: trunk.password, 'overwrite-from': false } },
    createdAt,
    modifiedAt,
    deletedAt: trunk.deleted === true ? deletedAt : null,
  }
}

const domainUuid = '11111111-2222-4333-8444-555555555555'

export const domainRow = (domain: string, index = 0) => ({
  id: domainId + index,
  tenantId: 900,
  domain,
  uuid: domainUuid.slice(0, -2) + String(55 + index),
  active: true,
  defaultApplication: 7001,
  registrationFree: false,
  aliases: [],
  application: null,
  tenant: null,
  profile: { 'call-timeout': 60, 'authorization-api-key': 'webhook-key-of-the-simulator' },
  createdAt,
  modifiedAt,
  deletedAt: null,
})

const startCase = (word: string): string => word.charAt(0).toUpperCase() + word.slice(1)

/** Every other row writes its times as text and has the longer form. */
export const sessionRow = (domain: string, { id, token, from, to, status, leg }: BookedSession) => {
  const isLong = id % 2 === 0
  return {
    id,
    domainId,
    token,
    callerId: from,
    destination: to,
    direction: 'Inbound',
    status: startCase(status),
    timeLimit: 14_400,
    ...(isLong && { domain }),
    callStartTime: isLong ? String(leg.startMs) : leg.startMs,
    callAnswerTime: leg.answerMs > 0 ? leg.answerMs : isLong ? null : 0,
    callEndTime: leg.endMs > 0 ? leg.endMs : isLong ? null : 0,
    ...(isLong && {
      createdAt: new Date(leg.startMs).toISOString(),
      modifiedAt: new Date(leg.endMs || leg.answerMs || leg.startMs).toISOString(),
      vappServer: '192.0.2.10',
    }),
    profile: {},
  }
}

import { describe, expect, it } from 'vitest'
import { readDomain, readSession, readTrunk } from '../../../../server/adapters/cloudonix/read-rows.ts'
import { fixtureText } from '../../../support/cloudonix.ts'

const rows = (name: string) => JSON.parse(fixtureText(name)) as unknown[]
const aTrunk = (fields: Record<string, unknown> = {}) =>
  readTrunk({ id: 1, name: 't', direction: 'outbound', active: true, ...fields })

describe('a trunk of the platform', () => {
  it('is read from the fixtures, and offered only where calls can go out', () => {
    const trunks = rows('trunks.json').map(readTrunk)
    expect(trunks.filter((trunk) => trunk?.isOutboundChoice).map((trunk) => trunk?.name)).toEqual([
      'carrier-out',
      'shared-out',
    ])
    expect(trunks[2]).toEqual({
      id: '3103',
      name: 'shared-out',
      uuid: '77777777-0000-4000-8000-000000003103',
      direction: 'public-outbound',
      address: '203.0.113.103',
      port: 5061,
      transport: 'tls',
      prefix: undefined,
      isActive: true,
      isDeleted: false,
      isOutboundChoice: true,
    })
    expect(trunks[1]).toMatchObject({ port: 5060, prefix: '9' })
  })

  it('keeps no credential and no header', () => {
    const secret = { authentication: { username: 'u', password: 'p-secret' }, 'ruri-domain': 'p-secret' }
    const trunk = aTrunk({ profile: secret, headerName: 'X-Key', headerValue: 'p-secret', password: 'p-secret' })
    expect(JSON.stringify(trunk)).not.toContain('p-secret')
  })

  it.each([
    ['an id as text', { id: 'abc' }, { id: 'abc' }],
    ['no id', { id: null, uuid: 'u-1' }, { id: 'u-1' }],
    ['neither id nor UUID', { id: undefined }, { id: 't' }],
    ['a port that is none', { port: 'sip' }, { port: undefined }],
    ['a port out of range', { port: 70_000 }, { port: undefined }],
    ['no port', { port: 0 }, { port: undefined }],
    ['a direction in capitals', { direction: 'PUBLIC_OUTBOUND' }, { isOutboundChoice: true }],
    ['a direction nobody knows', { direction: 'sideways' }, { direction: 'sideways', isOutboundChoice: false }],
    ['no direction', { direction: null }, { direction: 'unknown', isOutboundChoice: false }],
    ['activity as text', { active: 'true' }, { isOutboundChoice: true }],
    ['activity as number', { active: 1 }, { isOutboundChoice: true }],
    ['no activity', { active: 'false' }, { isActive: false, isOutboundChoice: false }],
    ['nothing said of activity', { active: null }, { isActive: false, isOutboundChoice: false }],
    ['no deletion, as text', { deletedAt: '' }, { isDeleted: false }],
    ['no deletion, as number', { deletedAt: 0 }, { isDeleted: false }],
    ['a deletion in seconds', { deletedAt: 1_767_268_800 }, { isDeleted: true, isOutboundChoice: false }],
    ['a deletion nobody can read', { deletedAt: { at: 1 } }, { isDeleted: true, isOutboundChoice: false }],
  ])('may have %s', (_what, fields, read) => {
    expect(aTrunk(fields)).toMatchObject(read)
  })

  it('is none without a name', () => {
    for (const row of [null, 'text', 5, [], {}, { id: 5, name: ' ' }]) expect(readTrunk(row)).toBeUndefined()
  })
})

describe('a session of the platform', () => {
  it('is read from the fixtures, times as text and as number', () => {
    expect(rows('sessions.json').map(readSession)).toEqual([
      {
        id: '910001',
        token: '0123456789abcdef0123456789abcdef',
        from: '+12025550123',
        to: '+12025550100',
        direction: 'Inbound',
        status: 'Ringing',
        startedAtMs: 1_767_268_800_000,
        answeredAtMs: undefined,
        endedAtMs: undefined,
      },
      {
        id: '910002',
        token: '1111111111111111111111111111111a',
        from: '1001',
        to: '+12025550145',
        direction: 'Outbound',
        status: 'Connected',
        startedAtMs: 1_767_268_800_000,
        answeredAtMs: 1_767_268_804_000,
        endedAtMs: undefined,
      },
    ])
  })

  it('is none without a token', () => {
    for (const row of [null, {}, { id: 5, token: '' }]) expect(readSession(row)).toBeUndefined()
  })
})

describe('a domain of the platform', () => {
  it('is read without its profile, which has keys in it', () => {
    expect(readDomain(JSON.parse(fixtureText('domain.json')))).toEqual({
      id: '4242',
      name: 'example.cloudonix.net',
      uuid: '11111111-2222-4333-8444-555555555555',
      isActive: true,
    })
    expect(readDomain({ id: 1 })).toBeUndefined()
  })
})

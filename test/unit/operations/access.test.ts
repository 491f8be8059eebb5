import { describe, expect, it } from 'vitest'
import { systemCrypto } from '../../../server/adapters/system/crypto.ts'
import { newId, newSecret } from '../../../server/adapters/system/ids.ts'
import { createAccess } from '../../../server/operations/access.ts'
import { fakeClock } from '../../support/fake-clock.ts'
import { memoryAccessStore } from '../../support/memory-access-store.ts'

const anAccess = () => {
  const clock = fakeClock()
  const memory = memoryAccessStore()
  const warnings: string[] = []
  const log = {
    info: () => undefined,
    warn: (_fields: unknown, message: string) => void warnings.push(message),
    error: () => undefined,
  }
  const isKnownTenant = async (tenantId: string) => tenantId === 't1'
  const access = createAccess({
    store: memory.store,
    clock,
    crypto: systemCrypto,
    newId,
    newSecret,
    log,
    isKnownTenant,
  })
  return { access, clock, warnings, ...memory }
}

describe('API tokens', () => {
  it('let in who holds one, as who it was made for, and are stored as a hash', async () => {
    const { access, tokens } = anAccess()
    const { token, id } = await access.createToken('CI', 'admin', 't1')
    expect(token).toMatch(/^swy_[\w-]{40,}$/)
    expect(JSON.stringify(tokens)).not.toContain(token)
    expect(await access.authenticate({ bearer: token })).toEqual({
      actor: { kind: 'token', name: 'CI', role: 'admin', tenantId: 't1' },
    })
    expect(await access.listTokens()).toEqual([expect.objectContaining({ id, name: 'CI', role: 'admin' })])
    expect(JSON.stringify(await access.listTokens())).not.toContain('hash')
  })

  it('let in nobody once revoked, expired or guessed', async () => {
    const { access, clock, store } = anAccess()
    const { token, id } = await access.createToken('CI', 'owner')
    expect(await access.authenticate({ bearer: `${token}x` })).toBeUndefined()
    expect(await access.authenticate({ bearer: '' })).toBeUndefined()
    expect(await access.authenticate({})).toBeUndefined()
    await access.revokeToken(id)
    expect(await access.authenticate({ bearer: token })).toBeUndefined()
    await expect(access.revokeToken(id)).rejects.toMatchObject({ code: 'NOT_FOUND' })
    const hash = systemCrypto.digest('soon')
    await store.createToken({
      id: 'x',
      name: 'x',
      role: 'owner',
      hash,
      createdAtMs: 0,
      expiresAtMs: clock.nowMs() + 1000,
    })
    expect(await access.authenticate({ bearer: 'soon' })).toBeDefined()
    clock.pass(1000)
    expect(await access.authenticate({ bearer: 'soon' })).toBeUndefined()
  })

  it('count before a cookie', async () => {
    const { access } = anAccess()
    const session = await access.signIn.open(await access.createSignInCode())
    expect(await access.authenticate({ bearer: 'wrong', sessionCookie: session!.cookie })).toBeUndefined()
  })
})

describe('signing in', () => {
  it('takes a code once and within its time', async () => {
    const { access, clock } = anAccess()
    const code = await access.createSignInCode()
    expect(await access.signIn.open('guessed')).toBeUndefined()
    expect(await access.signIn.open(code)).toMatchObject({
      actor: { kind: 'session', role: 'owner' },
      maxAgeSeconds: 43_200,
    })
    expect(await access.signIn.open(code)).toBeUndefined()
    const late = await access.createSignInCode()
    clock.pass(3_600_000)
    expect(await access.signIn.open(late)).toBeUndefined()
  })

  it('gives a cookie that lasts its time, or until sign-out', async () => {
    const { access, clock, sessions } = anAccess()
    const open = async () => (await access.signIn.open(await access.createSignInCode()))!
    const { cookie, csrfToken, actor } = await open()
    expect(JSON.stringify(sessions)).not.toContain(cookie)
    expect(await access.authenticate({ sessionCookie: cookie })).toEqual({ actor, csrfToken })
    expect(await access.authenticate({ sessionCookie: 'guessed' })).toBeUndefined()
    await access.signIn.close(cookie)
    expect(await access.authenticate({ sessionCookie: cookie })).toBeUndefined()
    const other = await open()
    clock.pass(43_200_000)
    expect(await access.authenticate({ sessionCookie: other.cookie })).toBeUndefined()
  })
})

describe('the bootstrap token', () => {
  const long = 'a-long-random-bootstrap-token'

  it('makes an owner at the first start, and is one afterwards', async () => {
    const { access, tokens, warnings } = anAccess()
    await access.bootstrap(long)
    await access.bootstrap(long)
    expect(tokens).toHaveLength(1)
    expect(await access.authenticate({ bearer: long })).toMatchObject({ actor: { name: 'bootstrap', role: 'owner' } })
    expect(warnings).toEqual([])
  })

  it('is nothing where it is not set', async () => {
    const { access, tokens } = anAccess()
    await access.bootstrap(undefined)
    await access.bootstrap('')
    expect(tokens).toEqual([])
  })

  it('counts at the first start only', async () => {
    const { access, warnings } = anAccess()
    await access.createToken('CI', 'owner')
    await access.bootstrap(long)
    expect(await access.authenticate({ bearer: long })).toBeUndefined()
    expect(warnings).toEqual([expect.stringContaining('is ignored')])
  })

  it('works when it is short, with a warning that does not hold it', async () => {
    const { access, warnings } = anAccess()
    await access.bootstrap('short')
    expect(await access.authenticate({ bearer: 'short' })).toBeDefined()
    expect(warnings).toEqual([expect.stringContaining('only 5 characters')])
  })
})

describe('a token for one tenant', () => {
  it('is never an owner, and names a tenant that exists', async () => {
    const { access, tokens } = anAccess()
    await expect(access.createToken('x', 'owner', 't1')).rejects.toMatchObject({
      code: 'INVALID_INPUT',
      message: expect.stringContaining('choose the role admin') as string,
    })
    await expect(access.createToken('x', 'admin', 'nobody')).rejects.toMatchObject({
      code: 'NOT_FOUND',
      message: expect.stringContaining('There is no tenant nobody') as string,
    })
    expect(tokens).toEqual([])
  })
})

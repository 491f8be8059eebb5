import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { Store } from '../../../server/adapters/sqlite/connect-store.ts'
import { systemCrypto } from '../../../server/adapters/system/crypto.ts'
import { newId, newSecret } from '../../../server/adapters/system/ids.ts'
import { createAccess, type Access } from '../../../server/operations/access/access.ts'
import type { Passwords } from '../../../server/ports/access.ts'
import { fakeClock } from '../../support/fake-clock.ts'
import { aSqliteStore } from '../../support/sqlite-store.ts'
import { aTenant } from '../../support/store-rows.ts'

let store: Store
let dispose: () => Promise<void>
let access: Access
let clock: ReturnType<typeof fakeClock>
let warnings: string[]
let looked: number
let claims: number
/** What every look at a password waits for. */
let gate: Promise<void>
const tenantId = aTenant().id
const actor = { kind: 'local', name: 'Owner', role: 'owner' } as const

/** What takes its time on purpose is tried where the server runs as it ships (users.test.ts). */
const quickPasswords: Passwords = {
  hash: async (password) => `hash of ${password}`,
  isRight: async (hash, password) => {
    looked += 1
    await gate
    return hash === `hash of ${password}`
  },
}

beforeEach(async () => {
  ;({ store, dispose } = await aSqliteStore())
  await store.configuration.tenants.create(aTenant())
  clock = fakeClock()
  warnings = []
  looked = 0
  claims = 0
  gate = Promise.resolve()
  access = createAccess({
    store: store.access,
    passwords: quickPasswords,
    clock,
    crypto: systemCrypto,
    newId,
    newSecret,
    csrfSecret: 'c2VjcmV0',
    claimBootstrap: async () => (claims += 1) === 1,
    log: { info: () => undefined, warn: (_fields, message) => void warnings.push(message), error: () => undefined },
    isKnownTenant: async (id) => id === tenantId,
  })
})
afterEach(() => dispose())

const minute = 60_000
const hour = 60 * minute

describe('API tokens', () => {
  it('let in who holds one, as who it was made for, and are stored as a hash', async () => {
    const { token, id } = await access.tokens.create({ name: 'CI', role: 'admin', tenantId })
    expect(token).toMatch(/^swy_[\w-]{40,}$/)
    expect(JSON.stringify(await store.access.tokens())).not.toContain(token)
    expect(await access.authenticate({ bearer: token })).toEqual({
      actor: { kind: 'token', name: 'CI', role: 'admin', tenantId, tokenId: id },
    })
    expect(await access.tokens.list()).toEqual([expect.objectContaining({ id, name: 'CI', role: 'admin' })])
    expect(JSON.stringify(await access.tokens.list())).not.toContain('hash')
  })

  it('let in nobody once revoked, expired or guessed', async () => {
    const { token, id } = await access.tokens.create({ name: 'CI', role: 'owner' })
    expect(await access.authenticate({ bearer: `${token}x` })).toBeUndefined()
    expect(await access.authenticate({ bearer: '' })).toBeUndefined()
    expect(await access.authenticate({})).toBeUndefined()
    await access.tokens.revoke(id)
    expect(await access.authenticate({ bearer: token })).toBeUndefined()
    await expect(access.tokens.revoke(id)).rejects.toMatchObject({ code: 'NOT_FOUND' })
    const soon = await access.tokens.create({ name: 'soon', role: 'owner', expiresAtMs: clock.nowMs() + 1000 })
    expect(await access.authenticate({ bearer: soon.token })).toBeDefined()
    clock.pass(1000)
    expect(await access.authenticate({ bearer: soon.token })).toBeUndefined()
    await expect(
      access.tokens.create({ name: 'late', role: 'owner', expiresAtMs: clock.nowMs() }),
    ).rejects.toMatchObject({ code: 'INVALID_INPUT' })
  })

  it('tell when they were last used, to the minute', async () => {
    const { token } = await access.tokens.create({ name: 'CI', role: 'owner' })
    const used = async () => (await access.tokens.list())[0]?.lastUsedAtMs
    const first = clock.nowMs()
    await access.authenticate({ bearer: token })
    await expect.poll(used).toBe(first)
    clock.pass(minute - 1)
    await access.authenticate({ bearer: token })
    clock.pass(1)
    await access.authenticate({ bearer: token })
    await expect.poll(used).toBe(first + minute)
  })

  it('for one tenant are never an owner’s, and name a tenant that exists', async () => {
    await expect(access.tokens.create({ name: 'x', role: 'owner', tenantId })).rejects.toMatchObject({
      code: 'INVALID_INPUT',
      message: expect.stringContaining('choose the role admin') as string,
    })
    await expect(access.tokens.create({ name: 'x', role: 'admin', tenantId: 'nobody' })).rejects.toMatchObject({
      code: 'NOT_FOUND',
      message: expect.stringContaining('There is no tenant nobody') as string,
    })
    expect(await access.tokens.list()).toEqual([])
  })

  it('count before a cookie', async () => {
    const session = await access.signIn.byCode((await access.signIn.createCode()).code)
    expect(await access.authenticate({ bearer: 'wrong', sessionCookie: session!.cookie })).toBeUndefined()
  })
})

describe('the bootstrap token', () => {
  const long = 'a-long-random-bootstrap-token'

  it('makes an owner at the first start, and is one afterwards', async () => {
    await access.tokens.bootstrap(long)
    await access.tokens.bootstrap(long)
    expect(await access.tokens.list()).toHaveLength(1)
    expect(await access.authenticate({ bearer: long })).toMatchObject({ actor: { name: 'bootstrap', role: 'owner' } })
    expect(warnings).toEqual([])
  })

  it('is nothing where it is not set', async () => {
    await access.tokens.bootstrap(undefined)
    await access.tokens.bootstrap('')
    expect(await access.tokens.list()).toEqual([])
  })

  it('counts at the first start only', async () => {
    await access.tokens.create({ name: 'CI', role: 'owner' })
    await access.tokens.bootstrap(long)
    expect(await access.authenticate({ bearer: long })).toBeUndefined()
    expect(warnings).toEqual([expect.stringContaining('is ignored')])
  })

  it('is not anybody’s again once it was revoked', async () => {
    await access.tokens.bootstrap(long)
    await access.tokens.revoke((await access.tokens.list())[0]!.id)
    await access.tokens.bootstrap(long)
    expect(await access.authenticate({ bearer: long })).toBeUndefined()
    expect(warnings).toEqual([expect.stringContaining('is ignored')])
  })

  it('works when it is short, with a warning that does not hold it', async () => {
    await access.tokens.bootstrap('short')
    expect(await access.authenticate({ bearer: 'short' })).toBeDefined()
    expect(warnings).toEqual([expect.stringContaining('only 5 characters')])
  })
})

const aUser = (more: Partial<Parameters<(typeof access.handlers)['users.create']>[1]> = {}) =>
  access.handlers['users.create'](actor, {
    email: 'Ada@Example.com',
    name: 'Ada',
    role: 'admin',
    password: 'correct horse battery',
    ...more,
  })
const signIn = (more: Partial<Parameters<Access['signIn']['byPassword']>[0]> = {}) =>
  access.signIn.byPassword({
    email: 'ada@example.com',
    password: 'correct horse battery',
    address: '192.0.2.1',
    ...more,
  })
const byOwnersLink = async () => (await access.signIn.byCode((await access.signIn.createCode()).code))!

describe('signing in by a link', () => {
  it('takes a code once and within its time', async () => {
    const { code } = await access.signIn.createCode()
    expect(await access.signIn.byCode('guessed')).toBeUndefined()
    expect(await access.signIn.byCode(code)).toMatchObject({
      actor: { kind: 'session', role: 'owner' },
      maxAgeSeconds: 43_200,
    })
    expect(await access.signIn.byCode(code)).toBeUndefined()
    const late = await access.signIn.createCode()
    clock.pass(hour)
    expect(await access.signIn.byCode(late.code)).toBeUndefined()
  })

  it('of a user is a user’s, lasts three days, and is worth nothing once the user is disabled', async () => {
    const user = await aUser({ password: undefined, tenantId })
    const link = () => access.handlers['users.createSignInLink'](actor, { id: user.id })
    const { code, path } = await link()
    expect(path).toBe(`/#/sign-in?code=${code}`)
    clock.pass(71 * hour)
    expect((await access.signIn.byCode(code))?.actor).toMatchObject({ userId: user.id, role: 'admin', tenantId })
    const other = await link()
    await access.handlers['users.update'](actor, { id: user.id, version: 1, enabled: false })
    expect(await access.signIn.byCode(other.code)).toBeUndefined()
    await expect(link()).rejects.toThrow(/enable the user first/)
  })
})

describe('signing in by a password', () => {
  it('takes the address in any case, and nothing that is wrong', async () => {
    const user = await aUser()
    expect(await signIn()).toMatchObject({ actor: { kind: 'session', name: 'Ada', role: 'admin', userId: user.id } })
    expect(await signIn({ email: ' ADA@example.COM ' })).toBeDefined()
    expect(await signIn({ password: 'Correct horse battery' })).toBeUndefined()
    expect(await signIn({ email: 'bob@example.com' })).toBeUndefined()
    expect((await access.handlers['users.get'](actor, { id: user.id })).lastSignInAtMs).toBe(clock.nowMs())
  })

  it('takes as long for who is not known, is disabled or has no password', async () => {
    await aUser({ email: 'off@example.com', enabled: false })
    await aUser({ email: 'new@example.com', password: undefined })
    for (const email of ['off@example.com', 'new@example.com', 'nobody@example.com']) {
      const before = looked
      expect(await signIn({ email })).toBeUndefined()
      expect(looked).toBe(before + 1)
    }
  })

  it('is slowed for strangers, without looking at more passwords, and not in a browser that it was used in', async () => {
    await aUser()
    const { device } = (await signIn())!
    for (let n = 0; n < 10; n += 1) await signIn({ password: 'wrong', address: `192.0.2.${n}` })
    const before = looked
    await expect(signIn({ address: '198.51.100.1' })).rejects.toMatchObject({
      code: 'TOO_MANY_REQUESTS',
      message: expect.stringMatching(/try again in \d+ seconds/) as string,
    })
    await expect(signIn({ address: '198.51.100.1', device: `${device}x` })).rejects.toThrow(/Too many/)
    expect(looked).toBe(before)
    expect(await signIn({ address: '198.51.100.1', device })).toBeDefined()
  })

  it('at once by many looks at a few, and asks the rest to come back', async () => {
    for (let n = 0; n < 30; n += 1) await aUser({ email: `${n}@example.com` })
    let open = (): void => undefined
    gate = new Promise<void>((resolve) => (open = resolve))
    let refused = 0
    const all = Array.from({ length: 30 }, async (_, n) => {
      try {
        return await signIn({ email: `${n}@example.com`, address: `192.0.2.${n}` })
      } catch {
        refused += 1
        return undefined
      }
    })
    await expect.poll(() => refused).toBe(9)
    expect(looked).toBe(1)
    open()
    expect((await Promise.all(all)).filter((session) => session !== undefined)).toHaveLength(21)
  })
})

describe('signing in while somebody takes it away', () => {
  it.each([
    ['a new password', { password: 'staple battery horse' }],
    ['disabling', { enabled: false }],
  ])('comes to nothing: %s', async (_what, change) => {
    const user = await aUser()
    let open = (): void => undefined
    gate = new Promise<void>((resolve) => (open = resolve))
    const late = signIn()
    await expect.poll(() => looked).toBe(1)
    await access.handlers['users.update'](actor, { id: user.id, version: 1, ...change })
    open()
    expect(await late).toBeUndefined()
  })
})

describe('a session', () => {
  const look = (sessionCookie: string) => access.authenticate({ sessionCookie })

  it('lasts its time, or until sign-out, and its secret is not stored', async () => {
    const { cookie, csrfToken, actor: who } = await byOwnersLink()
    expect(await look(cookie)).toEqual({ actor: who, csrfToken })
    expect(await look('guessed')).toBeUndefined()
    expect(JSON.stringify(await store.access.sessionById(who.sessionId!))).not.toContain(cookie)
    await access.signIn.close(who.sessionId!)
    expect(await look(cookie)).toBeUndefined()
    expect(await access.authenticate({ sessionId: who.sessionId! })).toBeUndefined()
  })

  it('ends after an hour without a request, and after twelve however busy it is', async () => {
    const idle = await byOwnersLink()
    clock.pass(hour)
    expect(await look(idle.cookie)).toBeUndefined()
    let { cookie } = await byOwnersLink()
    let minutes = 0
    for (; ; minutes += 10) {
      clock.pass(10 * minute)
      const found = await look(cookie)
      if (!found) break
      cookie = found.renewed?.cookie ?? cookie
      // Written down while the answer is on its way.
      await expect
        .poll(async () => (await store.access.sessionById(found.actor.sessionId!))?.lastSeenAtMs)
        .toBe(clock.nowMs())
    }
    expect(minutes).toBe(12 * 60 - 10)
  })

  it('changes its secret, and takes the one before a little longer', async () => {
    const { cookie, csrfToken } = await byOwnersLink()
    clock.pass(15 * minute)
    const answers = await Promise.all(Array.from({ length: 5 }, () => look(cookie)))
    const renewed = answers.flatMap((found) => found?.renewed ?? [])
    expect(answers.every((found) => found?.csrfToken === csrfToken)).toBe(true)
    expect(renewed).toHaveLength(1)
    expect((await look(renewed[0]!.cookie))?.renewed).toBeUndefined()
    expect((await look(cookie))?.renewed).toBeUndefined()
    clock.pass(5 * minute)
    expect(await look(cookie)).toBeUndefined()
    expect(await look(renewed[0]!.cookie)).toBeDefined()
  })

  it('survives that an answer with a new secret is lost, or cannot carry one', async () => {
    const { cookie } = await byOwnersLink()
    clock.pass(15 * minute)
    expect((await access.authenticate({ sessionCookie: cookie, keepsCookie: true }))?.renewed).toBeUndefined()
    const lost = await look(cookie)
    expect(lost?.renewed).toBeDefined()
    clock.pass(20_000)
    const [one, other] = await Promise.all([look(cookie), look(cookie)])
    const renewed = [one, other].flatMap((found) => found?.renewed ?? [])
    expect([one, other]).not.toContain(undefined)
    expect(renewed).toHaveLength(1)
    expect(await look(cookie)).toBeDefined()
    clock.pass(5 * minute)
    expect(await look(renewed[0]!.cookie)).toBeDefined()
    expect(await look(lost!.renewed!.cookie)).toBeUndefined()
  })

  it('does what the user may do now', async () => {
    const user = await aUser({ role: 'admin' })
    const { cookie, actor: who } = (await signIn())!
    await access.handlers['users.update'](actor, { id: user.id, version: 1, role: 'analyst', tenantId })
    expect((await look(cookie))?.actor).toEqual({ ...who, role: 'analyst', tenantId })
    await access.handlers['users.update'](actor, { id: user.id, version: 2, enabled: false })
    expect(await look(cookie)).toBeUndefined()
  })

  it.each([
    [
      'a new password',
      (id: string) => access.handlers['users.update'](actor, { id, version: 1, password: 'staple battery horse' }),
    ],
    ['signing out', (id: string) => access.handlers['users.signOut'](actor, { id })],
    ['deleting', (id: string) => access.handlers['users.delete'](actor, { id })],
    ['deleting the tenant', () => store.configuration.tenants.delete(undefined, tenantId)],
  ])('ends with %s of the user', async (_what, end) => {
    const user = await aUser({ tenantId })
    const { cookie } = (await signIn())!
    expect(await look(cookie)).toBeDefined()
    await end(user.id)
    expect(await look(cookie)).toBeUndefined()
  })
})

describe('users', () => {
  it('have one address each, and never show a password or its hash', async () => {
    const user = await aUser()
    expect(user).toMatchObject({ email: 'Ada@Example.com', hasPassword: true, enabled: true, version: 1 })
    expect(JSON.stringify([user, await access.handlers['users.list'](actor, {})])).not.toContain('horse')
    await expect(aUser({ email: 'ada@example.COM' })).rejects.toMatchObject({ code: 'CONFLICT' })
    const other = await aUser({ email: 'bob@example.com', name: 'Bob' })
    await expect(
      access.handlers['users.update'](actor, { id: other.id, version: 1, email: 'ADA@example.com' }),
    ).rejects.toMatchObject({ code: 'CONFLICT' })
    expect(await access.handlers['users.list'](actor, { search: 'bob' })).toMatchObject({
      items: [{ name: 'Bob' }],
      total: 1,
    })
  })

  it('are changed by who saw them as they are, into what can be', async () => {
    const { id } = await aUser()
    const update = access.handlers['users.update']
    await expect(update(actor, { id, version: 2, name: 'A' })).rejects.toMatchObject({ code: 'CONFLICT' })
    await expect(update(actor, { id, version: 1, role: 'owner', tenantId })).rejects.toMatchObject({
      code: 'INVALID_INPUT',
    })
    await expect(update(actor, { id, version: 1, tenantId: 'nobody' })).rejects.toMatchObject({ code: 'NOT_FOUND' })
    await expect(update(actor, { id, version: 1, password: 'adaadaadaada' })).rejects.toThrow(/name or the e-mail/)
    await expect(update(actor, { id: 'nobody', version: 1 })).rejects.toMatchObject({ code: 'NOT_FOUND' })
    expect(await update(actor, { id, version: 1, tenantId })).toMatchObject({ version: 2, tenantId })
    expect((await update(actor, { id, version: 2, tenantId: null })).tenantId).toBeUndefined()
  })

  it('cannot take away their own way in', async () => {
    const user = await aUser({ role: 'owner' })
    const self = (await signIn())!.actor
    await expect(access.handlers['users.delete'](self, { id: user.id })).rejects.toThrow(/cannot delete yourself/)
    for (const change of [{ enabled: false }, { role: 'admin' as const }])
      await expect(access.handlers['users.update'](self, { id: user.id, version: 1, ...change })).rejects.toThrow(
        /yourself/,
      )
    expect(await access.handlers['users.update'](self, { id: user.id, version: 1, name: 'Ada L.' })).toMatchObject({
      name: 'Ada L.',
    })
  })
})

describe('the own account', () => {
  const next = 'staple battery horse'

  it('changes its password by the old one, and stays signed in where it was done', async () => {
    await aUser()
    const here = (await signIn())!
    const there = (await signIn())!
    const change = access.handlers['account.changePassword']
    await expect(change(here.actor, { password: next })).rejects.toMatchObject({ details: [{ path: '/current' }] })
    await expect(change(here.actor, { current: 'wrong', password: next })).rejects.toThrow(/not your password/)
    await expect(change(here.actor, { current: 'correct horse battery', password: 'aaaaaaaaaaaa' })).rejects.toThrow(
      /too few letters/,
    )
    await change(here.actor, { current: 'correct horse battery', password: next })
    expect(await access.authenticate({ sessionCookie: here.cookie })).toBeDefined()
    expect(await access.authenticate({ sessionCookie: there.cookie })).toBeUndefined()
    expect(await signIn()).toBeUndefined()
    expect(await signIn({ password: next })).toBeDefined()
  })

  it('chooses a password after a link, whatever the old one was', async () => {
    const user = await aUser()
    const { code } = await access.handlers['users.createSignInLink'](actor, { id: user.id })
    const { actor: self } = (await access.signIn.byCode(code))!
    expect(await access.handlers['account.get'](self, {})).toEqual({
      kind: 'session',
      name: 'Ada',
      role: 'admin',
      email: 'Ada@Example.com',
      hasPassword: true,
    })
    await access.handlers['account.changePassword'](self, { password: next })
    expect(await signIn({ password: next })).toBeDefined()
  })

  it('lets nobody guess the old password, nor come again by a link of before', async () => {
    const user = await aUser()
    const { code } = await access.handlers['users.createSignInLink'](actor, { id: user.id })
    const { actor: self } = (await signIn())!
    const change = access.handlers['account.changePassword']
    for (let n = 0; n < 10; n += 1)
      await expect(change(self, { current: `guess ${n}`, password: next })).rejects.toThrow(/not your password/)
    const right = { current: 'correct horse battery', password: next }
    await expect(change(self, right)).rejects.toMatchObject({ code: 'TOO_MANY_REQUESTS' })
    clock.pass(2 * minute)
    await change(self, right)
    expect(await access.signIn.byCode(code)).toBeUndefined()
  })

  it('of who is no user has none', async () => {
    const { actor: self } = await byOwnersLink()
    expect(await access.handlers['account.get'](self, {})).toEqual({ kind: 'session', name: 'Owner', role: 'owner' })
    await expect(access.handlers['account.changePassword'](self, { password: next })).rejects.toMatchObject({
      code: 'CONFLICT',
    })
  })
})

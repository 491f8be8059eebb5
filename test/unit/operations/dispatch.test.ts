import { describe, expect, it } from 'vitest'
import { DomainError } from '../../../server/domain/errors.ts'
import { createDispatch } from '../../../server/operations/dispatch.ts'
import type { Operation } from '../../../shared/contract/operation.ts'
import { operations, type Actor, type Handlers } from '../../../shared/contract/index.ts'
import { roles, type Role } from '../../../shared/vocabulary.ts'

const anActor = (over: Partial<Actor> = {}): Actor => ({ kind: 'token', name: 'Ann', role: 'owner', ...over })

/** Every operation answers with what it was asked; `failing` throws instead. */
const aGate = (failing?: Error) => {
  const reported: unknown[] = []
  const asked: unknown[] = []
  const handle = async (actor: Actor, input: unknown): Promise<unknown> => {
    asked.push(input)
    if (failing !== undefined) throw failing
    return { actor: actor.name, input }
  }
  const handlers = Object.fromEntries(Object.keys(operations).map((name) => [name, handle])) as unknown as Handlers
  return { reported, asked, dispatch: createDispatch(handlers, (error, name) => reported.push([error, name])) }
}

describe('the gate', () => {
  it('lets a valid call through to its handler', async () => {
    const { dispatch } = aGate()
    expect(await dispatch(anActor(), 'tenants.get', { tenantId: 't1' })).toEqual({
      ok: true,
      value: { actor: 'Ann', input: { tenantId: 't1' } },
    })
  })

  it.each(['tenants.destroy', 'toString', '__proto__', ''])('knows no operation %j', async (name) => {
    expect(await aGate().dispatch(anActor(), name, {})).toMatchObject({ ok: false, error: { code: 'NOT_FOUND' } })
  })

  it('asks who is there', async () => {
    expect(await aGate().dispatch(undefined, 'system.info', {})).toMatchObject({ error: { code: 'UNAUTHENTICATED' } })
  })

  it.each(
    Object.entries(operations).flatMap(([name, { access }]) => roles.map((role) => [name, access, role] as const)),
  )('%s for %s is open to a %s only so', async (name, access: Role, role) => {
    const reply = await aGate().dispatch(anActor({ role }), name, { tenantId: 't1', id: 'x', version: 1 })
    const isForbidden = !reply.ok && reply.error.code === 'FORBIDDEN'
    expect(isForbidden).toBe(roles.indexOf(role) > roles.indexOf(access))
  })

  it.each(Object.entries<Operation>(operations))(
    '%s, of whoever is bound to a tenant, touches that tenant alone',
    async (name, operation) => {
      const { dispatch, asked } = aGate()
      const reply = await dispatch(anActor({ tenantId: 't1' }), name, {})
      const isOfTheSite = !operation.path.includes('/:tenantId') && operation.isOwn !== true
      const isForbidden = !reply.ok && reply.error.code === 'FORBIDDEN'
      expect(isForbidden).toBe(isOfTheSite && operation.method !== 'GET')
      if (isForbidden) expect(asked).toEqual([])
    },
  )

  it('says who lacks which role', async () => {
    const reply = await aGate().dispatch(anActor({ role: 'analyst' }), 'tenants.delete', { tenantId: 't1' })
    expect(reply).toMatchObject({
      error: { message: expect.stringMatching(/tenants.delete needs the role .*; Ann is analyst/) as string },
    })
  })

  it.each([
    [undefined, 'the input'],
    [null, 'the input'],
    ['text', 'the input'],
    [[], 'the input'],
    [{}, 'tenantId is required'],
    [{ tenantId: 5 }, 'tenantId must be string'],
    [{ tenantId: 't1', more: 1 }, 'more is not a field'],
  ])('refuses the input %j in words', async (input, message) => {
    const { dispatch, asked } = aGate()
    const reply = await dispatch(anActor(), 'tenants.get', input)
    expect(reply).toMatchObject({
      ok: false,
      error: { code: 'INVALID_INPUT', message: expect.stringContaining(message) as string },
    })
    expect(asked).toEqual([])
  })

  it('finds nothing of another tenant', async () => {
    const bound = anActor({ role: 'admin', tenantId: 't1' })
    expect(await aGate().dispatch(bound, 'tenants.get', { tenantId: 't2' })).toEqual({
      ok: false,
      error: { code: 'NOT_FOUND', message: 'There is no such tenant' },
    })
    expect(await aGate().dispatch(bound, 'tenants.get', { tenantId: 't1' })).toMatchObject({ ok: true })
    expect(await aGate().dispatch(bound, 'tenants.list', {})).toMatchObject({ ok: true })
  })

  it('lets one who is bound to a tenant look at the site, but not change it', async () => {
    const bound = anActor({ tenantId: 't1' })
    expect(await aGate().dispatch(bound, 'providers.list', {})).toMatchObject({ ok: true })
    expect(await aGate().dispatch(bound, 'providers.create', { key: 'x' })).toMatchObject({
      error: { code: 'FORBIDDEN', message: expect.stringContaining('changes the whole site') as string },
    })
  })

  it('passes an expected refusal on, with its details', async () => {
    const details = [{ path: '/name', message: 'is taken' }]
    const { dispatch, reported } = aGate(new DomainError('CONFLICT', 'The name is taken', details))
    expect(await dispatch(anActor(), 'system.info', {})).toEqual({
      ok: false,
      error: { code: 'CONFLICT', message: 'The name is taken', details },
    })
    expect(reported).toEqual([])
  })

  it('reports a fault and says nothing of it', async () => {
    const fault = new Error('SELECT secret FROM …')
    const { dispatch, reported } = aGate(fault)
    expect(await dispatch(anActor(), 'system.info', {})).toEqual({
      ok: false,
      error: { code: 'INTERNAL', message: 'Internal error' },
    })
    expect(reported).toEqual([[fault, 'system.info']])
  })
})

import { describe, expect, it } from 'vitest'
import { createAuditLogHandlers, createHeadTeller } from '../../../server/operations/audit-log.ts'
import { createDispatch } from '../../../server/operations/dispatch.ts'
import { createRefusalNotes } from '../../../server/operations/refusal-notes.ts'
import type { AskedBy, AuditFilter, AuditHead, AuditNote, AuditSlice, AuditStore } from '../../../server/ports/audit.ts'
import type { Actor, Handlers } from '../../../shared/contract/index.ts'
import { fakeClock } from '../../support/fake-clock.ts'

const owner: Actor = { kind: 'token', name: 'Ada', role: 'owner' }

const aStore = (slices: readonly AuditSlice[] = []) => {
  const asked: AuditFilter[] = []
  const noted: AuditNote[] = []
  const state: { head: AuditHead | undefined; isBroken: boolean } = { head: undefined, isBroken: false }
  let n = 0
  const store: AuditStore = {
    list: async (filter) => {
      asked.push(filter)
      return { items: [] }
    },
    head: async () => state.head,
    verifySlice: async () => slices[n++ % slices.length]!,
    note: async (note) => {
      if (state.isBroken) throw new Error('full')
      noted.push(note)
    },
  }
  return { store, asked, noted, state, looks: () => n }
}

const slice = (from: number, isDone: boolean): AuditSlice => ({
  rows: 100,
  problems: Array.from({ length: 80 }, (_, i) => ({
    seq: from + i,
    kind: 'changed' as const,
    message: `Row ${from + i}`,
  })),
  place: { seq: from + 99, hashes: ['x'] },
  isDone,
})

describe('the audit log', () => {
  it('is verified slice by slice, once for all who ask meanwhile, and names the first hundred problems', async () => {
    const { store, state, looks } = aStore([slice(1, false), slice(101, true)])
    state.head = { seq: 200, hash: 'h' }
    const handlers = createAuditLogHandlers(store)
    const [one, other] = await Promise.all([
      handlers['auditLog.verify'](owner, {}),
      handlers['auditLog.verify'](owner, {}),
    ])
    expect(one).toBe(other)
    expect(one).toMatchObject({ isIntact: false, rows: 200, problemCount: 160, head: { seq: 200 } })
    expect(one.problems).toHaveLength(100)
    expect(looks()).toBe(2)
    await handlers['auditLog.verify'](owner, {})
    expect(looks()).toBe(4)
  })

  it('shows who holds for one tenant that one alone', async () => {
    const { store, asked } = aStore()
    const handlers = createAuditLogHandlers(store)
    await handlers['auditLog.list']({ ...owner, role: 'admin', tenantId: 't1' }, { noun: 'trunks' })
    await handlers['auditLog.list'](owner, { tenantId: 't2', limit: 10 })
    expect(asked.map(({ tenantId }) => tenantId)).toEqual(['t1', 't2'])
  })

  it('has its end told when it is another one', async () => {
    const { store, state } = aStore()
    const told: unknown[] = []
    const tell = createHeadTeller(store, { info: (fields) => void told.push(fields) })
    await tell()
    state.head = { seq: 1, hash: 'a' }
    await tell()
    await tell()
    state.head = { seq: 2, hash: 'b' }
    await tell()
    expect(told).toEqual([
      { seq: 1, hash: 'a' },
      { seq: 2, hash: 'b' },
    ])
  })
})

describe('refusals', () => {
  const someNotes = () => {
    const clock = fakeClock()
    const { store, noted, state } = aStore()
    const by: AskedBy[] = []
    const warned: string[] = []
    const notes = createRefusalNotes({
      store,
      provenance: {
        run: (asked, work) => {
          by.push(asked)
          return work()
        },
      },
      clock,
      log: { warn: (_fields, message) => void warned.push(message) },
    })
    return { clock, noted, state, by, warned, notes }
  }
  const origin = { transport: 'rest', address: '10.0.0.1' } as const

  it('are noted with who asked, and those of a sign-in with nobody', async () => {
    const { notes, noted, by } = someNotes()
    notes.forbidden({ ...owner, tenantId: 't1' }, 'tenants.create', 't1', origin)
    notes.signIn(origin)
    await notes.settled()
    expect(noted).toEqual([
      { noun: 'refusals', action: 'forbidden', tenantId: 't1', after: { operation: 'tenants.create' } },
      { noun: 'sessions', action: 'sign-in-refused', after: {} },
    ])
    expect(by).toEqual([
      { actor: owner, origin },
      { actor: { kind: 'session', name: 'Nobody' }, origin },
    ])
  })

  it('are bounded, and the next one says how many were left out', async () => {
    const { clock, notes, noted } = someNotes()
    for (let n = 0; n < 50; n += 1) notes.signIn(origin)
    expect(noted).toHaveLength(20)
    clock.pass(60_000)
    notes.signIn(origin)
    notes.signIn(origin)
    await notes.settled()
    expect(noted.slice(20).map(({ after }) => after)).toEqual([{ leftOutBefore: 30 }, {}])
  })

  it('that cannot be stored are told in the log', async () => {
    const { state, notes, warned } = someNotes()
    state.isBroken = true
    notes.signIn(origin)
    await notes.settled()
    expect(warned).toEqual(['A refusal could not be written to the audit log'])
  })
})

describe('the gate', () => {
  it('says on whose behalf a handler works, and what it refused', async () => {
    const seen: unknown[] = []
    const handlers = {
      'system.info': async () => {
        seen.push('worked')
        return {}
      },
    } as unknown as Handlers
    const dispatch = createDispatch(handlers, () => undefined, {
      run: (by, work) => {
        seen.push(by)
        return work()
      },
      forbidden: (...refused) => void seen.push(refused),
    })
    const origin = { transport: 'ipc' } as const
    await dispatch(owner, 'system.info', {}, origin)
    await dispatch(owner, 'system.info', {})
    const analyst: Actor = { ...owner, role: 'analyst' }
    await dispatch(analyst, 'tenants.delete', { tenantId: 't1' }, origin)
    await dispatch(analyst, 'tenants.delete', { tenantId: 7 }, origin)
    await dispatch({ ...owner, tenantId: 't2' }, 'providers.create', undefined, origin)
    expect(seen).toEqual([
      { actor: owner, origin },
      'worked',
      { actor: owner, origin: { transport: 'system' } },
      'worked',
      [analyst, 'tenants.delete', 't1', origin],
      [analyst, 'tenants.delete', undefined, origin],
      [{ ...owner, tenantId: 't2' }, 'providers.create', 't2', origin],
    ])
  })
})

import { describe, expect, it, vi } from 'vitest'
import { DomainError } from '../../../server/domain/errors.ts'
import { readUnsaved, rememberUnsaved } from '../../../server/operations/unsaved-units.ts'
import type { Call } from '../../../server/domain/calls/call.ts'
import type { CallStore, UnitOfWork } from '../../../server/ports/call-store.ts'
import { aCall, anAttempt } from '../../support/builders.ts'
import { fakeClock } from '../../support/fake-clock.ts'

const unit = (token: string, id: string, revision = 1): UnitOfWork => ({
  tenantId: 'tenant-1',
  call: aCall({ token, id, revision, attempts: [anAttempt()] }),
  transitions: [],
})

const logOf = () => ({ info: vi.fn(), warn: vi.fn(), error: vi.fn() })
const full = new DomainError('UNAVAILABLE', 'disk full')
const deleted = new DomainError('NOT_FOUND', 'There is no such tenant')

/** A store that can be made to fail; it lists what it took, in order. */
const aStore = () => {
  const units: UnitOfWork[] = []
  const store = {
    error: undefined as Error | undefined,
    units,
    stored: () => units.map(({ call }) => call?.id),
    append: (one: UnitOfWork) => {
      if (store.error) return Promise.reject(store.error)
      units.push(one)
      return Promise.resolve()
    },
    backlog: () => 7,
  }
  return store
}

const make = (limits?: { units: number; calls: number }) => {
  const store = aStore()
  const told = logOf()
  return { store, told, log: rememberUnsaved(store, told, fakeClock(), limits) }
}
const retryOften = async (log: { retry(): Promise<void> }) => {
  for (let i = 0; i < 50; i += 1) await log.retry()
}

describe('units that could not be stored', () => {
  it('go in again before the next one of the same call, in their order', async () => {
    const { store, log } = make()
    store.error = full
    await expect(log.append(unit('a', '1'), 'synced')).rejects.toThrow('disk full')
    await expect(log.append(unit('a', '2'), 'synced')).rejects.toThrow('disk full')
    await expect(log.append(unit('b', '3'), 'written')).rejects.toThrow('disk full')
    expect(log.unsaved()).toBe(3)
    store.error = undefined
    await log.append(unit('a', '4'), 'synced')
    expect(store.stored()).toEqual(['1', '2', '4'])
    expect(store.units.map(({ isRepeated }) => isRepeated)).toEqual([true, true, undefined])
    await log.retry()
    expect(store.stored()).toEqual(['1', '2', '4', '3'])
    expect(log.unsaved()).toBe(0)
    expect(log.backlog()).toBe(7)
  })

  it('make the next one fail too while they cannot be stored', async () => {
    const { store, log } = make()
    store.error = full
    await expect(log.append(unit('a', '1'), 'synced')).rejects.toThrow()
    await expect(log.append(unit('a', '2'), 'synced')).rejects.toThrow()
    await log.retry()
    expect(log.unsaved()).toBe(2)
  })

  it('are kept however long the store is out of order', async () => {
    const { store, told, log } = make()
    store.error = full
    await expect(log.append(unit('a', '1'), 'synced')).rejects.toThrow()
    await retryOften(log)
    store.error = undefined
    await log.retry()
    expect(store.units).toEqual([{ ...unit('a', '1'), isRepeated: true }])
    expect(told.error).not.toHaveBeenCalled()
  })

  it('are given up, and that is told, when they alone are refused or nothing names their call', async () => {
    const { store, told, log } = make()
    store.error = deleted
    await expect(log.append(unit('a', '1'), 'synced')).rejects.toThrow()
    await expect(log.append({ tenantId: 'tenant-1' }, 'synced')).rejects.toThrow()
    expect(log.unsaved()).toBe(1)
    await retryOften(log)
    expect(log.unsaved()).toBe(0)
    expect(told.error).toHaveBeenCalledTimes(1)
  })

  it('are tried one call at a time while the store is out of order, and all of them when it works', async () => {
    const { store, log } = make()
    store.error = full
    for (let n = 0; n < 1200; n += 1) await expect(log.append(unit(`t${n}`, `${n}`), 'synced')).rejects.toThrow()
    const append = vi.spyOn(store, 'append')
    await log.retry()
    expect(append).toHaveBeenCalledTimes(1)
    store.error = undefined
    await log.retry()
    expect(store.units).toHaveLength(1200)
    expect(log.unsaved()).toBe(0)
  })

  it('that are refused themselves hold up no others', async () => {
    const { store, log } = make()
    store.error = full
    for (const token of ['a', 'b', 'c']) await expect(log.append(unit(token, token), 'synced')).rejects.toThrow()
    store.error = undefined
    vi.spyOn(store, 'append').mockRejectedValueOnce(deleted)
    await log.retry()
    expect(store.stored()).toEqual(['b', 'c'])
    expect(log.unsaved()).toBe(1)
  })

  it('leave the newest state of their call when there is no room for all of them', async () => {
    const { store, told, log } = make({ units: 1, calls: 2 })
    store.error = full
    const event = { webhookEvent: { token: 'a' } as UnitOfWork['webhookEvent'] }
    await expect(log.append(unit('a', '1', 1), 'synced')).rejects.toThrow()
    await expect(log.append({ tenantId: 'tenant-1', ...event }, 'synced')).rejects.toThrow()
    await expect(log.append(unit('a', '1', 3), 'synced')).rejects.toThrow()
    await expect(log.append(unit('a', '1', 2), 'synced')).rejects.toThrow()
    await expect(log.append(unit('b', '2'), 'synced')).rejects.toThrow()
    await expect(log.append(unit('c', '3'), 'synced')).rejects.toThrow()
    expect(told.error).toHaveBeenCalledTimes(1)
    await retryOften(log)
    expect(log.unsaved()).toBe(3)
    store.error = undefined
    await log.retry()
    expect(store.units.map(({ call }) => [call?.token, call?.revision])).toEqual([
      ['a', 1],
      ['a', 3],
      ['b', 1],
    ])
    expect(store.units[1]?.attempts).toEqual([anAttempt()])
  })

  it('tell of their call to whoever asks the store for it', async () => {
    const { store, log } = make({ units: 1, calls: 1 })
    const stored = new Map<string, Call>([['b', aCall({ token: 'b', revision: 7 })]])
    const find = vi.fn((_tenantId: string, token: string) => Promise.resolve(stored.get(token)))
    const calls = readUnsaved({ find } as unknown as CallStore, log)
    store.error = full
    for (const one of [unit('a', '1', 1), unit('a', '1', 3), unit('b', '2', 2)])
      await expect(log.append(one, 'synced')).rejects.toThrow()
    expect(await calls.find('tenant-1', 'a')).toMatchObject({ revision: 3 })
    expect(await calls.find('tenant-1', 'b')).toMatchObject({ revision: 7 })
    expect(await calls.find('tenant-1', 'c')).toBeUndefined()
    expect(await calls.find('tenant-2', 'a')).toBeUndefined()
    // Taken up for another try while the file is being read.
    find.mockImplementationOnce(async () => {
      store.error = undefined
      await log.retry()
      return undefined
    })
    expect(await calls.find('tenant-1', 'a')).toMatchObject({ revision: 3 })
    expect(await calls.find('tenant-1', 'a')).toBeUndefined()
  })
})

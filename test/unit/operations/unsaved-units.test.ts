import { describe, expect, it, vi } from 'vitest'
import { rememberUnsaved } from '../../../server/operations/unsaved-units.ts'
import type { UnitOfWork } from '../../../server/ports/call-store.ts'
import { aCall } from '../../support/builders.ts'

const unit = (token: string, id: string): UnitOfWork => ({ tenantId: 'tenant-1', call: aCall({ token, id }) })

const logOf = () => ({ info: vi.fn(), warn: vi.fn(), error: vi.fn() })

/** A store that can be made to fail; it lists what it took, in order. */
const aStore = () => {
  const stored: (string | undefined)[] = []
  const store = {
    isBroken: false,
    stored,
    append: (one: UnitOfWork) => {
      if (store.isBroken) return Promise.reject(new Error('disk full'))
      stored.push(one.call?.id)
      return Promise.resolve()
    },
    backlog: () => 7,
  }
  return store
}

describe('units that could not be stored', () => {
  it('go in again before the next one of the same call, in their order', async () => {
    const store = aStore()
    const log = rememberUnsaved(store, logOf())
    store.isBroken = true
    await expect(log.append(unit('a', '1'), 'synced')).rejects.toThrow('disk full')
    await expect(log.append(unit('a', '2'), 'synced')).rejects.toThrow('disk full')
    await expect(log.append(unit('b', '3'), 'written')).rejects.toThrow('disk full')
    expect(log.unsaved()).toBe(3)
    store.isBroken = false
    await log.append(unit('a', '4'), 'synced')
    expect(store.stored).toEqual(['1', '2', '4'])
    await log.retry()
    expect(store.stored).toEqual(['1', '2', '4', '3'])
    expect(log.unsaved()).toBe(0)
    expect(log.backlog()).toBe(7)
  })

  it('make the next one fail too while they cannot be stored', async () => {
    const store = aStore()
    const log = rememberUnsaved(store, logOf())
    store.isBroken = true
    await expect(log.append(unit('a', '1'), 'synced')).rejects.toThrow()
    await expect(log.append(unit('a', '2'), 'synced')).rejects.toThrow()
    await log.retry()
    expect(log.unsaved()).toBe(2)
  })

  it('are given up, and that is told, when nothing helps or nothing names their call', async () => {
    const store = aStore()
    const told = logOf()
    const log = rememberUnsaved(store, told)
    store.isBroken = true
    await expect(log.append(unit('a', '1'), 'synced')).rejects.toThrow()
    await expect(log.append({ tenantId: 'tenant-1' }, 'synced')).rejects.toThrow()
    expect(log.unsaved()).toBe(1)
    for (let i = 0; i < 25; i += 1) await log.retry()
    expect(log.unsaved()).toBe(0)
    expect(told.error).toHaveBeenCalledTimes(1)
  })
})

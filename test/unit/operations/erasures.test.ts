import { describe, expect, it } from 'vitest'
import type { Erasure } from '../../../shared/contract/erasures.ts'
import { DomainError } from '../../../server/domain/errors.ts'
import { createErasureHandlers } from '../../../server/operations/erasures.ts'

const owner = { kind: 'token', name: 't', role: 'owner' } as const

const made = ({ unsaved = 0, alone }: { unsaved?: number; alone?: <T>(work: () => Promise<T>) => Promise<T> } = {}) => {
  const stored = new Map<string, Erasure>()
  const done: string[] = []
  const nothing = async () => []
  const erasures = createErasureHandlers({
    erasures: {
      erase: async () => {
        done.push('erased')
        return { counts: { calls: 1, ongoingCalls: 0, decisions: 0, webhookEvents: 0 }, tokens: ['a'] }
      },
      scrub: async () => ({ scrubbedPages: 0, leftPages: 0 }),
      put: async (_tenantId: string, erasure: Erasure) => void stored.set(erasure.id, erasure),
      interrupt: async () => {
        done.push('interrupted')
        return 1
      },
    },
    retention: { archives: nothing },
    archives: { list: nothing, exportsWith: nothing, settle: nothing },
    exports: { withFiles: nothing },
    store: new Proxy({}, { get: () => ({ list: async () => ({ items: [] }) }) }),
    directory: { byId: () => ({ tenant: { id: 't', name: 'Acme', defaultCountry: 'US', settings: {} } }) },
    runtime: { forgetAnswers: nothing, forgetCalls: nothing, forgetCallers: nothing },
    callLog: { retry: async () => void done.push('retried'), unsaved: () => unsaved },
    forgetEvents: () => void done.push('events forgotten'),
    clock: { nowMs: () => 1 },
    newId: () => 'e',
    newSecret: () => 'x'.repeat(22),
    log: { info: () => undefined, warn: () => undefined, error: () => undefined },
    alone: alone ?? ((work: () => Promise<unknown>) => work()),
  } as never)
  const erase = async (): Promise<Erasure | undefined> => {
    await erasures.handlers['erasures.create'](owner, { tenantId: 't', number: '+17025550147', mode: 'erase' })
    await erasures.settled()
    return stored.get('e')
  }
  return { erasures, erase, done }
}

describe('an erasure', () => {
  it('stores first what waits to be stored, and forgets events', async () => {
    const { erase, done } = made()
    expect(await erase()).toMatchObject({ state: 'done', report: { calls: 1 } })
    expect(done).toEqual(['retried', 'erased', 'events forgotten'])
  })

  it('erases nothing while calls wait that would bring the number back, and says so', async () => {
    const { erase, done } = made({ unsaved: 2 })
    expect(await erase()).toMatchObject({
      state: 'failed',
      error: expect.stringContaining('wait to be stored') as string,
    })
    expect(done).toEqual(['retried'])
  })

  it('counts as interrupted once nobody is at one', async () => {
    const { erasures, done } = made()
    await erasures.interruptLost()
    expect(done).toEqual(['interrupted'])
  })

  it('does not count as interrupted while another node is at it, or this one waits for its turn', async () => {
    const other = made({ alone: () => Promise.reject(new DomainError('UNAVAILABLE', 'Another node is at it')) })
    await other.erasures.interruptLost()
    expect(other.done).toEqual([])

    let letGo = (): void => undefined
    const turn = new Promise<void>((resolve) => (letGo = resolve))
    const own = made({ alone: (work) => turn.then(work) })
    const looked = own.erasures.interruptLost()
    const erased = own.erase()
    letGo()
    await Promise.all([looked, erased])
    expect(own.done).not.toContain('interrupted')
  })

  it('fails loudly where the store cannot be asked', async () => {
    const broken = made({ alone: () => Promise.reject(new Error('no disk')) })
    await expect(broken.erasures.interruptLost()).rejects.toThrow('no disk')
  })
})

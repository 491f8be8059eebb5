import { describe, expect, it } from 'vitest'
import type { ControlPlaneEvent } from '../../../shared/contract/events.ts'
import { createEventBus } from '../../../server/adapters/memory/event-bus.ts'
import { createEventLog } from '../../../server/adapters/memory/event-log.ts'
import { createNodeListener, telling, type NodeMessage } from '../../../server/operations/node-events.ts'
import type { TenantDirectory, TenantInForce } from '../../../server/operations/tenant-directory.ts'

/** A node whose store holds these versions, and what it did in order. */
const aNode = (stored: Record<string, number>) => {
  const inForce = new Map<string, number>()
  const done: string[] = []
  const gate: (() => Promise<void>)[] = []
  const bus = createEventBus()
  bus.subscribe(({ name }) => done.push(name))
  const directory = {
    all: () =>
      [...inForce].map(([id, configVersion]) => ({ tenant: { id, configVersion } }) as unknown as TenantInForce),
    reload: async (id: string) => {
      await gate.shift()?.()
      const version = stored[id]
      if (version === undefined) inForce.delete(id)
      else inForce.set(id, version)
      done.push(`reload ${id}`)
    },
  } as unknown as TenantDirectory
  const errors: string[] = []
  const log = { info: () => undefined, warn: () => undefined, error: (_: object, text: string) => errors.push(text) }
  const store = {
    tenantVersions: () => Promise.resolve(Object.entries(stored).map(([id, configVersion]) => ({ id, configVersion }))),
  }
  return {
    inForce,
    done,
    gate,
    errors,
    bus,
    node: createNodeListener({ bus, directory, store, onMissed: () => done.push('missed'), log }),
  }
}

const changed: NodeMessage = { name: 'rule.changed', payload: { tenantId: 't1', id: 'r1', change: 'created' } }

describe('a node that hears of a change', () => {
  it('has it in force before its clients are told, and reads only what is another version', async () => {
    const { node, inForce, done } = aNode({ t1: 5, t2: 1 })
    inForce.set('t1', 4).set('t2', 1)
    await node.hear(changed)
    expect(done).toEqual(['reload t1', 'rule.changed'])
    await node.hear(changed)
    expect(done).toEqual(['reload t1', 'rule.changed', 'rule.changed'])
  })

  it('learns of new and of deleted tenants without being told', async () => {
    const { node, inForce } = aNode({ t1: 1, new: 1 })
    inForce.set('t1', 1).set('gone', 7)
    await node.catchUp()
    expect([...inForce.keys()]).toEqual(['t1', 'new'])
  })

  it('looks once more for whoever comes while it looks', async () => {
    const stored: Record<string, number> = { t1: 1 }
    const { node, inForce, gate, done } = aNode(stored)
    let open = (): void => undefined
    gate.push(() => new Promise((resolve) => (open = resolve)))
    const first = node.catchUp()
    await new Promise(setImmediate)
    stored['t2'] = 1
    const later = [node.catchUp(), node.catchUp()]
    open()
    await Promise.all([first, ...later])
    expect([...inForce.keys()]).toEqual(['t1', 't2'])
    expect(done).toEqual(['reload t1', 'reload t2'])
  })

  it('tells its clients nothing that it could not take in, and tries it again', async () => {
    const { node, inForce, done, errors, gate } = aNode({ t1: 2 })
    gate.push(() => Promise.reject(new Error('the disk is away')))
    await node.hear(changed)
    expect([done, errors.length]).toEqual([[], 1])
    await node.catchUp()
    expect(inForce.get('t1')).toBe(2)
    // And they are told that there was something.
    expect(done).toEqual(['reload t1', 'missed'])
    await node.catchUp()
    expect(done).toEqual(['reload t1', 'missed'])
  })

  it('tells its clients of no event that the contract does not have', async () => {
    const { node, done, errors } = aNode({})
    await node.hear({ name: 'toString\ndata: x', payload: {} } as unknown as NodeMessage)
    await node.hear({ name: 'toString', payload: {} } as unknown as NodeMessage)
    expect([done, errors]).toEqual([[], []])
  })
})

it('goes on when another node tells of an event without what it is about', async () => {
  const { node, bus, errors } = aNode({})
  const log = createEventLog(bus, { epoch: 'e1' })
  await node.hear({ name: 'call.created', payload: { tenantId: 't1' } } as unknown as NodeMessage)
  await node.hear({ name: 'system.recovered', payload: { part: 'store', atMs: 1 } })
  await new Promise(setImmediate)
  expect(errors).toHaveLength(1)
  expect(log.follow({}, undefined, () => undefined).place()).toBe('e1-1')
})

describe('a node that tells of events', () => {
  it('tells its own clients all, and the others what is not of one process', () => {
    const own: ControlPlaneEvent[] = []
    const told: unknown[] = []
    const bus = createEventBus()
    bus.subscribe((event) => own.push(event))
    const events = telling(bus, (tenantId, message) => told.push([tenantId, message.name]))
    events.publish('tenant.changed', { tenantId: 't1', change: 'created' })
    events.publish('provider.changed', { id: 'p1', change: 'created' })
    events.publish('system.recovered', { part: 'redis', atMs: 1 })
    expect(own.map(({ name }) => name)).toEqual(['tenant.changed', 'provider.changed', 'system.recovered'])
    expect(told).toEqual([
      ['t1', 'tenant.changed'],
      [undefined, 'provider.changed'],
    ])
  })
})

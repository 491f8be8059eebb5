import { beforeEach, describe, expect, it } from 'vitest'
import { createDialectMonitor } from '../../../../server/operations/webhooks/dialect-monitor.ts'
import type { TenantInForce } from '../../../../server/operations/tenant-directory.ts'
import type { DialectCount } from '../../../../server/ports/dialect-store.ts'

const tenant = (id: string) =>
  ({ tenant: { id, tenantKey: 'open-sesame', previousKeys: [] } }) as unknown as TenantInForce
let stored: (readonly [string, readonly DialectCount[]])[]
let counted: number
let isBroken: boolean
let monitor: ReturnType<typeof createDialectMonitor>
beforeEach(() => {
  stored = []
  counted = 0
  isBroken = false
  monitor = createDialectMonitor(
    {
      add: (id, counts) => {
        if (isBroken) return Promise.reject(new Error('disk full'))
        stored.push([id, counts])
        return Promise.resolve()
      },
    },
    { count: () => (counted += 1) },
  )
})
const note = (id: string, fields: object, event: string, atMs: number) =>
  monitor.note(tenant(id), 'cdr', fields, { id: event, atMs })

describe('the dialect monitor', () => {
  it('stores each finding once, with how often it came and the newest event that had it', async () => {
    note('a', { colour: 1 }, 'e1', 10)
    note('a', { colour: 2, disposition: 'MELTED' }, 'e2', 20)
    note('b', { colour: 3, disposition: 'BUSY' }, 'e3', 30)
    await monitor.flush()
    await monitor.flush()
    const colour = { kind: 'cdr', field: 'colour', value: '' }
    expect(stored).toEqual([
      [
        'a',
        [
          { ...colour, count: 2, firstSeenMs: 10, lastSeenMs: 20, webhookEventId: 'e2' },
          {
            kind: 'cdr',
            field: 'disposition',
            value: 'MELTED',
            count: 1,
            firstSeenMs: 20,
            lastSeenMs: 20,
            webhookEventId: 'e2',
          },
        ],
      ],
      ['b', [{ ...colour, count: 1, firstSeenMs: 30, lastSeenMs: 30, webhookEventId: 'e3' }]],
    ])
    expect(counted).toBe(4)
  })

  it('keeps what could not be stored for the next time', async () => {
    isBroken = true
    note('a', { colour: 1 }, 'e1', 10)
    const flushing = monitor.flush()
    note('a', { colour: 1 }, 'e2', 20)
    await expect(flushing).rejects.toThrow('disk full')
    isBroken = false
    await monitor.flush()
    expect(stored).toMatchObject([['a', [{ field: 'colour', count: 2, firstSeenMs: 10, lastSeenMs: 20 }]]])
  })

  it('never names a secret of the tenant', async () => {
    note('a', { 'open-sesame': 1, disposition: 'open-sesame' }, 'e', 1)
    await monitor.flush()
    expect(stored[0]?.[1].map(({ field, value }) => [field, value])).toEqual([
      ['(other)', ''],
      ['disposition', '(other)'],
    ])
  })

  it('holds no more than it may, and counts the rest together', async () => {
    const letters = (n: number) => String(n).replace(/\d/g, (digit) => 'abcdefghij'.charAt(Number(digit)))
    for (let n = 0; n < 300; n += 1) note('a', { [`field ${letters(n)}`]: 1 }, 'e', n)
    await monitor.flush()
    expect(stored[0]?.[1]).toHaveLength(201)
    expect(stored[0]?.[1].find(({ field }) => field === '(other)')?.count).toBe(100)
  })

  it('forgets what waits of a tenant', async () => {
    note('a', { colour: 1 }, 'e1', 10)
    monitor.drop('a')
    await monitor.flush()
    expect(stored).toEqual([])
  })
})

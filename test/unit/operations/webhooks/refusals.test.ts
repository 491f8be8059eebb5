import { expect, it } from 'vitest'
import { countRefusals } from '../../../../server/operations/webhooks/refusals.ts'
import { fakeClock } from '../../../support/fake-clock.ts'

it('counts per tenant and kind, and says so once a minute at most with how many there were', () => {
  const clock = fakeClock()
  const said: [object, string][] = []
  const refusals = countRefusals(clock, { warn: (fields, message) => void said.push([fields, message]) })
  const beganMs = clock.nowMs()
  for (let n = 0; n < 1000; n += 1) refusals.note('t1', 'cdr', 'wrong')
  refusals.note('t1', 'dial_state', 'forged')
  refusals.note('t2', 'cdr', 'missing')
  const words = 'Webhooks of a tenant were not believed'
  expect(said).toEqual([
    [{ tenantId: 't1', kind: 'cdr', times: 1, reason: 'wrong' }, words],
    [{ tenantId: 't1', kind: 'dial_state', times: 1, reason: 'forged' }, words],
    [{ tenantId: 't2', kind: 'cdr', times: 1, reason: 'missing' }, words],
  ])
  clock.pass(59_999)
  refusals.note('t1', 'cdr', 'wrong')
  expect(said).toHaveLength(3)
  clock.pass(1)
  refusals.note('t1', 'cdr', 'missing')
  expect(said[3]).toEqual([{ tenantId: 't1', kind: 'cdr', times: 1001, reason: 'missing' }, words])

  expect(refusals.of('t1')).toEqual([
    { kind: 'cdr', count: 1002, lastAtMs: beganMs + 60_000, reason: 'missing' },
    { kind: 'dial_state', count: 1, lastAtMs: beganMs, reason: 'forged' },
  ])
  expect(refusals.all().map(({ tenantId, kind, count }) => [tenantId, kind, count])).toEqual([
    ['t1', 'cdr', 1002],
    ['t1', 'dial_state', 1],
    ['t2', 'cdr', 1],
  ])
  refusals.drop('t1')
  expect(refusals.of('t1')).toEqual([])
  expect(refusals.all()).toHaveLength(1)
})

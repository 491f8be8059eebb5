import { describe, expect, it } from 'vitest'
import { compareTrunks } from '../../../server/operations/trunk-sync.ts'
import type { PlatformTrunk } from '../../../server/ports/cloudonix.ts'
import type { StoredTrunk } from '../../../server/ports/configuration.ts'

const platform = (id: string, over: Partial<PlatformTrunk> = {}): PlatformTrunk => ({
  id,
  name: `carrier-${id}`,
  direction: 'outbound',
  isActive: true,
  isDeleted: false,
  isOutboundChoice: true,
  ...over,
})
const stored = (id: string, over: Partial<StoredTrunk> = {}): StoredTrunk => ({
  id: `row-${id}`,
  version: 1,
  createdAtMs: 1,
  updatedAtMs: 1,
  tenantId: 't',
  name: `carrier-${id}`,
  cloudonixId: id,
  direction: 'outbound',
  priority: 100,
  enabled: true,
  isDefault: false,
  platformState: 'present',
  ...over,
})
const told = (...args: Parameters<typeof compareTrunks>) =>
  compareTrunks(...args).changes.map(({ before, next, changes }) => [before?.id ?? 'new', next.platformState, changes])

describe('comparing trunks with those of Cloudonix', () => {
  it('finds what is new, changed and gone, and leaves alone what is as it was', () => {
    const rows = [stored('1'), stored('2'), stored('3'), stored('4', { platformState: 'vanished' })]
    const there = [platform('1'), platform('2', { isActive: false, name: 'renamed' }), platform('9')]
    expect(told(rows, there)).toEqual([
      ['row-2', 'inactive', ['name carrier-2 → renamed', 'platformState present → inactive']],
      ['new', 'present', []],
      ['row-3', 'vanished', ['platformState present → vanished']],
    ])
    expect(compareTrunks(rows, there).unchanged).toBe(2)
  })

  it('knows one by its name that was typed in by hand, or made anew there', () => {
    const byHand = stored('1', { cloudonixId: undefined, platformState: undefined })
    expect(told([byHand], [platform('1')])).toEqual([
      ['row-1', 'present', ['cloudonixId none → 1', 'platformState none → present']],
    ])
    const anew = [platform('1', { isDeleted: true }), platform('5', { name: 'carrier-1' })]
    expect(told([stored('1')], anew)).toEqual([['row-1', 'present', ['cloudonixId 1 → 5']]])
  })

  it('brings in nothing that was deleted, and marks what was', () => {
    expect(told([], [platform('1', { isDeleted: true })])).toEqual([])
    expect(told([stored('1')], [platform('1', { isDeleted: true })])).toEqual([
      ['row-1', 'deleted', ['platformState present → deleted']],
    ])
  })

  it('skips a second trunk of the same name, and says so', () => {
    const { changes, skipped } = compareTrunks([], [platform('1'), platform('2', { name: 'carrier-1' })])
    expect(changes).toHaveLength(1)
    expect(skipped).toMatchObject([{ name: 'carrier-1' }])
  })
})

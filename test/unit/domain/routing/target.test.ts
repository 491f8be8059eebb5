import { describe, expect, it } from 'vitest'
import { describeTarget, isSameTarget, type Target } from '../../../../server/domain/routing/target.ts'

it.each<[Target, string]>([
  [{ type: 'agent', id: 'a7' }, 'voice agent a7'],
  [{ type: 'group', id: 'g1' }, 'agent group g1'],
  [{ type: 'number', value: '+12025550100' }, 'number +12025550100'],
  [{ type: 'message', value: 'We are closed' }, 'spoken message, then hang-up'],
  [{ type: 'reject' }, 'reject (rejected)'],
  [{ type: 'reject', value: 'busy' }, 'reject (busy)'],
  [{ type: 'hangup' }, 'hang-up'],
])('describes %j as %s', (target, words) => {
  expect(describeTarget(target)).toBe(words)
})

describe('the same target', () => {
  const message = (value: string) => ({ type: 'message' as const, value })
  const number = (...trunkIds: string[]) => ({
    type: 'number' as const,
    value: '+12025550100',
    ...(trunkIds.length > 0 && { trunkIds }),
  })
  it.each([
    [{ type: 'agent', id: 'a' }, { type: 'agent', id: 'a' }, true],
    [{ type: 'agent', id: 'a' }, { type: 'group', id: 'a' }, false],
    [{ type: 'agent', id: 'a' }, number(), false],
    [number(), { type: 'agent', id: 'a' }, false],
    [number(), number(), true],
    [number('t'), number('t'), true],
    [number('t'), number(), false],
    [number(), { type: 'number', value: '+12025550101' }, false],
    [message('one'), message('one'), true],
    [message('one'), message('two'), false],
    [{ type: 'reject' }, { type: 'reject', value: 'rejected' }, true],
    [{ type: 'reject' }, { type: 'reject', value: 'busy' }, false],
    [{ type: 'hangup' }, { type: 'hangup' }, true],
  ] as const)('%j, %j: %s', (a, b, same) => {
    expect(isSameTarget(a as Target, b as Target)).toBe(same)
  })
})

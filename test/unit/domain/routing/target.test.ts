import { expect, it } from 'vitest'
import { describeTarget, type Target } from '../../../../server/domain/routing/target.ts'

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

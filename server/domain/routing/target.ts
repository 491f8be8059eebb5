import type { RejectReason } from '../../../shared/vocabulary.ts'

/** Where a call goes. The shape of the contract's `Target`. */
export type Target =
  | { type: 'agent'; id: string }
  | { type: 'group'; id: string }
  | { type: 'number'; value: string; trunkIds?: string[] }
  | { type: 'message'; value: string }
  | { type: 'reject'; value?: RejectReason }
  | { type: 'hangup' }

export const describeTarget = (target: Target): string => {
  switch (target.type) {
    case 'agent':
      return `voice agent ${target.id}`
    case 'group':
      return `agent group ${target.id}`
    case 'number':
      return `number ${target.value}`
    case 'message':
      return 'spoken message, then hang-up'
    case 'reject':
      return `reject (${target.value ?? 'rejected'})`
    case 'hangup':
      return 'hang-up'
  }
}

const sameList = (a: readonly string[] = [], b: readonly string[] = []): boolean => a.join(' ') === b.join(' ')

/** Whether two targets send a call to the same place. */
export const isSameTarget = (a: Target, b: Target): boolean => {
  if (a.type === 'number' && b.type === 'number') return a.value === b.value && sameList(a.trunkIds, b.trunkIds)
  return describeTarget(a) === describeTarget(b) && (a.type !== 'message' || a.value === (b as typeof a).value)
}

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

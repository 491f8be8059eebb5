import type { SystemHealth } from '../../../shared/contract/system.ts'
import type { Connection } from '../../client/console-client.ts'

export interface StatusWords {
  readonly kind: 'live' | 'connecting' | 'degraded' | 'lost'
  readonly word: string
}

/** A lost connection outweighs everything: what is known of the health is then old news. */
export const describeStatus = (connection: Connection, health: SystemHealth | undefined): StatusWords => {
  if (connection.state === 'reconnecting') return { kind: 'lost', word: 'Reconnecting' }
  if (connection.state === 'connecting') return { kind: 'connecting', word: 'Connecting' }
  if (health?.status === 'closing') return { kind: 'degraded', word: 'Shutting down' }
  const [first, ...others] = health?.problems ?? []
  if (first)
    return {
      kind: 'degraded',
      word: others.length > 0 ? `Degraded: ${first.part} and ${others.length} more` : `Degraded: ${first.part}`,
    }
  return { kind: 'live', word: 'Live' }
}

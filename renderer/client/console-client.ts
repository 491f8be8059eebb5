import type { ConnectionState, ControlPlane } from '../../shared/contract/index.ts'
import type { Session } from './session.ts'

export interface Connection {
  readonly state: ConnectionState
  readonly sinceMs: number
  /** Why it is not live, in words, where that is known. */
  readonly reason?: string | undefined
}

/** The control plane as the screens use it: the contract plus what keeps a screen true. */
export interface ConsoleClient extends ControlPlane {
  /** Only a browser signs in; the desktop window is the local owner. */
  readonly session: Session | undefined
  connection(): Connection
  /** Called when events may have been missed, so that what is on screen must be read anew. */
  onResync(listener: () => void): () => void
  /** Try to connect now rather than after the pause. */
  reconnect(): void
}

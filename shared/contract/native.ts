import type { ControlPlaneEvent } from './events.ts'
import type { Reply } from './index.ts'

/** How the control-plane process stands, as the desktop shell sees it. */
export type ControlPlaneStatus =
  | { readonly state: 'starting' | 'running' | 'stopped' }
  | { readonly state: 'restarting'; readonly attempt: number; readonly reason: string; readonly sinceMs: number }

/** The one object that the desktop shell puts on `window`; plain values cross, nothing else. */
export interface SwitchyardBridge {
  invoke(name: string, input: unknown): Promise<Reply<unknown>>
  onEvent(listener: (event: ControlPlaneEvent) => void): () => void
  onStatus(listener: (status: ControlPlaneStatus) => void): () => void
  status(): Promise<ControlPlaneStatus>
}

/** IPC channel names between window and main process. */
export const channels = {
  invoke: 'control-plane:invoke',
  event: 'control-plane:event',
  status: 'control-plane:status',
  getStatus: 'control-plane:get-status',
} as const

/** Messages between the main process and the control plane's utility process. */
export type ToControlPlane =
  | { readonly type: 'invoke'; readonly id: number; readonly name: string; readonly input: unknown }
  | { readonly type: 'close' }
export type FromControlPlane =
  | { readonly type: 'ready'; readonly urls: { readonly webhooks: string; readonly admin: string } }
  | { readonly type: 'failed'; readonly message: string }
  | { readonly type: 'reply'; readonly id: number; readonly reply: Reply<unknown> }
  | { readonly type: 'event'; readonly event: ControlPlaneEvent }

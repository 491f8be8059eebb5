import type { Reply } from './index.ts'

/** How the control-plane process stands, as the desktop shell sees it. */
export type ControlPlaneStatus =
  | { readonly state: 'starting' | 'running' | 'stopped' }
  | { readonly state: 'restarting'; readonly attempt: number; readonly reason: string; readonly sinceMs: number }

/** The one object that the desktop shell puts on `window`; plain values cross, nothing else. */
export interface SwitchyardBridge {
  invoke(name: string, input: unknown): Promise<Reply<unknown>>
  /**
   * The events after the one of that id, or the id to begin with, as text in the format of server-sent events. Answers
   * when there are some, or after 15 seconds; the last id in it is what to ask with next.
   */
  nextEvents(after: string | undefined): Promise<Reply<string>>
  onStatus(listener: (status: ControlPlaneStatus) => void): () => void
  status(): Promise<ControlPlaneStatus>
}

/** IPC channel names between window and main process. */
export const channels = {
  invoke: 'control-plane:invoke',
  nextEvents: 'control-plane:next-events',
  status: 'control-plane:status',
  getStatus: 'control-plane:get-status',
} as const

/** Messages between the main process and the control plane's utility process. */
export type ToControlPlane =
  | { readonly type: 'invoke'; readonly id: number; readonly name: string; readonly input: unknown }
  | { readonly type: 'nextEvents'; readonly id: number; readonly after: string | undefined }
  | { readonly type: 'close' }
export type FromControlPlane =
  | { readonly type: 'ready'; readonly urls: { readonly webhooks: string; readonly admin: string } }
  | { readonly type: 'failed'; readonly message: string }
  | { readonly type: 'reply'; readonly id: number; readonly reply: Reply<unknown> }

import type { WireError } from '../errors/wire-error.ts'

import type { AskedBy } from '../../../ports/audit.ts'

export type ThreadRole = 'writer' | 'reader' | 'lookup' | 'exporter'

/** What opens what is sealed: the master key at the start; the site's own from then on, for the master key may change. */
export type SiteKey = { readonly master: Uint8Array } | { readonly site: Uint8Array }

export interface ThreadOptions {
  readonly file: string
  readonly key: SiteKey
  readonly appVersion?: string | undefined
  readonly nowMs: number
  /** Other processes write to the file as well: nothing that was read before is sure to be so still. */
  readonly isShared?: boolean | undefined
  /** False where others may go by the schema as it is. */
  readonly mayMigrate?: boolean | undefined
}

/** The first request opens the file; all others name something of the API that this role has. */
export type ThreadRequest =
  | { readonly id: number; readonly open: ThreadRole; readonly options: ThreadOptions }
  | {
      readonly id: number
      readonly noun: string
      readonly verb: string
      readonly args: readonly unknown[]
      /** Absent where nobody asked, as for all that calls do. */
      readonly by?: AskedBy
    }

export type ThreadReply =
  | { readonly id: number; readonly ok: true; readonly value: unknown }
  | { readonly id: number; readonly ok: false; readonly error: WireError }

/** What both ends of a message channel have in common. */
export interface Port {
  postMessage(message: unknown, transfer?: readonly ArrayBuffer[]): void
  on(event: 'message', listener: (message: unknown) => void): unknown
}

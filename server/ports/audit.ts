import type { AuditEntry, AuditProblem } from '../../shared/contract/audit-log.ts'
import type { Actor } from '../../shared/contract/index.ts'
import type { AuditTransport, Role } from '../../shared/vocabulary.ts'
import type { Page } from './configuration.ts'

/** By which way something was asked, and from where. */
export interface Origin {
  readonly transport: AuditTransport
  readonly address?: string | undefined
}

/** On whose behalf something is done. */
export interface AskedBy {
  readonly actor: Pick<Actor, 'kind' | 'name' | 'userId' | 'tokenId'> & { readonly role?: Role }
  readonly origin: Origin
}

/** Who asked, as far as what was asked goes on, in the background too: so that no port has to hand it from one to the next. */
export interface Provenance {
  run<T>(by: AskedBy, work: () => T): T
  /** Undefined: nobody asked, the server does it by itself. */
  current(): AskedBy | undefined
}

export interface AuditFilter {
  readonly tenantId?: string | undefined
  readonly actor?: string | undefined
  readonly action?: string | undefined
  readonly noun?: string | undefined
  readonly id?: string | undefined
  readonly startMs?: number | undefined
  readonly endMs?: number | undefined
}

/** The newest row of the chain; its hash as hexadecimal digits. */
export interface AuditHead {
  readonly seq: number
  readonly hash: string
}

/** Up to where a verification has come. */
export interface AuditPlace {
  readonly seq: number
  /** Of the row there: as it is stored, and as its content gives it. */
  readonly hashes: readonly string[]
}

export interface AuditSlice {
  readonly rows: number
  readonly problems: readonly AuditProblem[]
  readonly place: AuditPlace
  /** These were the last, and the end was looked at. */
  readonly isDone: boolean
}

/** Something that changed nothing and is worth a row all the same. */
export interface AuditNote {
  readonly noun: string
  readonly action: string
  readonly tenantId?: string | undefined
  readonly after?: Readonly<Record<string, unknown>> | undefined
}

/** Changes are added by the store itself, each in the transaction of the change; nobody else adds any. */
export interface AuditStore {
  list(filter: AuditFilter, page: { limit: number; cursor?: string | undefined }): Promise<Page<AuditEntry>>
  /** Undefined while there are no rows. */
  head(): Promise<AuditHead | undefined>
  /** Looks at some thousand rows, from the first one or behind a place. */
  verifySlice(from: AuditPlace | undefined): Promise<AuditSlice>
  note(note: AuditNote): Promise<void>
}

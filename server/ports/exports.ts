import type { Export } from '../../shared/contract/exports.ts'
import type { ExportField, ExportFormat, ExportState } from '../../shared/vocabulary.ts'
import type { CallFilter } from './call-store.ts'
import type { Page } from './configuration.ts'

/** Where the reading of records goes on. */
export type ExportPlace = readonly number[]

/** What becomes of call records. */
export interface ExportRequest {
  readonly format: ExportFormat
  readonly fields: readonly ExportField[]
  readonly filter: CallFilter
  readonly order: 'asc' | 'desc'
  /** IANA name; UTC unless given. */
  readonly timeZone?: string | undefined
}

/** An export as it is stored. */
export interface StoredExport {
  readonly id: string
  readonly tenantId: string
  readonly state: ExportState
  readonly request: ExportRequest
  readonly shown: Pick<Export, 'filter' | 'times'>
  readonly rows: number
  readonly estimatedRows?: number | undefined
  readonly bytes: number
  /** Records that were stored later have a higher number. */
  readonly lastNo: number
  /** What comes after the rows and bytes above; undefined at the beginning. */
  readonly place?: ExportPlace | undefined
  readonly createdBy: string
  readonly createdAtMs: number
  readonly endedAtMs?: number | undefined
  readonly reason?: string | undefined
}

export interface ExportProgress {
  readonly rows: number
  readonly bytes: number
  readonly place?: ExportPlace | undefined
}

export interface ExportChunk {
  /** UTF-8. */
  readonly bytes: Uint8Array<ArrayBuffer>
  readonly rows: number
  /** Undefined when all is read. */
  readonly next?: ExportPlace | undefined
}

export interface ExportStore {
  /** Refuses, as CONFLICT, one more than `most` of a tenant that are not done or have their file. */
  create(row: Omit<StoredExport, 'lastNo'>, most: number): Promise<void>
  list(tenantId: string, page: { limit: number; cursor?: string | undefined }): Promise<Page<StoredExport>>
  get(tenantId: string, id: string): Promise<StoredExport | undefined>
  delete(tenantId: string, id: string): Promise<boolean>
  /** The oldest one that is not over, running from then on. For whoever works alone. */
  claim(): Promise<StoredExport | undefined>
  /** False when it is not running any more: cancelled, or deleted. */
  save(id: string, progress: ExportProgress): Promise<boolean>
  /** False when it was not in one of these states. */
  end(
    id: string,
    from: readonly ExportState[],
    to: ExportState,
    more: { nowMs: number; progress?: ExportProgress; reason?: string | undefined },
  ): Promise<boolean>
  /** Of all tenants: those that may have a file. */
  withFiles(): Promise<readonly { readonly tenantId: string; readonly id: string }[]>
  /** Done before that time. */
  doneBefore(ms: number): Promise<readonly StoredExport[]>
  /** What ended before that time and has no file. */
  forgetBefore(ms: number): Promise<void>
}

export interface ExportSource {
  /** How many records there are for a filter; `isExact` counts all where a filter needs no look at the records. */
  count(
    tenantId: string,
    filter: CallFilter,
    isExact: boolean,
  ): Promise<{ total: number; totalIsEstimate?: true | undefined }>
  /** Some thousand records from a place on; without one, the first. */
  read(
    asked: Pick<StoredExport, 'id' | 'tenantId' | 'request' | 'lastNo'>,
    from: ExportPlace | undefined,
  ): Promise<ExportChunk>
}

/** A file in the making, under another name until it is done. */
export interface ExportWriter {
  /** How much of the file is written. */
  readonly bytes: number
  /** Rejects with a DomainError that says what to do when the disk is full or cannot be written to. */
  write(bytes: Uint8Array): Promise<void>
  /** What was written survives a power cut from now on; rejects, as above, when little room is left. */
  sync(): Promise<void>
  /** The file is there, whole. */
  finish(): Promise<void>
  /** Closes it and leaves it for later. */
  leave(): Promise<void>
}

export interface ExportFiles {
  /** Goes on after so many bytes; answers undefined where they are not there, or the format cannot be gone on with. */
  resume(key: ExportKey, bytes: number): Promise<ExportWriter | undefined>
  begin(key: ExportKey): Promise<ExportWriter>
  remove(key: Omit<ExportKey, 'format'>): Promise<void>
  removeTenant(tenantId: string): Promise<void>
  /** Removes what belongs to none of those that `known` tells, which is asked after looking. */
  removeOrphans(known: () => Promise<readonly Omit<ExportKey, 'format'>[]>): Promise<void>
  path(key: ExportKey): string
}

export interface ExportKey {
  readonly tenantId: string
  readonly id: string
  readonly format: ExportFormat
}

import type { ArchiveFile } from './archive-files.ts'

export type RecordKind = 'calls' | 'webhook_events'

/** An archive as it is on record. */
export interface StoredArchive extends ArchiveFile {
  readonly kind: RecordKind
  readonly madeAtMs: number
  /** Its rows were brought back and stay until then. */
  readonly keptUntilMs?: number | undefined
}

export interface RecordSlice {
  /** JSON texts, each with the id of its record. */
  readonly lines: readonly { readonly id: string; readonly text: string }[]
  /** Undefined when these were the last. */
  readonly next?: readonly [atMs: number, no: number] | undefined
}

/** Old records. Each step reads or changes a few hundred rows at most, so that the call path is never held up. */
export interface RetentionStore {
  archives(tenantId: string): Promise<readonly StoredArchive[]>
  /** Overwrites what was on record of this kind and day, but for how long its rows stay. */
  putArchive(tenantId: string, archive: ArchiveFile, madeAtMs: number): Promise<void>
  /** The oldest UTC day from then until then that has records, but for those brought back that are to stay. */
  oldestDay(
    tenantId: string,
    kind: RecordKind,
    fromMs: number,
    untilMs: number,
    nowMs: number,
  ): Promise<number | undefined>
  slice(tenantId: string, kind: RecordKind, dayMs: number, after: RecordSlice['next']): Promise<RecordSlice>
  /** Deletes some records of that day that did not change since; 0 when there are no more. */
  drop(tenantId: string, kind: RecordKind, dayMs: number, unchangedSinceMs: number): Promise<number>
  /** Deletes some sums over calls that end before then; false when there are no more. */
  dropRollups(tenantId: string, beforeMs: number): Promise<boolean>
  /** Brings back those that are not there; answers how many that were. */
  restore(tenantId: string, kind: RecordKind, lines: readonly string[]): Promise<number>
  /** What was brought back of that day stays until then. */
  keep(tenantId: string, kind: RecordKind, dayMs: number, untilMs: number): Promise<void>
}

/** The database file itself. */
export interface Storage {
  /** Bytes. Tables, largest first and with their indexes, take a look at every page of the file. */
  size(withTables: boolean): Promise<{
    readonly databaseBytes: number
    readonly walBytes: number
    readonly freeBytes: number
    /** Free pages go back to the file system. */
    readonly shrinks: boolean
    readonly tables?: { name: string; bytes: number }[]
  }>
  /** Gives free pages back, a few at a time, as far as the file was made for that. */
  shrink(): Promise<void>
}

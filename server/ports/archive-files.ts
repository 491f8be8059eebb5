/** Decides about one line of an archive: what stands there instead, or undefined to leave it out. */
export type RewriteLine = (line: string) => string | undefined

export interface ArchiveFile {
  readonly kind: string
  /** Start of its UTC day. */
  readonly dayMs: number
  readonly rows: number
  readonly bytes: number
  readonly sha256: string
}

/** Compressed files of a tenant in the data directory: archives by kind and UTC day, and what was exported. */
export interface ArchiveFiles {
  list(tenantId: string): Promise<readonly { readonly kind: string; readonly dayMs: number }[]>
  /** Its rows in the order they were written. Throws DomainError INVALID_INPUT naming the file when it is damaged or not there. */
  read(tenantId: string, kind: string, dayMs: number, sha256?: string): AsyncIterable<string>
  /** Writes it whole under another name, syncs it and puts it in the place of the one before. */
  write(
    tenantId: string,
    kind: string,
    dayMs: number,
    lines: AsyncIterable<string> | Iterable<string>,
  ): Promise<ArchiveFile>
  delete(tenantId: string, kind: string, dayMs: number): Promise<void>
  /** Of all tenants. */
  sizes(): Promise<{ readonly archiveBytes: number; readonly exportBytes: number }>
  /** Exported files of the tenant whose text passes. */
  exportsWith(tenantId: string, holds: (text: string) => boolean): Promise<readonly string[]>
  deleteExport(tenantId: string, name: string): Promise<void>
}

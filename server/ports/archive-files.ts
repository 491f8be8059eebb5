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
  /**
   * Writes it whole under another name and syncs it. When `record` has noted it, it takes the place of the one before; where an
   * end came in between, `settle` sees to that.
   */
  write(
    tenantId: string,
    kind: string,
    dayMs: number,
    lines: AsyncIterable<string> | Iterable<string>,
    record: (file: ArchiveFile) => Promise<void>,
  ): Promise<void>
  /** Puts those on record in their place that are not there yet, and removes what else was begun and not finished. */
  settle(tenantId: string, recorded: readonly Pick<ArchiveFile, 'kind' | 'dayMs' | 'sha256'>[]): Promise<void>
  removeTenant(tenantId: string): Promise<void>
  /** Removes what belongs to tenants that are gone. */
  removeOrphans(isTenant: (tenantId: string) => Promise<boolean>): Promise<void>
  /** Of all tenants. */
  sizes(): Promise<{ readonly archiveBytes: number; readonly exportBytes: number }>
  /** Exported files of the tenant whose text passes. */
  exportsWith(tenantId: string, holds: (text: string) => boolean): Promise<readonly string[]>
  deleteExport(tenantId: string, name: string): Promise<void>
}

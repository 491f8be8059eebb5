import type { Database } from 'better-sqlite3'
import type { Erasure } from '../../../../shared/contract/erasures.ts'
import type { ArchiveFile } from '../../../ports/archive-files.ts'
import type { StoredExport } from '../../../ports/exports.ts'
import type { RecordKind } from '../../../ports/retention-store.ts'
import type { createErasureRepository } from '../erasures/erasure-repository.ts'
import { createExportReader, createExportWriter } from '../exports/export-repository.ts'
import type { Keyring } from '../keys/keyring.ts'
import { createQueries } from '../query/query-builder.ts'
import type { createRetentionWriter } from '../retention/retention-writer.ts'
import type { Auditing } from './audited.ts'

type RetentionWriter = ReturnType<typeof createRetentionWriter>
type ExportWriter = ReturnType<typeof createExportWriter>

const toldOfExport = ({
  state,
  request,
  rows,
  createdBy,
}: Pick<StoredExport, 'state' | 'request' | 'rows' | 'createdBy'>) => ({
  state,
  request,
  rows,
  createdBy,
})
/** How an export may end by what somebody asks, or for its age; that it was written to its end is no change. */
const endings: ReadonlySet<string> = new Set(['cancelled', 'expired'])

/** Exports: who took records out, which, and who deleted them. */
export const createAuditedExports = ({ auditing }: Auditing, db: Database, keyring: Keyring) => {
  const exports = createExportWriter(db, keyring)
  const { get } = createExportReader(db, keyring, createQueries(db))
  const tenantOf = db
    .prepare<[string], string>('SELECT t.id FROM exports e JOIN tenants t ON t.no = e.tenant_no WHERE e.id = ?')
    .pluck()
  return {
    ...exports,
    create: auditing('exports', (tell, ...[row, most]: Parameters<ExportWriter['create']>): void => {
      exports.create(row, most)
      tell({ action: 'create', tenantId: row.tenantId, subjectId: row.id, after: toldOfExport(row) })
    }),
    delete: auditing('exports', (tell, tenantId: string, id: string): boolean => {
      const before = get(tenantId, id)
      if (!exports.delete(tenantId, id)) return false
      tell({ action: 'delete', tenantId, subjectId: id, before: before && toldOfExport(before) })
      return true
    }),
    end: auditing('exports', (tell, ...asked: Parameters<ExportWriter['end']>): boolean => {
      const [id, , to] = asked
      const tenantId = tenantOf.get(id)
      const before = tenantId === undefined ? undefined : get(tenantId, id)
      if (!exports.end(...asked)) return false
      if (before && endings.has(to)) {
        const told = toldOfExport(before)
        tell({ action: to, tenantId, subjectId: id, before: told, after: { ...told, state: to } })
      }
      return true
    }),
  }
}

/** Erasures: that there was one, what it came to, never of what. */
export const createAuditedErasures = (
  { auditing }: Auditing,
  erasures: ReturnType<typeof createErasureRepository>,
) => ({
  put: auditing('erasures', (tell, tenantId: string, erasure: Erasure): void => {
    const before = erasures.get(tenantId, erasure.id)
    erasures.put(tenantId, erasure)
    tell({ action: before ? 'update' : 'create', tenantId, subjectId: erasure.id, before, after: erasure })
  }),
})

const subjectOf = (kind: string, day: number): string => `${kind}.${new Date(day).toISOString().slice(0, 10)}`

/** Archives: which were made, and which were brought back. */
export const createAuditedRetention = ({ auditing }: Auditing, retention: RetentionWriter) => ({
  ...retention,
  putArchive: auditing('archives', (tell, tenantId: string, file: ArchiveFile, madeAtMs: number): void => {
    retention.putArchive(tenantId, file, madeAtMs)
    const { kind, dayMs, rows, bytes } = file
    tell({ action: 'create', tenantId, subjectId: subjectOf(kind, dayMs), after: { rows, bytes } })
  }),
  keep: auditing('archives', (tell, tenantId: string, kind: RecordKind, day: number, untilMs: number): void => {
    retention.keep(tenantId, kind, day, untilMs)
    tell({ action: 'restore', tenantId, subjectId: subjectOf(kind, day), after: { keptUntilMs: untilMs } })
  }),
})

import type { Handlers } from '../../shared/contract/index.ts'
import { exportFields, type ExportField, type ExportFormat } from '../../shared/vocabulary.ts'
import { DomainError } from '../domain/errors.ts'
import { mostSheetRows } from '../domain/exports/sheet.ts'
import type { StoredExport } from '../ports/exports.ts'
import type { NewId } from '../ports/system.ts'
import { toCallFilter } from './call-filter.ts'
import type { ExportDeps, ExportRunner } from './export-runner.ts'
import { toExport } from './export-shown.ts'
import { assertKnownTenant, tenantInForce, type TenantDirectory } from './tenant-directory.ts'

type ExportHandlers = Pick<Handlers, Extract<keyof Handlers, `exports.${string}`>>

/** What people look at; ids of what has a name, and what only engineers ask for, must be named. */
const leftOut: readonly ExportField[] = [
  'agentId',
  'groupId',
  'ruleId',
  'configVersion',
  'rttMs',
  'ssrc',
  'platformTrunkId',
]
const usualFields = exportFields.filter((field) => !leftOut.includes(field))

const kinds: Readonly<Record<ExportFormat, { extension: string; contentType: string }>> = {
  csv: { extension: 'csv', contentType: 'text/csv; charset=utf-8' },
  json: { extension: 'jsonl', contentType: 'application/jsonl; charset=utf-8' },
  xlsx: { extension: 'xlsx', contentType: 'application/vnd.openxmlformats-officedocument.spreadsheetml.sheet' },
}

const whyNoFile = ({ id, state, rows, reason }: StoredExport): string => {
  if (state === 'queued') return `Export ${id} waits for its turn; ask again when its state is done`
  if (state === 'running')
    return `Export ${id} is not done yet, ${rows} rows are written; ask again when its state is done`
  if (state === 'failed') return `Export ${id} failed: ${reason ?? 'the log has more'}`
  return `Export ${id} is ${state} and has no file any more; export again`
}

export const createExportHandlers = ({
  store,
  source,
  files,
  clock,
  limits,
  directory,
  newId,
  runner,
}: Pick<ExportDeps, 'store' | 'source' | 'files' | 'clock' | 'limits'> & {
  readonly directory: Pick<TenantDirectory, 'byId'>
  readonly newId: NewId
  readonly runner: ExportRunner
}): ExportHandlers => {
  const known = async (tenantId: string, id: string): Promise<StoredExport> => {
    assertKnownTenant(directory, tenantId)
    const row = await store.get(tenantId, id)
    if (!row) throw new DomainError('NOT_FOUND', `There is no export ${id}`)
    return runner.withProgress(row)
  }
  const shown = (row: StoredExport) => toExport(row, limits.keptMs)

  return {
    async 'exports.create'(
      actor,
      { tenantId, format, fields = [...usualFields], filter = {}, order = 'desc', times = 'utc' },
    ) {
      const { timeZone } = tenantInForce(directory, tenantId).tenant
      const callFilter = toCallFilter(filter)
      const { total, totalIsEstimate } = await source.count(tenantId, callFilter, format === 'xlsx')
      if (format === 'xlsx' && !totalIsEstimate && total >= mostSheetRows) {
        const message = `A worksheet holds ${mostSheetRows - 1} records and these are ${total}; export as csv, or narrow the filter`
        throw new DomainError('INVALID_INPUT', message, [{ path: '/format', message }])
      }
      const row: StoredExport = {
        id: newId(),
        tenantId,
        state: 'queued',
        request: { format, fields, filter: callFilter, order, ...(times === 'tenant' && { timeZone }) },
        shown: { filter, times },
        rows: 0,
        estimatedRows: total,
        bytes: 0,
        lastNo: 0,
        createdBy: actor.name,
        createdAtMs: clock.nowMs(),
      }
      await store.create(row, limits.mostPerTenant)
      runner.tell(row)
      runner.wake()
      return shown(row)
    },
    async 'exports.list'(_actor, { tenantId, limit = 50, cursor }) {
      assertKnownTenant(directory, tenantId)
      const page = await store.list(tenantId, { limit, cursor })
      return { ...page, items: page.items.map((row) => shown(runner.withProgress(row))) }
    },
    async 'exports.get'(_actor, { tenantId, id }) {
      return shown(await known(tenantId, id))
    },
    async 'exports.cancel'(_actor, { tenantId, id }) {
      const { state } = await known(tenantId, id)
      if (!(await store.end(id, ['queued', 'running'], 'cancelled', { nowMs: clock.nowMs() })))
        throw new DomainError('CONFLICT', `Export ${id} is ${state}; there is nothing to cancel, only to delete`)
      await runner.stop(id)
      await files.remove({ tenantId, id })
      const row = await known(tenantId, id)
      runner.tell(row)
      return shown(row)
    },
    async 'exports.delete'(_actor, { tenantId, id }) {
      await known(tenantId, id)
      await store.delete(tenantId, id)
      await runner.stop(id)
      await files.remove({ tenantId, id })
      return undefined
    },
    async 'exports.file'(_actor, { tenantId, id }) {
      const row = await known(tenantId, id)
      if (row.state !== 'done') throw new DomainError('CONFLICT', whyNoFile(row))
      const { extension, contentType } = kinds[row.request.format]
      const time = new Date(row.createdAtMs).toISOString().slice(0, 19).replaceAll(':', '')
      const path = files.path({ tenantId, id, format: row.request.format })
      return { path, name: `calls-${time}Z.${extension}`, contentType }
    },
  }
}

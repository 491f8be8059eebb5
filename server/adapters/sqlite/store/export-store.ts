import type { ExportStore } from '../../../ports/exports.ts'
import type { ReaderApi } from '../threads/reader-thread-api.ts'
import type { StoreThread } from '../threads/store-thread-client.ts'
import type { WriterApi } from '../threads/writer-thread-api.ts'

/** The ExportStore port. */
export const createExportStore = ({
  reader,
  writer,
}: {
  reader: StoreThread<ReaderApi>
  writer: StoreThread<WriterApi>
}): ExportStore => ({
  create: (row, most) => writer.call('exports', 'create', row, most),
  list: (tenantId, page) => reader.call('exports', 'list', tenantId, page),
  get: (tenantId, id) => reader.call('exports', 'get', tenantId, id),
  delete: (tenantId, id) => writer.call('exports', 'delete', tenantId, id),
  claim: () => writer.call('exports', 'claim'),
  save: (id, progress) => writer.call('exports', 'save', id, progress),
  end: (id, from, to, more) => writer.call('exports', 'end', id, from, to, more),
  withFiles: () => reader.call('exports', 'withFiles'),
  doneBefore: (ms) => reader.call('exports', 'doneBefore', ms),
  forgetBefore: (ms) => writer.call('exports', 'forgetBefore', ms),
})

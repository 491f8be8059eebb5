import type { Export } from '../../shared/contract/exports.ts'
import type { StoredExport } from '../ports/exports.ts'

/** An export as clients see it; `keptMs` is how long its file is kept. */
export const toExport = (
  { request, shown, lastNo: _lastNo, place: _place, ...row }: StoredExport,
  keptMs: number,
): Export => ({
  ...row,
  ...shown,
  format: request.format,
  fields: [...request.fields],
  order: request.order,
  ...(row.state === 'done' && { expiresAtMs: (row.endedAtMs ?? row.createdAtMs) + keptMs }),
})

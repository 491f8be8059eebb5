import Type from 'typebox'
import { exportFieldLabels, exportFields, exportFormats, exportStates } from '../vocabulary.ts'
import { CallFilters } from './calls.ts'
import { closed, Id, listFields, Ms, oneOf, Page, RowScope, TenantScope } from './fields.ts'
import type { Operation } from './operation.ts'

const Fields = Type.Array(
  oneOf(
    exportFields,
    Object.entries(exportFieldLabels)
      .map(([field, label]) => `${field}: ${label}`)
      .join('; '),
  ),
  { minItems: 1, maxItems: exportFields.length, uniqueItems: true, description: 'The columns, in this order' },
)

/** What an export is made of. */
const requestFields = {
  format: oneOf(exportFormats, 'csv, json (an object a line) or xlsx'),
  filter: CallFilters,
  fields: Fields,
  order: oneOf(['asc', 'desc'], 'By start: asc has the oldest call first'),
  times: oneOf(['utc', 'tenant'], 'ISO 8601 in UTC, or in the time zone of the tenant with its offset'),
}

export const Export = Type.Object({
  id: Id,
  tenantId: Id,
  state: oneOf(exportStates, 'expired: done once, the file deleted for its age'),
  ...requestFields,
  rows: Type.Integer({ minimum: 0, description: 'Records written so far' }),
  estimatedRows: Type.Optional(Type.Integer({ minimum: 0, description: 'About how many it was to become' })),
  bytes: Type.Integer({ minimum: 0, description: 'Size of the file so far' }),
  createdBy: Type.String(),
  createdAtMs: Ms,
  endedAtMs: Type.Optional(Ms),
  expiresAtMs: Type.Optional({ ...Ms, description: 'When the file is deleted' }),
  reason: Type.Optional(Type.String({ description: 'Why it failed, and the way out' })),
})
export type Export = Type.Static<typeof Export>

/** A file to be sent. Over HTTP it is the body; a process of the same machine opens it by its path. */
export const ExportFile = Type.Object({ path: Type.String(), name: Type.String(), contentType: Type.String() })
export type ExportFile = Type.Static<typeof ExportFile>

const path = '/api/v1/tenants/:tenantId/exports'

export const exportOperations = {
  'exports.create': {
    method: 'POST',
    path,
    access: 'analyst',
    summary: 'Export call records in the background: those there are now that fit the filter',
    status: 202,
    input: Type.Object(
      { ...TenantScope, ...Type.Partial(Type.Object(requestFields)).properties, format: requestFields.format },
      closed,
    ),
    output: Export,
  },
  'exports.list': {
    method: 'GET',
    path,
    access: 'analyst',
    summary: 'List exports, newest first',
    input: Type.Object({ ...TenantScope, limit: listFields.limit, cursor: listFields.cursor }, closed),
    output: Page(Export),
  },
  'exports.get': {
    method: 'GET',
    path: `${path}/:id`,
    access: 'analyst',
    summary: 'Read an export and how far it is',
    input: Type.Object(RowScope, closed),
    output: Export,
  },
  'exports.cancel': {
    method: 'POST',
    path: `${path}/:id/cancel`,
    access: 'analyst',
    summary: 'Stop an export that is not done; nothing is left of its file',
    input: Type.Object(RowScope, closed),
    output: Export,
  },
  'exports.delete': {
    method: 'DELETE',
    path: `${path}/:id`,
    access: 'analyst',
    summary: 'Delete an export with its file, whatever its state',
    input: Type.Object(RowScope, closed),
  },
  'exports.file': {
    method: 'GET',
    path: `${path}/:id/file`,
    access: 'analyst',
    summary: 'Download the file of an export that is done; takes a Range',
    isFile: true,
    input: Type.Object(RowScope, closed),
    output: ExportFile,
  },
} as const satisfies Record<string, Operation>

import Type from 'typebox'
import { closed, Id, listFields, Name, Page, rowFields, RowScope, TenantScope, Version } from './fields.ts'
import type { Operation } from './operation.ts'

const hours = {
  from: Type.String({ maxLength: 20, description: 'HH:MM on the wall clock, e.g. 09:00' }),
  to: Type.String({ maxLength: 20, description: 'HH:MM, later than from; 24:00 is the end of the day' }),
}
const fields = {
  name: Name,
  timeZone: Type.String({
    minLength: 1,
    maxLength: 64,
    description: "IANA name, e.g. Europe/Berlin; the tenant's unless set",
  }),
  weekly: Type.Array(
    Type.Object(
      { day: Type.Integer({ minimum: 1, maximum: 7, description: 'Monday is 1, Sunday 7' }), ...hours },
      closed,
    ),
    { maxItems: 168, description: 'Hours past midnight are two ranges: up to 24:00, and from 00:00 on the next day' },
  ),
  holidays: Type.Array(
    Type.Object(
      {
        date: Type.String({ maxLength: 20, description: 'YYYY-MM-DD' }),
        open: Type.Optional(
          Type.Array(Type.Object(hours, closed), {
            maxItems: 24,
            description: 'Hours instead of those of the week; closed all day without any',
          }),
        ),
      },
      closed,
    ),
    { maxItems: 1000 },
  ),
}

export const Schedule = Type.Object({ ...rowFields, tenantId: Id, ...fields })
export type Schedule = Type.Static<typeof Schedule>

export const scheduleOperations = {
  'schedules.list': {
    method: 'GET',
    path: '/api/v1/tenants/:tenantId/schedules',
    access: 'analyst',
    summary: 'List schedules',
    input: Type.Object({ ...TenantScope, ...listFields }, closed),
    output: Page(Schedule),
  },
  'schedules.create': {
    method: 'POST',
    path: '/api/v1/tenants/:tenantId/schedules',
    access: 'admin',
    summary: 'Create a schedule',
    status: 201,
    input: Type.Object(
      {
        ...TenantScope,
        name: Name,
        timeZone: Type.Optional(fields.timeZone),
        weekly: fields.weekly,
        holidays: Type.Optional(fields.holidays),
      },
      closed,
    ),
    output: Schedule,
  },
  'schedules.get': {
    method: 'GET',
    path: '/api/v1/tenants/:tenantId/schedules/:id',
    access: 'analyst',
    summary: 'Read a schedule',
    input: Type.Object(RowScope, closed),
    output: Schedule,
  },
  'schedules.update': {
    method: 'PATCH',
    path: '/api/v1/tenants/:tenantId/schedules/:id',
    access: 'admin',
    summary: 'Change a schedule; weekly and holidays are replaced as a whole',
    input: Type.Object({ ...RowScope, version: Version, ...Type.Partial(Type.Object(fields)).properties }, closed),
    output: Schedule,
  },
  'schedules.delete': {
    method: 'DELETE',
    path: '/api/v1/tenants/:tenantId/schedules/:id',
    access: 'admin',
    summary:
      'Delete a schedule; refused with the list of users while it is in use. Forced, its users take no calls until they are given another one or none',
    input: Type.Object({ ...RowScope, force: Type.Optional(Type.Boolean()) }, closed),
  },
} as const satisfies Record<string, Operation>

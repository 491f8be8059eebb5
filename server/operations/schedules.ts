import type { Handlers } from '../../shared/contract/index.ts'
import { DomainError } from '../domain/errors.ts'
import { scheduleProblems } from '../domain/schedules/schedule-problems.ts'
import type { StoredSchedule } from '../ports/configuration.ts'
import { assertTenant, assertUnused, type ConfigDeps } from './config-context.ts'
import { getRow, given, updateRow } from './rows.ts'

type ScheduleHandlers = Pick<Handlers, Extract<keyof Handlers, `schedules.${string}`>>

const assertSound = (schedule: StoredSchedule): void => {
  const problems = scheduleProblems(schedule)
  const [first] = problems
  if (first) throw new DomainError('INVALID_INPUT', `Schedule ${schedule.name}: ${first.message}`, problems)
}

const byTime = (a: { readonly from: string }, b: { readonly from: string }): number => (a.from < b.from ? -1 : 1)

/** In order of time, so that the same hours always read the same. */
const tidy = (schedule: StoredSchedule): StoredSchedule => ({
  ...schedule,
  weekly: schedule.weekly.toSorted((a, b) => a.day - b.day || byTime(a, b)),
  holidays: schedule.holidays
    .toSorted((a, b) => (a.date < b.date ? -1 : 1))
    .map(({ date, open = [] }) => ({ date, ...(open.length > 0 && { open: open.toSorted(byTime) }) })),
})

export const createScheduleHandlers = (deps: ConfigDeps): ScheduleHandlers => {
  const { store, directory, events, clock, newId } = deps
  const changed = async (tenantId: string, id: string, change: 'created' | 'updated' | 'deleted'): Promise<void> => {
    await directory.reload(tenantId)
    events.publish('schedule.changed', { tenantId, id, change })
  }

  return {
    async 'schedules.list'(_actor, { tenantId, limit = 50, cursor, search }) {
      await assertTenant(deps, tenantId)
      return store.schedules.list(tenantId, { limit, cursor, search })
    },
    async 'schedules.create'(_actor, { tenantId, name, timeZone, weekly, holidays = [] }) {
      const tenant = await getRow(store.tenants, 'tenant', undefined, tenantId)
      const nowMs = clock.nowMs()
      const schedule: StoredSchedule = {
        id: newId(),
        version: 1,
        createdAtMs: nowMs,
        updatedAtMs: nowMs,
        tenantId,
        name,
        timeZone: timeZone ?? tenant.timeZone,
        weekly,
        holidays,
      }
      assertSound(schedule)
      const row = tidy(schedule)
      await store.schedules.create(row)
      await changed(tenantId, row.id, 'created')
      return row
    },
    'schedules.get': (_actor, { tenantId, id }) => getRow(store.schedules, 'schedule', tenantId, id),
    async 'schedules.update'(_actor, { tenantId, id, version, ...rest }) {
      const before = await getRow(store.schedules, 'schedule', tenantId, id)
      const next: StoredSchedule = { ...before, ...given(rest) }
      assertSound(next)
      const row = await updateRow(store.schedules, 'schedule', version, tidy(next), clock.nowMs())
      await changed(tenantId, id, 'updated')
      return row
    },
    async 'schedules.delete'(_actor, { tenantId, id, force }) {
      const schedule = await getRow(store.schedules, 'schedule', tenantId, id)
      assertUnused('Schedule', schedule.name, await store.usersOf(tenantId, 'schedule', id), force)
      await store.schedules.delete(tenantId, id)
      await changed(tenantId, id, 'deleted')
      return undefined
    },
  }
}

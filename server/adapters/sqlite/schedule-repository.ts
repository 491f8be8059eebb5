import type { Database } from 'better-sqlite3'
import { sql } from 'kysely'
import type { StoredSchedule } from '../../ports/configuration.ts'
import {
  createConfigList,
  createVersionBump,
  mapPage,
  refuseTaken,
  type SyncConfigRepository,
} from './config-repository.ts'
import { json, parse } from './rows.ts'
import { inTransaction } from './transaction.ts'

interface ScheduleRow {
  readonly tenant_id: string
  readonly id: string
  readonly name: string
  readonly time_zone: string
  readonly weekly: string
  readonly holidays: string
  readonly version: number
  readonly created_at_ms: number
  readonly updated_at_ms: number
}

const toSchedule = (row: ScheduleRow): StoredSchedule => ({
  id: row.id,
  version: row.version,
  createdAtMs: row.created_at_ms,
  updatedAtMs: row.updated_at_ms,
  tenantId: row.tenant_id,
  name: row.name,
  timeZone: row.time_zone,
  weekly: parse(row.weekly),
  holidays: parse(row.holidays),
})

const columns = (schedule: StoredSchedule) => ({
  ...schedule,
  weekly: json(schedule.weekly),
  holidays: json(schedule.holidays),
})

export const createSqliteScheduleRepository = (db: Database): SyncConfigRepository<StoredSchedule> => {
  const bump = createVersionBump(db)
  const one = db.prepare<[string, string], ScheduleRow>('SELECT * FROM schedules WHERE tenant_id = ? AND id = ?')
  const insert = db.prepare(`
INSERT INTO schedules (tenant_id, id, name, time_zone, weekly, holidays, version, created_at_ms, updated_at_ms)
VALUES (:tenantId, :id, :name, :timeZone, :weekly, :holidays, :version, :createdAtMs, :updatedAtMs)`)
  const change = db.prepare(`
UPDATE schedules SET name = :name, time_zone = :timeZone, weekly = :weekly, holidays = :holidays, version = :version,
  updated_at_ms = :updatedAtMs
WHERE tenant_id = :tenantId AND id = :id AND version = :version - 1`)
  const remove = db.prepare('DELETE FROM schedules WHERE tenant_id = ? AND id = ?')
  const page = createConfigList<ScheduleRow>(db, {
    table: 'schedules',
    tenantColumn: 'tenant_id',
    order: [
      { by: sql`name COLLATE NOCASE`, value: (row) => row.name },
      { by: sql`id`, value: (row) => row.id },
    ],
    search: ['name', 'time_zone'],
    filters: {},
  })
  const taken = <T>({ name }: StoredSchedule, write: () => T) =>
    refuseTaken(write, 'name', `There is already a schedule named "${name}"; choose another name`)

  return {
    list: (tenantId, query) => mapPage(page(tenantId, query), toSchedule),
    get: (tenantId, id) => {
      const row = one.get(tenantId ?? '', id)
      return row && toSchedule(row)
    },
    create: inTransaction(db, (schedule: StoredSchedule) => {
      bump.besideRules(schedule.tenantId)
      taken(schedule, () => insert.run(columns(schedule)))
    }),
    update: inTransaction(db, (schedule: StoredSchedule) => {
      if (taken(schedule, () => change.run(columns(schedule))).changes === 0) return false
      bump.besideRules(schedule.tenantId)
      return true
    }),
    delete: inTransaction(db, (tenantId: string | undefined, id: string) => {
      if (tenantId === undefined || remove.run(tenantId, id).changes === 0) return false
      bump.besideRules(tenantId)
      return true
    }),
  }
}

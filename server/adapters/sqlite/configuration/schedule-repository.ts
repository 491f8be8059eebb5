import type { Database } from 'better-sqlite3'
import type { StoredSchedule } from '../../../ports/configuration.ts'
import { createVersionBump, type SyncConfigRepository } from './config-repository.ts'
import { byName, createNounRepository, createNounTable } from './noun-repository.ts'
import { json, parse } from '../query/rows.ts'

interface Cells {
  readonly name: string
  readonly time_zone: string
  readonly weekly: string
  readonly holidays: string
}

export const createSqliteScheduleRepository = (db: Database): SyncConfigRepository<StoredSchedule> =>
  createNounRepository(
    db,
    createNounTable<StoredSchedule, Cells>(db, {
      table: 'schedules',
      cells: {
        name: (schedule) => schedule.name,
        time_zone: (schedule) => schedule.timeZone,
        weekly: (schedule) => json(schedule.weekly),
        holidays: (schedule) => json(schedule.holidays),
      },
      read: (cells) => ({
        name: cells.name,
        timeZone: cells.time_zone,
        weekly: parse(cells.weekly),
        holidays: parse(cells.holidays),
      }),
      taken: { name: ({ name }) => `There is already a schedule named "${name}"; choose another name` },
      order: byName,
      search: ['name', 'time_zone'],
      filters: {},
    }),
    { bump: createVersionBump(db).besideRules },
  )

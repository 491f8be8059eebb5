import type { Database } from 'better-sqlite3'
import type { StoredTestCase } from '../../../ports/configuration.ts'
import type { SyncConfigRepository } from './config-repository.ts'
import { byName, createNounRepository, createNounTable } from './noun-repository.ts'
import { given, json, parse } from '../query/rows.ts'

interface Cells {
  readonly name: string
  readonly direction: StoredTestCase['direction'] | null
  readonly from_text: string
  readonly to_text: string
  readonly at_ms: number | null
  readonly expect: string
}

/** No call is routed by a test case, so none of this gives the configuration a new version. */
export const createSqliteTestCaseRepository = (db: Database): SyncConfigRepository<StoredTestCase> =>
  createNounRepository(
    db,
    createNounTable<StoredTestCase, Cells>(db, {
      table: 'routing_test_cases',
      cells: {
        name: (testCase) => testCase.name,
        direction: (testCase) => testCase.direction ?? null,
        from_text: (testCase) => testCase.from,
        to_text: (testCase) => testCase.to,
        at_ms: (testCase) => testCase.atMs ?? null,
        expect: (testCase) => json(testCase.expect),
      },
      read: (cells) => ({
        name: cells.name,
        direction: given(cells.direction),
        from: cells.from_text,
        to: cells.to_text,
        atMs: given(cells.at_ms),
        expect: parse(cells.expect),
      }),
      taken: { name: ({ name }) => `There is already a routing test case named "${name}"; choose another name` },
      order: byName,
      search: ['name', 'from_text', 'to_text'],
      filters: {},
    }),
  )

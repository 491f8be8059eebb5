import type { Database } from 'better-sqlite3'
import { sql } from 'kysely'
import type { NumberKind } from '../../../../shared/vocabulary.ts'
import type { StoredNumber } from '../../../ports/configuration.ts'
import { createVersionBump, type SyncConfigRepository } from './config-repository.ts'
import { createNounRepository, createNounTable } from './noun-repository.ts'
import { bit, given } from '../query/rows.ts'

interface Cells {
  readonly number: string
  readonly kind: NumberKind
  readonly agent_id: string | null
  readonly may_dial_out: number
}

export const createSqliteNumberRepository = (db: Database): SyncConfigRepository<StoredNumber> =>
  createNounRepository(
    db,
    createNounTable<StoredNumber, Cells>(db, {
      table: 'numbers',
      cells: {
        number: ({ number }) => number,
        kind: ({ kind }) => kind,
        agent_id: ({ agentId }) => agentId ?? null,
        may_dial_out: ({ mayDialOut }) => bit(mayDialOut),
      },
      read: (cells) => ({
        number: cells.number,
        kind: cells.kind,
        agentId: given(cells.agent_id),
        mayDialOut: cells.may_dial_out === 1,
      }),
      taken: { number: ({ number }) => `${number} is one of the tenant's numbers already; change that row` },
      order: [{ by: sql`number`, value: (cells) => cells.number }],
      search: ['number'],
      filters: { kind: 'kind', agentId: 'agent_id' },
    }),
    { bump: createVersionBump(db).besideRules },
  )

import type { Database } from 'better-sqlite3'
import { sql } from 'kysely'
import type { Page, ListQuery } from '../../../ports/configuration.ts'
import {
  createConfigList,
  mapPage,
  refuseTaken,
  type ListShape,
  type SyncConfigRepository,
} from './config-repository.ts'
import { inTransaction } from '../file/transaction.ts'

/** What rows of all nouns have, as the domain speaks of it and as it is stored. */
interface Row {
  readonly id: string
  readonly tenantId?: string
  readonly version: number
  readonly createdAtMs: number
  readonly updatedAtMs: number
}
interface Stored {
  readonly id: string
  readonly tenant_id: string
  readonly version: number
  readonly created_at_ms: number
  readonly updated_at_ms: number
}

/** `Also`: columns that the table fills in itself. */
export interface Noun<R extends Row, Cells, Also = unknown> extends Omit<
  ListShape<Cells & Stored & Also>,
  'tenantColumn'
> {
  /** Site-wide: the table has no tenant_id. */
  readonly isOfSite?: boolean
  /** What is stored in each column, besides those that all nouns have. */
  readonly cells: { readonly [Column in keyof Cells]: (row: R) => string | number | Uint8Array | null }
  readonly read: (cells: Cells & Stored) => Omit<R, keyof Row>
  /** By unique column: what to say when another row has that value. */
  readonly taken?: Readonly<Record<string, (row: R) => string>>
}

export const byName: ListShape<{ readonly name: string; readonly id: string }>['order'] = [
  { by: sql`name COLLATE NOCASE`, value: (row) => row.name },
  { by: sql`id`, value: (row) => row.id },
]

export interface NounTable<R> {
  list(tenantId: string | undefined, query: ListQuery): Page<R>
  get(tenantId: string | undefined, id: string): R | undefined
  /** Whether the stored version is the one before that of `row`. */
  isNext(row: R): boolean
  insert(row: R): void
  change(row: R): void
  remove(tenantId: string | undefined, id: string): boolean
}

/** The table of a noun, statement by statement. */
export const createNounTable = <R extends Row, Cells, Also = unknown>(
  db: Database,
  noun: Noun<R, Cells, Also>,
): NounTable<R> => {
  const { table, isOfSite = false, read, taken = {} } = noun
  const cells = Object.entries<(row: R) => unknown>(noun.cells)
  const key = isOfSite ? ['id'] : ['tenant_id', 'id']
  const changing = [...cells.map(([column]) => column), 'version', 'updated_at_ms']
  const all = [...key, ...changing, 'created_at_ms']
  const isIt = key.map((column) => `${column} = :${column}`).join(' AND ')

  const one = db.prepare<[object], Cells & Stored>(`SELECT * FROM ${table} WHERE ${isIt}`)
  const insert = db.prepare(
    `INSERT INTO ${table} (${all.join(', ')}) VALUES (${all.map((column) => `:${column}`).join(', ')})`,
  )
  const change = db.prepare(
    `UPDATE ${table} SET ${changing.map((column) => `${column} = :${column}`).join(', ')} WHERE ${isIt}`,
  )
  const remove = db.prepare(`DELETE FROM ${table} WHERE ${isIt}`)
  const page = createConfigList<Cells & Stored & Also>(db, { ...noun, ...(!isOfSite && { tenantColumn: 'tenant_id' }) })

  const keyOf = (tenantId: string | undefined, id: string) => ({ tenant_id: tenantId ?? '', id })
  const toStored = (row: R): object => ({
    ...keyOf(row.tenantId, row.id),
    version: row.version,
    created_at_ms: row.createdAtMs,
    updated_at_ms: row.updatedAtMs,
    ...Object.fromEntries(cells.map(([column, cell]) => [column, cell(row)])),
  })
  const toRow = (stored: Cells & Stored): R =>
    ({
      id: stored.id,
      version: stored.version,
      createdAtMs: stored.created_at_ms,
      updatedAtMs: stored.updated_at_ms,
      ...(!isOfSite && { tenantId: stored.tenant_id }),
      ...read(stored),
    }) as unknown as R
  const orSayTaken = (row: R, write: () => void): void =>
    Object.entries(taken).reduce(
      (attempt, [column, say]) =>
        () =>
          refuseTaken(attempt, column, say(row)),
      write,
    )()

  return {
    list: (tenantId, query) => mapPage(page(tenantId, query), toRow),
    get: (tenantId, id) => {
      const stored = one.get(keyOf(tenantId, id))
      return stored && toRow(stored)
    },
    isNext: ({ tenantId, id, version }) => one.get(keyOf(tenantId, id))?.version === version - 1,
    insert: (row) => orSayTaken(row, () => insert.run(toStored(row))),
    change: (row) => orSayTaken(row, () => change.run(toStored(row))),
    remove: (tenantId, id) => remove.run(keyOf(tenantId, id)).changes > 0,
  }
}

/** What else belongs to a change, in the same transaction. */
interface Belonging<R> {
  /** Gives the configuration its new version. */
  readonly bump?: (tenantId: string) => void
  readonly before?: (row: R) => void
  readonly after?: (row: R) => void
}

export const createNounRepository = <R extends Row>(
  db: Database,
  table: NounTable<R>,
  { bump, before, after }: Belonging<R> = {},
): SyncConfigRepository<R> => ({
  list: table.list,
  get: table.get,
  create: inTransaction(db, (row: R): void => {
    bump?.(row.tenantId ?? '')
    before?.(row)
    table.insert(row)
    after?.(row)
  }),
  update: inTransaction(db, (row: R): boolean => {
    if (!table.isNext(row)) return false
    before?.(row)
    table.change(row)
    after?.(row)
    bump?.(row.tenantId ?? '')
    return true
  }),
  delete: inTransaction(db, (tenantId: string | undefined, id: string): boolean => {
    if (!table.remove(tenantId, id)) return false
    bump?.(tenantId ?? '')
    return true
  }),
})

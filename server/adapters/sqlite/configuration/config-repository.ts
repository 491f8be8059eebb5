import type { Database } from 'better-sqlite3'
import { type RawBuilder, sql } from 'kysely'
import type { ListQuery, Page } from '../../../ports/configuration.ts'
import { DomainError } from '../../../domain/errors.ts'
import { readCursor, writeCursor } from '../query/cursor.ts'
import { createQueries } from '../query/query-builder.ts'
import { errorCode } from '../errors/store-errors.ts'

/** ConfigRepository as it is inside a store thread, where nothing is asynchronous. */
export interface SyncConfigRepository<Row> {
  list(tenantId: string | undefined, query: ListQuery): Page<Row>
  get(tenantId: string | undefined, id: string): Row | undefined
  create(row: Row): void
  update(row: Row): boolean
  delete(tenantId: string | undefined, id: string): boolean
}

export interface ListShape<Stored> {
  readonly table: string
  /** Undefined for site-wide tables. */
  readonly tenantColumn?: string
  /** Sort expressions, the last of them unique within the list, and how to read them from a row. */
  readonly order: readonly { readonly by: RawBuilder<unknown>; readonly value: (row: Stored) => string | number }[]
  readonly search: readonly string[]
  /** Which fields callers may ask to be equal to a value, and their columns. */
  readonly filters: Readonly<Record<string, string>>
}

const matches = (column: string, text: string) =>
  sql`${sql.ref(column)} LIKE ${`%${text.replace(/[\\%_]/g, '\\$&')}%`} ESCAPE '\\'`

const both = (conditions: readonly RawBuilder<unknown>[]) =>
  conditions.length === 0 ? sql`` : sql` WHERE ${sql.join(conditions, sql` AND `)}`

const bind = (value: string | boolean) => (typeof value === 'boolean' ? Number(value) : value)

/** A page of a configuration noun, by keyset: rows added or removed meanwhile neither repeat nor hide others. */
export const createConfigList = <Stored>(db: Database, shape: ListShape<Stored>) => {
  const queries = createQueries(db)
  const table = sql.table(shape.table)
  const order = sql.join(shape.order.map(({ by }) => by))

  return (tenantId: string | undefined, { limit, cursor, search, where = {} }: ListQuery): Page<Stored> => {
    const conditions: RawBuilder<unknown>[] = []
    if (shape.tenantColumn !== undefined) conditions.push(sql`${sql.ref(shape.tenantColumn)} = ${tenantId ?? ''}`)
    for (const [field, value] of Object.entries(where)) {
      if (value === undefined) continue
      const column = shape.filters[field]
      if (column === undefined) throw new Error(`${shape.table} cannot be filtered by ${field}`)
      conditions.push(sql`${sql.ref(column)} = ${bind(value)}`)
    }
    const text = search?.trim()
    if (text)
      conditions.push(
        sql`(${sql.join(
          shape.search.map((column) => matches(column, text)),
          sql` OR `,
        )})`,
      )

    const [counted] = queries.all(sql<{ total: number }>`SELECT count(*) AS total FROM ${table}${both(conditions)}`)
    if (cursor !== undefined)
      conditions.push(sql`(${order}) > (${sql.join([...readCursor(cursor, shape.order.length)])})`)
    const rows = queries.all(
      sql<Stored>`SELECT * FROM ${table}${both(conditions)} ORDER BY ${order} LIMIT ${limit + 1}`,
    )
    const items = rows.slice(0, limit)
    const last = items.at(-1)
    const page: Page<Stored> = { items, total: counted?.total ?? 0 }
    if (rows.length > limit && last) page.nextCursor = writeCursor(shape.order.map(({ value }) => value(last)))
    return page
  }
}

export const mapPage = <A, B>(page: Page<A>, map: (item: A) => B): Page<B> => ({ ...page, items: page.items.map(map) })

/** Turns "this unique column is taken" into a refusal that names the thing. */
export const refuseTaken = <T>(write: () => T, column: string, message: string): T => {
  try {
    return write()
  } catch (error) {
    const isTaken = errorCode(error) === 'SQLITE_CONSTRAINT_UNIQUE' && (error as Error).message.endsWith(`.${column}`)
    if (isTaken) throw new DomainError('CONFLICT', message, undefined, { cause: error })
    throw error
  }
}

/** Every change of a tenant's configuration gives it a new version, which calls routed by it are stamped with. */
export const createVersionBump = (db: Database) => {
  const rules = db.prepare(
    'UPDATE tenants SET config_version = config_version + 1, rules_version = rules_version + 1 WHERE id = ?',
  )
  const other = db.prepare('UPDATE tenants SET config_version = config_version + 1 WHERE id = ?')
  const all = db.prepare('UPDATE tenants SET config_version = config_version + 1')
  const bump = (statement: typeof rules, tenantId: string): void => {
    if (statement.run(tenantId).changes === 0)
      throw new DomainError('NOT_FOUND', `There is no tenant ${tenantId}; it may have been deleted`)
  }
  return {
    /** Compiled rules are not the stored ones any more. */
    ofRules: (tenantId: string): void => bump(rules, tenantId),
    /** Something else changed; compiling the rules anew, which takes longest, is not needed. */
    besideRules: (tenantId: string): void => bump(other, tenantId),
    /** Site-wide configuration bears on every tenant's routing. */
    ofAll: (): void => void all.run(),
  }
}

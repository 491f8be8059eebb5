import type { Database, Statement } from 'better-sqlite3'
import { DummyDriver, Kysely, type RawBuilder, SqliteAdapter, SqliteIntrospector, SqliteQueryCompiler } from 'kysely'

// Compiles only; running is better-sqlite3's.
const compiler = new Kysely<Record<string, never>>({
  dialect: {
    createAdapter: () => new SqliteAdapter(),
    createDriver: () => new DummyDriver(),
    createIntrospector: (db) => new SqliteIntrospector(db),
    createQueryCompiler: () => new SqliteQueryCompiler(),
  },
})

const maxPrepared = 200

export interface Queries {
  all<Row>(query: RawBuilder<Row>): Row[]
  /** Rows as lists of their values, which cost less than objects. */
  lists<Value>(query: RawBuilder<unknown>): Value[][]
  /** One row after the other: whoever asks may stop. Nothing else is to be asked of the same shape meanwhile. */
  each<Row>(query: RawBuilder<Row>): Iterable<Row>
}

const createPrepared = (make: (sql: string) => Statement) => {
  const prepared = new Map<string, Statement>()
  return (sql: string): Statement => {
    let statement = prepared.get(sql)
    if (!statement) {
      const [oldest] = prepared.keys()
      if (prepared.size >= maxPrepared && oldest !== undefined) prepared.delete(oldest)
      prepared.set(sql, (statement = make(sql)))
    }
    return statement
  }
}

/** Runs queries whose shape depends on the request; each shape is prepared once. */
export const createQueries = (db: Database): Queries => {
  const prepare = createPrepared((sql) => db.prepare(sql))
  const prepareLists = createPrepared((sql) => db.prepare(sql).raw())
  return {
    all: <Row>(query: RawBuilder<Row>) => {
      const { sql, parameters } = query.compile(compiler)
      return prepare(sql).all(...parameters) as Row[]
    },
    lists: <Value>(query: RawBuilder<unknown>) => {
      const { sql, parameters } = query.compile(compiler)
      return prepareLists(sql).all(...parameters) as Value[][]
    },
    each: <Row>(query: RawBuilder<Row>) => {
      const { sql, parameters } = query.compile(compiler)
      return prepare(sql).iterate(...parameters) as IterableIterator<Row>
    },
  }
}

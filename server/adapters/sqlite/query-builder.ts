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
  /** One row after the other: whoever asks may stop. Nothing else is to be asked of the same shape meanwhile. */
  each<Row>(query: RawBuilder<Row>): Iterable<Row>
}

/** Runs queries whose shape depends on the request; each shape is prepared once. */
export const createQueries = (db: Database): Queries => {
  const prepared = new Map<string, Statement>()
  const prepare = (sql: string): Statement => {
    let statement = prepared.get(sql)
    if (!statement) {
      const [oldest] = prepared.keys()
      if (prepared.size >= maxPrepared && oldest !== undefined) prepared.delete(oldest)
      prepared.set(sql, (statement = db.prepare(sql)))
    }
    return statement
  }
  return {
    all: <Row>(query: RawBuilder<Row>) => {
      const { sql, parameters } = query.compile(compiler)
      return prepare(sql).all(...parameters) as Row[]
    },
    each: <Row>(query: RawBuilder<Row>) => {
      const { sql, parameters } = query.compile(compiler)
      return prepare(sql).iterate(...parameters) as IterableIterator<Row>
    },
  }
}

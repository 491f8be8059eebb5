import type { Database } from 'better-sqlite3'

export const createSqliteMetaRepository = (db: Database) => {
  const get = db.prepare<[string], { value: string }>('SELECT value FROM meta WHERE key = ?')
  const set = db.prepare(
    'INSERT INTO meta (key, value) VALUES (?, ?) ON CONFLICT (key) DO UPDATE SET value = excluded.value',
  )
  const add = db.prepare('INSERT INTO meta (key, value) VALUES (?, ?) ON CONFLICT (key) DO NOTHING')
  return {
    get: (key: string): string | undefined => get.get(key)?.value,
    /** What is there, or else what is handed in, which is there from then on. */
    claim: (key: string, value: string): string => {
      add.run(key, value)
      return get.get(key)?.value ?? value
    },
    set: (key: string, value: string): void => void set.run(key, value),
  }
}

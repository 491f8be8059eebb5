import { closeSync, openSync } from 'node:fs'
import type { Database } from 'better-sqlite3'
import { createResidueReader } from '../../server/adapters/sqlite/file/residue.ts'
import { createScrub } from '../../server/adapters/sqlite/file/scrub.ts'
import { createScrubWriter } from '../../server/adapters/sqlite/file/scrub-writer.ts'
import { createCheckpoints } from '../../server/adapters/sqlite/file/wal-state.ts'

/** The scrubbing of a store on two connections of this thread. `close` after them: it drops SQLite's locks. */
export const aScrub = (writer: Database, reader: Database, file: string) => {
  const apis = {
    wal: { copy: createCheckpoints(reader).copy },
    erasure: { ...createScrubWriter(writer, file), residue: createResidueReader(reader) },
  }
  const call = (noun: 'wal' | 'erasure', verb: string, ...args: unknown[]): Promise<never> =>
    Promise.resolve().then(() => (apis[noun] as unknown as Record<string, (...of: unknown[]) => never>)[verb]!(...args))
  const descriptor = openSync(file, 'r+')
  return {
    scrub: createScrub({ reader: { call }, writer: { call } } as never, descriptor),
    close: () => closeSync(descriptor),
  }
}

/** Numbers that look random and are the same each time (mulberry32). */
export const seeded = (seed: number): (() => number) => {
  let state = seed
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296
  }
}

export const sought = { number: '+17025550147', country: 'US' }
const spellings = ['+17025550147', '7025550147', '(702) 555-0147']

export const scrubTables = `
CREATE TABLE meta (key TEXT NOT NULL PRIMARY KEY, value TEXT NOT NULL) STRICT, WITHOUT ROWID;
CREATE TABLE rows (no INTEGER PRIMARY KEY, who TEXT NOT NULL, body BLOB NOT NULL);
CREATE INDEX rows_by_who ON rows (who, no);
CREATE TABLE keys (who TEXT NOT NULL PRIMARY KEY, what TEXT NOT NULL) WITHOUT ROWID;
CREATE VIRTUAL TABLE parts USING fts5(who, content='', contentless_delete=1);`

/** Writes of all sorts, half of them about the number; pages overflow, split, merge, and move. */
export const churn = (db: Database, random: () => number, times: number): void => {
  const below = (most: number): number => Math.floor(random() * most)
  const name = (): string => (below(2) === 0 ? spellings[below(3)]! : `+1202555${below(10_000)}`)
  const text = (most: number): string => `${name()} ${'x'.repeat(below(most))}${name()}`
  const insert = db.prepare('INSERT OR REPLACE INTO rows VALUES (?, ?, ?)')
  const change = db.prepare('UPDATE rows SET who = ?, body = ? WHERE no = ?')
  const drop = db.prepare('DELETE FROM rows WHERE no BETWEEN ? AND ?')
  const put = db.prepare('INSERT OR REPLACE INTO keys VALUES (?, ?)')
  const take = db.prepare('DELETE FROM keys WHERE who > ? ORDER BY who LIMIT ?')
  const say = db.prepare('INSERT OR REPLACE INTO parts (rowid, who) VALUES (?, ?)')
  for (let i = 0; i < times; i += 1) {
    const no = below(3000)
    const most = below(10) === 0 ? 20_000 : 600
    const act = below(10)
    if (act < 4) insert.run(no, name(), text(most))
    else if (act < 6) change.run(name(), text(most), no)
    else if (act === 6) drop.run(no, no + below(30))
    else if (act === 7) put.run(`${name()}/${below(2000)}`, text(300))
    else if (act === 8) take.run(`+1${below(10)}`, below(20))
    else say.run(no, `+1202555${below(10_000)} ${'y'.repeat(below(100))}`)
    if (below(400) === 0) db.pragma(`incremental_vacuum(${below(20)})`)
  }
}

/** All about the number. */
export const eraseAll = (db: Database): void => {
  const is = (column: string): string => `(${column} LIKE '%7025550147%' OR ${column} LIKE '%(702) 555-0147%')`
  db.exec(`
DELETE FROM rows WHERE ${is('who')} OR ${is('CAST(body AS TEXT)')};
DELETE FROM keys WHERE ${is('who')} OR ${is('what')};`)
}

export const contents = (db: Database): unknown => [
  db.prepare('SELECT * FROM rows ORDER BY no').all(),
  db.prepare('SELECT * FROM keys ORDER BY who').all(),
]

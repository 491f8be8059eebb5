import { spawn } from 'node:child_process'
import { once } from 'node:events'
import Database from 'better-sqlite3'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { setTimeout } from 'node:timers/promises'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { aScrub, churn, contents, eraseAll, scrubTables, seeded, sought } from '../support/scrubbing.ts'

const script = resolve(import.meta.dirname, '../support/scrub-until-killed.ts')
let folder: string
let file: string
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'switchyard-scrub-'))
  file = join(folder, 'a.db')
})
afterEach(() => rm(folder, { recursive: true, force: true }))

const open = ({ shrinks, isSecure }: { shrinks: boolean; isSecure: boolean }): Database.Database => {
  const db = new Database(file)
  if (shrinks) db.pragma('auto_vacuum = INCREMENTAL')
  db.pragma('journal_mode = WAL')
  db.pragma('wal_autocheckpoint = 0')
  db.pragma(`secure_delete = ${isSecure ? 'ON' : 'OFF'}`)
  return db
}
const integrity = (db: Database.Database): unknown => db.pragma('integrity_check', { simple: true })
const holds = async (name: string): Promise<boolean> =>
  /702\D{0,2}555-?0147/.test((await readFile(name)).toString('latin1'))

describe('scrubbing a file', { timeout: 120_000 }, () => {
  it.each(Array.from({ length: 12 }, (_, seed) => ({ seed, shrinks: seed % 2 === 0, isSecure: seed % 4 < 2 })))(
    'leaves all that is in use as it is (%o)',
    async ({ seed, shrinks, isSecure }) => {
      const db = open({ shrinks, isSecure })
      const reader = new Database(file)
      db.exec(scrubTables)
      const random = seeded(seed)
      const { scrub, close } = aScrub(db, reader, file)
      let scrubbed = 0
      for (let round = 0; round < 4; round += 1) {
        churn(db, random, 1500)
        eraseAll(db)
        const before = contents(reader)
        const report = await scrub(sought)
        scrubbed += report.scrubbedPages
        expect(report.leftPages).toBe(0)
        expect(integrity(db)).toBe('ok')
        expect(contents(reader)).toEqual(before)
      }
      expect(scrubbed).toBeGreaterThan(0)
      reader.close()
      db.close()
      if (isSecure) expect(await holds(file)).toBe(false)
      close()
    },
  )

  it('is not undone by what connections have in their memory', async () => {
    const db = open({ shrinks: true, isSecure: false })
    const other = new Database(file)
    db.exec(scrubTables)
    const { scrub, close } = aScrub(db, other, file)
    for (let round = 0; round < 3; round += 1) {
      db.exec(`
DELETE FROM rows;
INSERT INTO rows VALUES (1, 'a', 'one'), (2, '+17025550147', 'two'), (3, 'c', 'three');
DELETE FROM rows WHERE no = 2`)
      other.prepare('SELECT * FROM rows').all()
      expect((await scrub(sought)).scrubbedPages).toBeGreaterThan(0)
      for (const one of [db, other]) {
        one.exec("UPDATE rows SET body = 'other' WHERE no = 3")
        one.pragma('wal_checkpoint(TRUNCATE)')
        expect((await readFile(file)).includes('7025550147')).toBe(false)
      }
    }
    other.close()
    db.close()
    close()
  })

  it('damages nothing when processes that write and scrub side by side are killed in the middle', async () => {
    const db = open({ shrinks: true, isSecure: false })
    db.exec(scrubTables)
    churn(db, seeded(1), 3000)
    db.close()
    const random = seeded(Date.now())
    let scrubbed = 0
    const start = (n: number) => {
      const child = spawn(process.execPath, [script, file, String(n)], { stdio: ['ignore', 'pipe', 'inherit'] })
      let ended = false
      child.stdout.on('data', (chunk: Buffer) => {
        for (const pages of chunk.toString().trim().split('\n')) scrubbed += Number(pages)
      })
      const gone = once(child, 'close').then(() => (ended = true))
      return {
        kill: async () => {
          expect(ended).toBe(false)
          child.kill('SIGKILL')
          await gone
        },
      }
    }
    const running = [start(2), start(3)]
    for (let n = 0; n < 8; n += 1) {
      await setTimeout(1200 + 1500 * random())
      await running[n % 2]!.kill()
      running[n % 2] = start(4 + n)
    }
    await Promise.all(running.map(({ kill }) => kill()))
    expect(scrubbed).toBeGreaterThan(0)
    const after = new Database(file)
    expect(integrity(after)).toBe('ok')
    after.exec("INSERT INTO parts (parts) VALUES ('integrity-check')")
    after.close()
  })
})

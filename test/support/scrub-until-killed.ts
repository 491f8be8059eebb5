import { writeSync } from 'node:fs'
import Database from 'better-sqlite3'
import { aScrub, churn, eraseAll, seeded, sought } from './scrubbing.ts'

/**
 * Writes, erases and scrubs for ever, beside others that do so too, and says each time what was scrubbed, until somebody kills
 * this process. `node scrub-until-killed.ts <file> <seed>`
 */
const [, , file = '', seed = ''] = process.argv
const open = (): Database.Database => {
  const db = new Database(file, { timeout: 30_000 })
  db.pragma('wal_autocheckpoint = 0')
  db.pragma('synchronous = NORMAL')
  return db
}
const writer = open()
writer.pragma('secure_delete = OFF')
const { scrub } = aScrub(writer, open(), file)
const random = seeded(Number(seed))
for (;;) {
  churn(writer, random, 60)
  eraseAll(writer)
  writeSync(1, `${(await scrub(sought)).scrubbedPages}\n`)
}

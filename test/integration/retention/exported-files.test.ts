import { createWriteStream } from 'node:fs'
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { createGzip } from 'node:zlib'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createArchiveFiles } from '../../../server/adapters/archives/archive-files.ts'

let dataDir: string
let folder: string
beforeAll(async () => {
  dataDir = await mkdtemp(join(tmpdir(), 'switchyard-exported-'))
  folder = join(dataDir, 'exports', 't')
  await mkdir(folder, { recursive: true })
})
afterAll(() => rm(dataDir, { recursive: true }))

const looked = (holds: (text: string) => boolean) => createArchiveFiles(dataDir).exportsWith('t', holds)

describe('exported files that are looked through', () => {
  it('may be longer than a text can be, and are held in memory a piece at a time', { timeout: 60_000 }, async () => {
    const piece = Buffer.from(`${'x'.repeat(1023)}\n`.repeat(1024))
    function* pieces() {
      for (let n = 0; n < 540; n += 1) yield piece
      yield 'the number'
    }
    await pipeline(Readable.from(pieces()), createGzip({ level: 1 }), createWriteStream(join(folder, 'a.csv.gz')))
    let longest = 0
    const holds = (text: string): boolean => {
      longest = Math.max(longest, text.length)
      return text.includes('number')
    }
    expect(await looked(holds)).toEqual(['a.csv.gz'])
    expect(longest).toBeLessThan(1_000_000)
    await rm(join(folder, 'a.csv.gz'))
  })

  it('are looked through line by line, so that no number is cut in two', async () => {
    // Pieces are 64 KiB; one ends within the number, another right behind what looks like one.
    await writeFile(join(folder, 'cut.csv'), `${'x'.repeat(65_530)}\n+1702555014\n`)
    await writeFile(join(folder, 'one.csv'), `${'x\n'.repeat(32_765)}+17025550147\n`)
    await writeFile(join(folder, 'long.csv'), `${'x'.repeat(3_000_000)}+17025550147`)
    await writeFile(join(folder, 'other.csv'), `${'x\n'.repeat(32_762)}+170255501478\n`)
    expect(await looked((text) => /\+17025550147(?!\d)/.test(text))).toEqual(['long.csv', 'one.csv'])
  })
})

import { createHash } from 'node:crypto'
import { createReadStream, createWriteStream } from 'node:fs'
import { mkdir, open, readdir, rename, rm, stat } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { createInterface } from 'node:readline'
import { Readable, Transform } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { createGunzip, createGzip } from 'node:zlib'
import { DomainError } from '../../domain/errors.ts'
import type { ArchiveFiles } from '../../ports/archive-files.ts'

const nameOf = (kind: string, dayMs: number): string => `${kind}-${new Date(dayMs).toISOString().slice(0, 10)}.jsonl.gz`
const name = /^([a-z_]+)-(\d{4}-\d{2}-\d{2})\.jsonl\.gz$/
const unfinished = '.part'
/** Their text lies there as it is, or compressed; others, such as workbooks, cannot be looked into. */
const readable = /\.(?:csv|jsonl?|txt)(?:\.gz)?(?:\.\w+)?$/
const isPacked = /\.gz(?:\.\w+)?$/

const listed = async (folder: string): Promise<string[]> => {
  try {
    return await readdir(folder)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return []
    throw error
  }
}

const bytesIn = async (folder: string): Promise<number> => {
  let bytes = 0
  for (const inside of await listed(folder))
    for (const file of await listed(join(folder, inside)))
      bytes += await stat(join(folder, inside, file)).then(
        ({ size }) => size,
        // It may have been deleted meanwhile.
        () => 0,
      )
  return bytes
}

const syncFolder = async (folder: string): Promise<void> => {
  // Windows cannot open directories and does not need it.
  if (process.platform === 'win32') return
  const handle = await open(folder, 'r')
  await handle.sync().finally(() => handle.close())
}

const digestOf = async (file: string): Promise<string> => {
  const digest = createHash('sha256')
  for await (const chunk of createReadStream(file)) digest.update(chunk as Buffer)
  return digest.digest('hex')
}

/** `<dataDir>/archives/<tenant>/<kind>-<day>.jsonl.gz`: a JSON text per line and row; `<dataDir>/exports/<tenant>/…`. */
export const createArchiveFiles = (dataDir: string): ArchiveFiles => {
  const folderOf = (tenantId: string): string => join(dataDir, 'archives', tenantId)
  const exportsOf = (tenantId: string): string => join(dataDir, 'exports', tenantId)
  const damaged = (file: string, why: string, cause?: unknown): DomainError =>
    new DomainError(
      'INVALID_INPUT',
      `The archive ${file} ${why}. Put it back from a backup of the data directory, or delete it`,
      undefined,
      { cause },
    )

  async function* read(tenantId: string, kind: string, dayMs: number, sha256?: string): AsyncGenerator<string> {
    const file = join(folderOf(tenantId), nameOf(kind, dayMs))
    try {
      // Before its first row is used: half of a damaged archive helps nobody.
      if (sha256 !== undefined && (await digestOf(file)) !== sha256) throw damaged(file, 'is damaged')
      const source = createReadStream(file)
      const text = source.pipe(createGunzip())
      source.once('error', (error) => text.destroy(error))
      // readline ends without a word when its input fails.
      let failure: unknown
      text.once('error', (error) => (failure = error))
      for await (const line of createInterface({ input: text, crlfDelay: Infinity })) yield line
      if (failure) throw failure as Error
    } catch (error) {
      if (error instanceof DomainError) throw error
      const isMissing = (error as NodeJS.ErrnoException).code === 'ENOENT'
      throw damaged(file, isMissing ? 'is not there' : 'is damaged', error)
    }
  }

  /** Line by line, so that a file of any size takes little memory and no number is cut in two. */
  const holdsText = async (file: string, holds: (text: string) => boolean): Promise<boolean> => {
    if (!readable.test(file)) return true
    const source = createReadStream(file)
    const text = isPacked.test(file) ? source.pipe(createGunzip()) : source
    source.once('error', (error) => text.destroy(error))
    let rest = ''
    for await (const piece of text.setEncoding('utf8')) {
      const lines = rest + String(piece)
      const end = lines.lastIndexOf('\n') + 1
      if (holds(lines.slice(0, end))) {
        source.destroy()
        return true
      }
      rest = lines.slice(end)
    }
    return holds(rest)
  }

  return {
    read,
    list: async (tenantId) =>
      (await listed(folderOf(tenantId))).sort().flatMap((file) => {
        const [, kind, day] = name.exec(file) ?? []
        return kind !== undefined && day !== undefined ? [{ kind, dayMs: Date.parse(day) }] : []
      }),
    write: async (tenantId, kind, dayMs, lines, record) => {
      const folder = folderOf(tenantId)
      if ((await mkdir(folder, { recursive: true, mode: 0o700 })) !== undefined)
        for (const parent of [dirname(folder), dataDir]) await syncFolder(parent)
      const file = join(folder, nameOf(kind, dayMs))
      const digest = createHash('sha256')
      let rows = 0
      async function* text(): AsyncGenerator<string> {
        for await (const line of lines) {
          rows += 1
          yield `${line}\n`
        }
      }
      const counted = new Transform({
        transform(chunk: Buffer, _encoding, done) {
          digest.update(chunk)
          done(null, chunk)
        },
      })
      const temporary = file + unfinished
      await pipeline(
        Readable.from(text()),
        createGzip(),
        counted,
        createWriteStream(temporary, { mode: 0o600, flush: true }),
      )
      await syncFolder(folder)
      await record({ kind, dayMs, rows, bytes: (await stat(temporary)).size, sha256: digest.digest('hex') })
      await rename(temporary, file)
      await syncFolder(folder)
    },
    settle: async (tenantId, recorded) => {
      const folder = folderOf(tenantId)
      for (const part of (await listed(folder)).filter((file) => file.endsWith(unfinished))) {
        const file = join(folder, part)
        const whole = part.slice(0, -unfinished.length)
        const noted = recorded.find(({ kind, dayMs }) => nameOf(kind, dayMs) === whole)
        if (noted && (await digestOf(file)) === noted.sha256) await rename(file, join(folder, whole))
        else await rm(file, { force: true })
        await syncFolder(folder)
      }
    },
    removeTenant: (tenantId) => rm(folderOf(tenantId), { recursive: true, force: true }),
    removeOrphans: async (isTenant) => {
      for (const tenantId of await listed(join(dataDir, 'archives')))
        if (!(await isTenant(tenantId))) await rm(folderOf(tenantId), { recursive: true, force: true })
    },
    sizes: async () => ({
      archiveBytes: await bytesIn(join(dataDir, 'archives')),
      exportBytes: await bytesIn(join(dataDir, 'exports')),
    }),
    exportsWith: async (tenantId, holds) => {
      const found: string[] = []
      for (const file of await listed(exportsOf(tenantId)))
        if (await holdsText(join(exportsOf(tenantId), file), holds)) found.push(file)
      return found
    },
    deleteExport: (tenantId, file) => rm(join(exportsOf(tenantId), file), { force: true }),
  }
}

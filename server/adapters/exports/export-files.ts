import type { Dirent } from 'node:fs'
import { type FileHandle, mkdir, open, readdir, rename, rm, statfs } from 'node:fs/promises'
import { join } from 'node:path'
import type { ExportFormat } from '../../../shared/vocabulary.ts'
import type { ExportFiles, ExportKey } from '../../ports/exports.ts'
import { DomainError } from '../../domain/errors.ts'
import { isMissing, sayFileError } from './file-errors.ts'
import { createPlainFile } from './plain-file.ts'
import { createWorkbookFile } from './workbook-file.ts'

const extensions: Readonly<Record<ExportFormat, string>> = { csv: 'csv', json: 'jsonl', xlsx: 'xlsx' }
const unfinished = '.part'

/** Left for calls, whose records lie on the same disk as a rule. */
const leastFreeBytes = 256 * 2 ** 20

const freeBytesOnDisk = async (folder: string): Promise<number> => {
  const { bavail, bsize } = await statfs(folder).catch(sayFileError)
  return bavail * bsize
}

const listed = async (folder: string, isWanted: (entry: Dirent) => boolean): Promise<string[]> => {
  const entries = await readdir(folder, { withFileTypes: true }).catch((error: unknown) => {
    if (isMissing(error)) return []
    throw error
  })
  return entries.filter(isWanted).map(({ name }) => name)
}
const filesIn = (folder: string): Promise<string[]> => listed(folder, (entry) => !entry.isDirectory())
const foldersIn = (folder: string): Promise<string[]> => listed(folder, (entry) => entry.isDirectory())

/** A new name survives a power cut once its folder is synced, which Windows neither can nor needs. */
const syncFolder = async (folder: string): Promise<void> => {
  if (process.platform === 'win32') return
  const handle = await open(folder, 'r')
  await handle.sync().finally(() => handle.close())
}

/** A folder of each tenant, for the owner of the process only; files get their name when they are whole. */
export const createExportFiles = (root: string, freeBytesIn = freeBytesOnDisk): ExportFiles => {
  const folderOf = (tenantId: string): string => join(root, tenantId)
  const path = ({ tenantId, id, format }: ExportKey): string => join(folderOf(tenantId), `${id}.${extensions[format]}`)

  const assertRoom = async (folder: string): Promise<void> => {
    if ((await freeBytesIn(folder)) >= leastFreeBytes) return
    const message = `The disk has less than the ${leastFreeBytes / 2 ** 20} MiB left that calls may need; free some space, or narrow the filter, and export again`
    throw new DomainError('UNAVAILABLE', message)
  }

  const openWriter = (key: ExportKey, file: FileHandle, from: number) => {
    const settle = async (): Promise<void> => {
      await rename(path(key) + unfinished, path(key)).catch(sayFileError)
      await syncFolder(folderOf(key.tenantId))
    }
    const hasRoom = (): Promise<void> => assertRoom(folderOf(key.tenantId))
    return key.format === 'xlsx'
      ? createWorkbookFile(file, hasRoom, settle)
      : createPlainFile(file, from, hasRoom, settle)
  }

  return {
    path,
    async begin(key) {
      await mkdir(folderOf(key.tenantId), { recursive: true, mode: 0o700 }).catch(sayFileError)
      await assertRoom(folderOf(key.tenantId))
      const file = await open(path(key) + unfinished, 'w', 0o600).catch(sayFileError)
      return openWriter(key, file, 0)
    },
    async resume(key, bytes) {
      if (key.format === 'xlsx') return undefined
      const file = await open(path(key) + unfinished, 'r+').catch((error: unknown) => {
        if (isMissing(error)) return undefined
        return sayFileError(error)
      })
      if (!file) return undefined
      if ((await file.stat()).size < bytes) {
        await file.close()
        return undefined
      }
      await file.truncate(bytes)
      return openWriter(key, file, bytes)
    },
    async remove({ tenantId, id }) {
      const folder = folderOf(tenantId)
      for (const name of await filesIn(folder))
        if (name.split('.', 1)[0] === id) await rm(join(folder, name), { force: true })
    },
    removeTenant: (tenantId) => rm(folderOf(tenantId), { recursive: true, force: true }),
    async removeOrphans(known) {
      const found: { folder: string; names: string[] }[] = []
      for (const tenantId of await foldersIn(root))
        found.push({ folder: tenantId, names: await filesIn(join(root, tenantId)) })
      const kept = new Set((await known()).map(({ tenantId, id }) => `${tenantId}/${id}`))
      for (const { folder, names } of found)
        for (const name of names)
          if (!kept.has(`${folder}/${name.split('.', 1)[0]}`)) await rm(join(root, folder, name), { force: true })
    },
  }
}

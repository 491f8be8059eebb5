import { mkdir, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises'
import { existsSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createExportFiles } from '../../../server/adapters/exports/export-files.ts'
import type { ExportFiles } from '../../../server/ports/exports.ts'
import { exportFilesOf } from '../../support/exports.ts'

let dataDir: string
let files: ExportFiles
beforeAll(async () => {
  dataDir = await mkdtemp(join(tmpdir(), 'switchyard-files-'))
  files = createExportFiles(join(dataDir, 'exports'))
})
afterAll(() => rm(dataDir, { recursive: true, force: true }))

const bytes = (text: string): Buffer => Buffer.from(text)

describe('files of exports', () => {
  it('go on where they were cut, and have their name when they are whole', async () => {
    const key = { tenantId: 't', id: 'a', format: 'csv' } as const
    expect(await files.resume(key, 0)).toBeUndefined()
    const first = await files.begin(key)
    await first.write(bytes('one,two,'))
    await first.sync()
    await first.leave()
    expect(await files.resume(key, 9)).toBeUndefined()
    const second = await files.resume(key, 4)
    await second!.write(bytes('three'))
    expect(second!.bytes).toBe(9)
    expect(existsSync(files.path(key))).toBe(false)
    await second!.finish()
    expect(await readFile(files.path(key), 'utf8')).toBe('one,three')
    expect(await exportFilesOf(dataDir)).toEqual(['a.csv'])
  })

  it('are removed with their export or their tenant, or when nobody knows them', async () => {
    for (const [tenantId, id] of [
      ['t', 'b'],
      ['t', 'c'],
      ['u', 'd'],
    ] as const)
      await (await files.begin({ tenantId, id, format: 'json' })).leave()
    await files.remove({ tenantId: 't', id: 'a' })
    await files.remove({ tenantId: 'nobody', id: 'a' })
    await files.removeOrphans(() =>
      Promise.resolve([
        { tenantId: 't', id: 'b' },
        { tenantId: 'u', id: 'd' },
      ]),
    )
    expect((await exportFilesOf(dataDir)).sort()).toEqual(['b.jsonl.part', 'd.jsonl.part'])
    await files.removeTenant('u')
    await files.removeTenant('t')
    expect(await exportFilesOf(dataDir)).toEqual([])
  })

  it('of others that lie there are let be, or removed, but trouble nobody', async () => {
    const root = join(dataDir, 'exports')
    await mkdir(join(root, 't', 'folder'), { recursive: true })
    await writeFile(join(root, '.DS_Store'), 'x')
    await writeFile(join(root, 't', '.DS_Store'), 'x')
    await files.remove({ tenantId: 't', id: 'folder' })
    await files.removeOrphans(() => Promise.resolve([]))
    expect(await exportFilesOf(dataDir)).toEqual(['.DS_Store'])
    await rm(root, { recursive: true })
  })

  it('leave calls some of the disk', async () => {
    const refused = { code: 'UNAVAILABLE', message: expect.stringContaining('free some space') as string }
    for (const format of ['csv', 'xlsx'] as const) {
      const key = { tenantId: 'little', id: format, format }
      let isFull = false
      const room = createExportFiles(join(dataDir, 'exports'), () => Promise.resolve(isFull ? 2 ** 27 : 2 ** 30))
      const writer = await room.begin(key)
      await writer.write(bytes('one'))
      await writer.sync()
      isFull = true
      await expect(writer.sync()).rejects.toMatchObject(refused)
      await writer.leave()
      await expect(room.begin(key)).rejects.toMatchObject(refused)
      await files.remove(key)
    }
  })

  it.runIf(existsSync('/dev/full'))('say so when the disk is full', async () => {
    await mkdir(join(dataDir, 'exports', 'full'), { recursive: true })
    for (const format of ['csv', 'xlsx'] as const) {
      const key = { tenantId: 'full', id: format, format }
      await symlink('/dev/full', `${files.path(key)}.part`)
      const writer = await files.begin(key)
      const writeMuch = async (): Promise<void> => {
        for (let i = 0; i < 100; i += 1) await writer.write(Buffer.alloc(100_000, i))
        await writer.finish()
      }
      await expect(writeMuch()).rejects.toMatchObject({
        code: 'UNAVAILABLE',
        message: expect.stringContaining('The disk is full; free some space') as string,
      })
      await writer.leave()
      await files.remove(key)
    }
    expect(await exportFilesOf(dataDir)).toEqual([])
  })
})

import * as fs from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import {
  databaseFile,
  prepareDataDirectory,
  syncDirectory,
} from '../../../../server/adapters/sqlite/file/data-directory.ts'

vi.mock('node:fs/promises', { spy: true })

let dataDir: string
beforeEach(async () => {
  dataDir = await fs.mkdtemp(join(tmpdir(), 'switchyard-test-'))
})
afterEach(async () => {
  vi.unstubAllGlobals()
  await fs.rm(dataDir, { recursive: true, force: true })
})

const fault = (code: string) => Object.assign(new Error(`${code}: as the system says`), { code })

describe('preparing the data directory', () => {
  it('makes an empty database for its owner only, and leaves one that is there alone', async () => {
    await prepareDataDirectory(dataDir)
    expect((await fs.stat(databaseFile(dataDir))).mode & 0o777).toBe(0o600)
    await fs.writeFile(databaseFile(dataDir), 'kept')
    await prepareDataDirectory(dataDir)
    expect(await fs.readFile(databaseFile(dataDir), 'utf8')).toBe('kept')
  })

  it.each<[string, unknown, string]>([
    ['EACCES', fault('EACCES'), 'permission denied'],
    ['EPERM', fault('EPERM'), 'permission denied'],
    ['EROFS', fault('EROFS'), 'the file system is read-only'],
    ['ELOOP', fault('ELOOP'), 'ELOOP: as the system says'],
    ['no code', 'odd', 'odd'],
  ])('explains %s, with the way out', async (_code, error, reason) => {
    vi.mocked(fs.mkdir).mockRejectedValueOnce(error)
    await expect(prepareDataDirectory(dataDir)).rejects.toMatchObject({
      name: 'DataDirectoryError',
      message: expect.stringMatching(`${dataDir} .*: ${reason}\\. .*SWITCHYARD_DATA_DIR`) as string,
      cause: error,
    })
  })

  it('says that the disk is full, which no permission would help', async () => {
    vi.mocked(fs.open).mockRejectedValueOnce(fault('ENOSPC'))
    const refused = prepareDataDirectory(dataDir)
    await expect(refused).rejects.toMatchObject({ name: 'DiskFullError' })
    await expect(refused).rejects.toThrow(/is full\. Free some space/)
  })

  it('refuses a file that the system takes for made', async () => {
    const file = join(dataDir, 'file')
    await fs.writeFile(file, '')
    vi.mocked(fs.mkdir).mockResolvedValueOnce(undefined)
    await expect(prepareDataDirectory(file)).rejects.toThrow(`${file} is a file, not a directory`)
  })
})

describe('syncing a directory', () => {
  it('opens it, and only where directories can be opened', async () => {
    await expect(syncDirectory(dataDir)).resolves.toBeUndefined()
    await expect(syncDirectory(join(dataDir, 'missing'))).rejects.toMatchObject({ code: 'ENOENT' })
    vi.stubGlobal('process', { ...process, platform: 'win32' })
    await expect(syncDirectory(join(dataDir, 'missing'))).resolves.toBeUndefined()
  })
})

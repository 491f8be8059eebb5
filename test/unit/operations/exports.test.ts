import { describe, expect, it } from 'vitest'
import { createExportHandlers } from '../../../server/operations/exports.ts'
import { createExportRunner, type ExportDeps } from '../../../server/operations/export-runner.ts'
import { DomainError } from '../../../server/domain/errors.ts'
import type { ExportChunk, ExportStore, ExportWriter, StoredExport } from '../../../server/ports/exports.ts'
import type { Export } from '../../../shared/contract/exports.ts'
import type { Actor } from '../../../shared/contract/index.ts'
import type { TenantDirectory } from '../../../server/operations/tenant-directory.ts'

const actor: Actor = { kind: 'local', name: 'me', role: 'owner' }
const aRow = (more: Partial<StoredExport> = {}): StoredExport => ({
  id: 'x',
  tenantId: 't',
  state: 'running',
  request: { format: 'csv', fields: ['from'], filter: {}, order: 'desc' },
  shown: { filter: {}, times: 'utc' },
  rows: 0,
  bytes: 0,
  lastNo: 9,
  createdBy: 'me',
  createdAtMs: 1,
  ...more,
})

/** One export in a store of its own, read from what is handed in. */
const aRunner = (
  read: () => Promise<ExportChunk>,
  {
    row = aRow(),
    write,
    finish,
    save,
  }: { row?: StoredExport; write?: () => Promise<void>; finish?: () => void; save?: ExportStore['save'] } = {},
) => {
  let stored: StoredExport | undefined = { ...row, state: 'queued' }
  const removed: string[] = []
  const faults: string[] = []
  const told: string[] = []
  let bytes = 0
  let nowMs = 0
  const writer: ExportWriter = {
    get bytes() {
      return bytes
    },
    write: async (piece) => {
      await write?.()
      bytes += piece.length
    },
    sync: async () => undefined,
    finish: async () => finish?.(),
    leave: async () => undefined,
  }
  const store = {
    claim: async () => {
      if (stored?.state !== 'queued') return undefined
      stored = { ...stored, state: 'running' }
      return stored
    },
    get: async () => stored,
    save: save ?? (async () => stored?.state === 'running'),
    end: async (_id: string, from: string[], to: StoredExport['state'], more: { reason?: string }) => {
      if (!stored || !from.includes(stored.state)) return false
      stored = { ...stored, state: to, reason: more.reason }
      return true
    },
  } as unknown as ExportStore
  const deps = {
    store,
    source: { read, count: async () => ({ total: 1_048_576 }) },
    files: {
      begin: async () => writer,
      resume: async () => undefined,
      remove: async ({ id }: { id: string }) => void removed.push(id),
      removeTenant: async () => undefined,
      removeOrphans: async () => undefined,
      path: () => '',
    },
    events: { publish: (_name, payload) => void told.push((payload as { export: Export }).export.state) },
    clock: { nowMs: () => nowMs, steadyMs: () => (nowMs += 400), micros: () => 0 },
    wait: async () => undefined,
    log: { info: () => undefined, warn: () => undefined, error: (_of, what) => void faults.push(what) },
    limits: { mostBytes: 1000, keptMs: 1000, mostPerTenant: 5 },
    alone: (work) => work(),
  } satisfies ExportDeps
  return {
    runner: createExportRunner(deps),
    deps,
    removed,
    faults,
    told,
    stored: () => stored,
    set: (next?: StoredExport) => (stored = next),
  }
}

const piece = (rows: number, next?: number[]): ExportChunk => ({
  bytes: Buffer.from('row'),
  rows,
  ...(next && { next }),
})

describe('the work on an export', () => {
  it('ends as failed where a workbook gets more rows than it holds', async () => {
    const row = aRow({ request: { format: 'xlsx', fields: ['from'], filter: {}, order: 'desc' } })
    const { runner, stored, removed } = aRunner(async () => piece(600_000, [1, 1]), { row })
    await runner.work()
    expect(stored()).toMatchObject({ state: 'failed', reason: expect.stringContaining('export as csv') as string })
    expect(removed).toEqual(['x'])
  })

  it('ends as failed, with nothing left, where the disk is full', async () => {
    const full = new DomainError('UNAVAILABLE', 'The disk is full; free some space')
    const { runner, stored, removed } = aRunner(async () => piece(1), { write: () => Promise.reject(full) })
    await runner.work()
    expect(stored()).toMatchObject({ state: 'failed', reason: 'The disk is full; free some space' })
    expect(removed).toEqual(['x'])
  })

  it('ends as failed for a fault, which is not told to clients', async () => {
    const { runner, stored } = aRunner(() => Promise.reject(new Error('secret')))
    await runner.work()
    expect(stored()).toMatchObject({ state: 'failed', reason: 'A fault of ours; the log has it' })
  })

  it('waits for a reader that is started again, and gives up on one that does not come back', async () => {
    let tries = 0
    const gone = new DomainError('UNAVAILABLE', 'The exporter of the store stopped')
    const { runner, stored } = aRunner(() => ((tries += 1) < 3 ? Promise.reject(gone) : Promise.resolve(piece(1))))
    await runner.work()
    expect(stored()?.state).toBe('done')
    const never = aRunner(() => Promise.reject(gone))
    await never.runner.work()
    expect(never.stored()).toMatchObject({ state: 'failed', reason: gone.message })
  })

  it('ends with nothing left where another node has cancelled it, and tells that last', async () => {
    let reads = 0
    const made = aRunner(async () => {
      reads += 1
      if (reads === 3) made.set(aRow({ state: 'cancelled' }))
      return piece(1, [reads, 1])
    })
    await made.runner.work()
    expect([made.removed, made.faults, made.told.at(-1)]).toEqual([['x'], [], 'cancelled'])
  })

  it('is no failure where its file was taken away because it was cancelled', async () => {
    const made = aRunner(async () => piece(1), {
      finish: () => {
        made.set(aRow({ state: 'cancelled' }))
        throw new Error('ENOENT')
      },
    })
    await made.runner.work()
    expect([made.stored()?.state, made.faults, made.told.at(-1)]).toEqual(['cancelled', [], 'cancelled'])
  })

  it('ends as failed also where its file cannot be removed', async () => {
    const { runner, stored, deps, faults } = aRunner(() => Promise.reject(new DomainError('NOT_FOUND', 'gone')))
    deps.files.remove = () => Promise.reject(new Error('EPERM'))
    await runner.work()
    expect(stored()).toMatchObject({ state: 'failed', reason: 'gone' })
    expect(faults).toEqual(['The file of an export could not be removed'])
  })

  it('waits for a writer of the store that is started again', async () => {
    let tries = 0
    const gone = new DomainError('UNAVAILABLE', 'The writer of the store stopped')
    const save = () => ((tries += 1) < 3 ? Promise.reject(gone) : Promise.resolve(true))
    let reads = 0
    const { runner, stored } = aRunner(async () => piece(1, (reads += 1) < 3 ? [reads, 1] : undefined), { save })
    await runner.work()
    expect([stored()?.state, tries > 2]).toEqual(['done', true])
  })

  it('is left to the next start where the reader is away when the server closes', async () => {
    const gone = new DomainError('UNAVAILABLE', 'The exporter of the store stopped')
    let closed: Promise<void> | undefined
    const made = aRunner(() => {
      closed ??= made.runner.close()
      return Promise.reject(gone)
    })
    await made.runner.work()
    await closed
    expect([made.stored()?.state, made.removed]).toEqual(['running', []])
  })

  it('is left alone while another node is at exports', async () => {
    const { deps, stored } = aRunner(async () => piece(1))
    await createExportRunner({ ...deps, alone: async () => undefined }).work()
    expect(stored()?.state).toBe('queued')
  })

  it('that was deleted while it was finished leaves nothing', async () => {
    const made = aRunner(async () => piece(1), { finish: () => void made.set() })
    await made.runner.work()
    expect(made.removed).toEqual(['x'])
  })
})

describe('asking for a workbook', () => {
  it('is refused where it is known that there are too many records', async () => {
    const { runner, deps } = aRunner(async () => piece(1))
    const tenant = { tenant: { timeZone: 'UTC' } }
    const directory = { byId: () => tenant } as unknown as TenantDirectory
    const handlers = createExportHandlers({ ...deps, directory, newId: () => 'x', runner })
    await expect(handlers['exports.create'](actor, { tenantId: 't', format: 'xlsx' })).rejects.toMatchObject({
      code: 'INVALID_INPUT',
      message: 'A worksheet holds 1048575 records and these are 1048576; export as csv, or narrow the filter',
    })
  })
})

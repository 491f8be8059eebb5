import { mostSheetRows } from '../domain/exports/sheet.ts'
import { DomainError } from '../domain/errors.ts'
import type { EventBus } from '../ports/event-bus.ts'
import type {
  ExportChunk,
  ExportFiles,
  ExportPlace,
  ExportProgress,
  ExportSource,
  ExportStore,
  ExportWriter,
  StoredExport,
} from '../ports/exports.ts'
import type { Clock, Log, Wait } from '../ports/system.ts'
import { toExport } from './export-shown.ts'

export interface ExportLimits {
  /** Of one file. */
  readonly mostBytes: number
  /** A file is deleted so long after it was done. */
  readonly keptMs: number
  /** Of one tenant: not done, or with their file. */
  readonly mostPerTenant: number
}
export const usualExportLimits: ExportLimits = { mostBytes: 4 * 2 ** 30, keptMs: 72 * 3_600_000, mostPerTenant: 20 }

export interface ExportDeps {
  readonly store: ExportStore
  readonly source: ExportSource
  readonly files: ExportFiles
  readonly events: Pick<EventBus, 'publish'>
  readonly clock: Clock
  readonly wait: Wait
  readonly log: Log
  readonly limits: ExportLimits
  /** Answers undefined, at once, where another node is at exports. */
  readonly alone: <T>(work: () => Promise<T>) => Promise<T | undefined>
}

const saveMs = 1000
const tellMs = 500
const tries = 5
const againMs = 1000

interface Job {
  readonly row: StoredExport
  progress: ExportProgress
  isStopped: boolean
  toldAtMs: number
}

const mebibytes = (bytes: number): string => `${Math.floor(bytes / 1_048_576)} MiB`

/** Works on exports, one after the other. What it was at when it ended is gone on with by whoever claims it next. */
export const createExportRunner = ({ store, source, files, events, clock, wait, log, limits, alone }: ExportDeps) => {
  let current: { readonly job: Job; readonly over: Promise<void> } | undefined
  let running: Promise<void> | undefined
  let wakes = 0
  let isClosing = false

  const tell = (row: StoredExport): void =>
    events.publish('export.changed', { tenantId: row.tenantId, export: toExport(row, limits.keptMs) })

  const tellProgress = (job: Job): void => {
    if (clock.steadyMs() - job.toldAtMs < tellMs) return
    job.toldAtMs = clock.steadyMs()
    tell({ ...job.row, ...job.progress })
  }

  /** Threads of the store that stop are started again. */
  const patiently = async <T>(job: Job, ask: () => Promise<T>): Promise<T> => {
    for (let n = 1; ; n += 1) {
      try {
        return await ask()
      } catch (error) {
        const isPassing = error instanceof DomainError && error.code === 'UNAVAILABLE'
        if (!isPassing || n >= tries || job.isStopped || isClosing) throw error
        await wait(againMs)
      }
    }
  }

  const read = (job: Job, from: ExportPlace | undefined): Promise<ExportChunk> => {
    const { id, tenantId, request, lastNo } = job.row
    return patiently(job, () => source.read({ id, tenantId, request, lastNo }, from))
  }

  const assertWithin = ({ row: { request }, progress: { rows, bytes } }: Job): void => {
    if (request.format === 'xlsx' && rows >= mostSheetRows)
      throw new DomainError(
        'CONFLICT',
        `A worksheet holds ${mostSheetRows - 1} records and there are more; export as csv, or narrow the filter`,
      )
    if (bytes > limits.mostBytes)
      throw new DomainError(
        'CONFLICT',
        `The file would be larger than the ${mebibytes(limits.mostBytes)} that an export may have; narrow the filter, choose fewer fields, or raise SWITCHYARD_EXPORT_MAX_MIB`,
      )
  }

  /** Answers whether it came to the end; otherwise it is not wanted any more, or the server is closing. */
  const writeAll = async (job: Job, writer: ExportWriter): Promise<boolean> => {
    const save = async (progress: ExportProgress): Promise<boolean> => {
      await writer.sync()
      return patiently(job, () => store.save(job.row.id, progress))
    }
    let savedAtMs = -saveMs
    let saving = Promise.resolve(true)
    for (let reading = read(job, job.progress.place); ;) {
      const { bytes, rows, next } = await reading
      if (job.isStopped) return false
      if (next) {
        reading = read(job, next)
        // Whoever waits for it hears of it; until then nobody does.
        reading.catch(() => undefined)
      }
      await writer.write(bytes)
      job.progress = { rows: job.progress.rows + rows, bytes: writer.bytes, place: next }
      assertWithin(job)
      tellProgress(job)
      if (!next) return saving
      if (isClosing || clock.steadyMs() - savedAtMs >= saveMs) {
        if (!(await saving)) return false
        savedAtMs = clock.steadyMs()
        saving = save(job.progress)
        saving.catch(() => undefined)
      }
      if (isClosing) {
        await reading.catch(() => undefined)
        await saving
        return false
      }
    }
  }

  const openWriter = async (job: Job): Promise<ExportWriter> => {
    const { id, tenantId, request, bytes, place } = job.row
    const key = { tenantId, id, format: request.format }
    const resumed = place && (await files.resume(key, bytes))
    if (resumed) return resumed
    job.progress = { rows: 0, bytes: 0 }
    return files.begin(key)
  }

  const tellStored = async ({ tenantId, id }: StoredExport): Promise<void> => {
    const stored = await store.get(tenantId, id)
    if (stored) tell(stored)
  }

  /** Nothing stays of one that was cancelled or deleted; its last state is told after what was told of it here. */
  const clearUnwanted = async (row: StoredExport): Promise<void> => {
    const stored = await store.get(row.tenantId, row.id)
    if (stored?.state === 'running' || stored?.state === 'done') return
    await files.remove(row)
    if (stored) tell(stored)
  }

  const fail = async ({ row, progress: { rows } }: Job, error: unknown): Promise<void> => {
    if ((await store.get(row.tenantId, row.id))?.state !== 'running') return clearUnwanted(row)
    const isKnown = error instanceof DomainError
    if (!isKnown) log.error({ err: error, export: row.id, tenantId: row.tenantId }, 'An export failed')
    const reason = isKnown ? error.message : 'A fault of ours; the log has it'
    // First, for where the disk is full there is no room for what follows.
    await files
      .remove(row)
      .catch((cause: unknown) =>
        log.error({ err: cause, export: row.id }, 'The file of an export could not be removed'),
      )
    const ended = { nowMs: clock.nowMs(), progress: { rows, bytes: 0 }, reason }
    if (await store.end(row.id, ['running'], 'failed', ended)) await tellStored(row)
  }

  const workOn = async (job: Job): Promise<void> => {
    const { row } = job
    let writer: ExportWriter | undefined
    try {
      writer = await openWriter(job)
      if (await writeAll(job, writer)) {
        await writer.finish()
        job.progress = { ...job.progress, bytes: writer.bytes }
        writer = undefined
        assertWithin(job)
        const ended = { nowMs: clock.nowMs(), progress: job.progress }
        if (await store.end(row.id, ['running'], 'done', ended)) await tellStored(row)
        else await clearUnwanted(row)
      } else {
        await writer.leave()
        await clearUnwanted(row)
      }
    } catch (error) {
      await writer?.leave().catch(() => undefined)
      // Whoever starts next goes on with it.
      if (!isClosing) await fail(job, error)
    }
  }

  const runAll = async (): Promise<void> => {
    while (!isClosing) {
      const seen = wakes
      const row = await store.claim()
      if (!row) {
        if (seen === wakes) return
        continue
      }
      const { rows, bytes, place } = row
      const job: Job = { row, progress: { rows, bytes, place }, isStopped: false, toldAtMs: -tellMs }
      const over = workOn(job)
      current = { job, over }
      await over.finally(() => (current = undefined))
    }
  }

  const stop = async (isMeant: (row: StoredExport) => boolean): Promise<void> => {
    if (!current || !isMeant(current.job.row)) return
    current.job.isStopped = true
    await current.over.catch(() => undefined)
  }

  /** Looks for work, and does it. */
  const work = (): Promise<void> => {
    wakes += 1
    return (running ??= alone(runAll).finally(() => (running = undefined)))
  }

  return {
    work,
    /** As `work`, for whoever does not wait for it; what fails is tried again with the next look. */
    wake: (): void =>
      void work().catch((error: unknown) => log.error({ err: error }, 'Exports could not be gone on with')),
    /** Resolves when nothing is written of it any more. */
    stop: (id: string): Promise<void> => stop((row) => row.id === id),
    /** With how far it is, where this node works on it. */
    withProgress: (row: StoredExport): StoredExport =>
      current?.job.row.id === row.id && row.state === 'running' ? { ...row, ...current.job.progress } : row,
    tell,
    /** The tenant is gone. */
    async forgetTenant(tenantId: string): Promise<void> {
      await stop((row) => row.tenantId === tenantId)
      await files.removeTenant(tenantId)
    },
    async close(): Promise<void> {
      isClosing = true
      await running?.catch(() => undefined)
    },
  }
}

export type ExportRunner = ReturnType<typeof createExportRunner>

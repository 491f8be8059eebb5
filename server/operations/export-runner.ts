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
  /** Of this process alone. */
  readonly nodeId: string
}

/** Who says nothing for so long is taken for gone, and another node goes on. */
const claimMs = 15_000
/** A piece is not written when its claim may be over before that is done. */
const claimReserveMs = 5000
const saveMs = 1000
const tellMs = 500
const readTries = 5
const readAgainMs = 1000

interface Job {
  readonly row: StoredExport
  progress: ExportProgress
  isStopped: boolean
  toldAtMs: number
}

const mebibytes = (bytes: number): string => `${Math.floor(bytes / 1_048_576)} MiB`

/** Works on exports, one after the other. What it was at when it ended is gone on with by whoever claims it next. */
export const createExportRunner = ({ store, source, files, events, clock, wait, log, limits, nodeId }: ExportDeps) => {
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

  const read = async (job: Job, from: ExportPlace | undefined): Promise<ExportChunk> => {
    const { row } = job
    for (let tries = 1; ; tries += 1) {
      try {
        return await source.read(row.tenantId, row.request, row.lastNo, from)
      } catch (error) {
        const isPassing = error instanceof DomainError && error.code === 'UNAVAILABLE'
        if (!isPassing || tries >= readTries || job.isStopped || isClosing) throw error
        await wait(readAgainMs)
      }
    }
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

  /** Answers whether it came to the end; otherwise somebody stopped it, or it is no longer ours. */
  const writeAll = async (job: Job, writer: ExportWriter): Promise<boolean> => {
    const { row } = job
    let savedAtMs = clock.steadyMs()
    const save = async (): Promise<boolean> => {
      await writer.sync()
      savedAtMs = clock.steadyMs()
      return store.save(row.id, nodeId, job.progress, clock.nowMs() + claimMs)
    }
    for (let reading = read(job, job.progress.place); ;) {
      const { bytes, rows, next } = await reading
      if (job.isStopped) return false
      if (clock.steadyMs() - savedAtMs > claimMs - claimReserveMs && !(await save())) return false
      if (next) {
        reading = read(job, next)
        // Whoever waits for it hears of it; until then nobody does.
        reading.catch(() => undefined)
      }
      await writer.write(bytes)
      job.progress = { rows: job.progress.rows + rows, bytes: writer.bytes, place: next }
      assertWithin(job)
      tellProgress(job)
      if (!next) break
      if (clock.steadyMs() - savedAtMs >= saveMs && !(await save())) return false
      if (isClosing) {
        await reading.catch(() => undefined)
        await writer.sync()
        // Free for whoever comes next.
        await store.save(row.id, nodeId, job.progress, 0)
        return false
      }
    }
    return save()
  }

  const openWriter = async (job: Job): Promise<ExportWriter> => {
    const { id, tenantId, request, bytes, place } = job.row
    const key = { tenantId, id, format: request.format }
    const resumed = place && (await files.resume(key, bytes))
    if (resumed) return resumed
    job.progress = { rows: 0, bytes: 0 }
    return files.begin(key)
  }

  /** Nothing stays of one that was cancelled or deleted; one that somebody else works on is left to them. */
  const clearUnwanted = async ({ tenantId, id }: StoredExport): Promise<void> => {
    const state = (await store.get(tenantId, id))?.state
    if (state !== 'queued' && state !== 'running' && state !== 'done') await files.remove({ tenantId, id })
  }

  const fail = async (job: Job, error: unknown): Promise<void> => {
    const { row } = job
    const isKnown = error instanceof DomainError
    if (!isKnown) log.error({ err: error, export: row.id, tenantId: row.tenantId }, 'An export failed')
    const reason = isKnown ? error.message : 'A fault of ours; the log has it'
    await files.remove(row)
    const ended = { nowMs: clock.nowMs(), nodeId, progress: { rows: job.progress.rows, bytes: 0 }, reason }
    if (await store.end(row.id, ['running'], 'failed', ended)) await tellStored(row)
  }

  const tellStored = async ({ tenantId, id }: StoredExport): Promise<void> => {
    const stored = await store.get(tenantId, id)
    if (stored) tell(stored)
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
        const ended = { nowMs: clock.nowMs(), nodeId, progress: job.progress }
        if (await store.end(row.id, ['running'], 'done', ended)) await tellStored(row)
        else await clearUnwanted(row)
      } else {
        await writer.leave()
        await clearUnwanted(row)
      }
    } catch (error) {
      await writer?.leave().catch(() => undefined)
      await fail(job, error)
    }
  }

  const runAll = async (): Promise<void> => {
    while (!isClosing) {
      const seen = wakes
      const row = await store.claim(nodeId, clock.nowMs(), clock.nowMs() + claimMs)
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
    return (running ??= runAll().finally(() => (running = undefined)))
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

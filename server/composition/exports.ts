import { join } from 'node:path'
import { createExportFiles } from '../adapters/exports/export-files.ts'
import { openChangeLock } from '../adapters/sqlite/open-sqlite-store.ts'
import { createExportRunner, usualExportLimits } from '../operations/export-runner.ts'
import type { Base } from './base.ts'
import type { Running } from './runtime-state.ts'

export type Exports = Awaited<ReturnType<typeof openExports>>

/** Exports are gone on with by upkeep, and end with `runner.close`. Of several nodes one is at it. */
export const openExports = async (base: Base, { events, nodes }: Running) => {
  const { config, store, clock, wait, log, onClose } = base
  const lock = nodes && (await openChangeLock(config.dataDir, 'exports.lock'))
  onClose(() => lock?.close())
  const deps = {
    store: store.exports,
    source: store.exportSource,
    files: createExportFiles(join(config.dataDir, 'exports')),
    events,
    clock,
    wait,
    log,
    limits: { ...usualExportLimits, ...config.exportLimits },
    alone: <T>(work: () => Promise<T>) => (lock ? lock.aloneAtOnce(work) : work()),
  }
  return { deps, runner: createExportRunner(deps) }
}

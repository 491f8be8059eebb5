import { join } from 'node:path'
import { createExportFiles } from '../adapters/exports/export-files.ts'
import { createExportRunner, usualExportLimits } from '../operations/export-runner.ts'
import type { Base } from './base.ts'
import type { Running } from './runtime-state.ts'

export type Exports = Awaited<ReturnType<typeof openExports>>

/** Exports are gone on with by upkeep, and end with `runner.close`. */
export const openExports = async (base: Base, { events, nodes }: Running) => {
  const { config, store, clock, wait, log, newId } = base
  const deps = {
    store: store.exports,
    source: store.exportSource,
    files: createExportFiles(join(config.dataDir, 'exports')),
    events,
    clock,
    wait,
    log,
    limits: { ...usualExportLimits, ...config.exportLimits },
    nodeId: newId(),
  }
  const runner = createExportRunner(deps)
  if (!nodes) await store.exports.release()
  await deps.files.removeOrphans(() => store.exports.withFiles())
  return { deps, runner }
}

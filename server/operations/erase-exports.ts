import type { ArchiveFiles } from '../ports/archive-files.ts'
import type { ExportFiles, ExportStore } from '../ports/exports.ts'
import type { Clock } from '../ports/system.ts'
import type { ExportRunner } from './export-runner.ts'

export interface ExportEraserDeps {
  readonly exports: Pick<ExportStore, 'delete' | 'end' | 'get' | 'withFiles'>
  readonly exportFiles: Pick<ExportFiles, 'remove'>
  readonly exportRunner: Pick<ExportRunner, 'stop' | 'tell'>
  readonly archives: Pick<ArchiveFiles, 'exportsWith' | 'deleteExport'>
  readonly clock: Pick<Clock, 'nowMs'>
}

const reason = 'A number was erased from the records meanwhile, which this export may have read before; export again'

/** Deletes exported files that hold a number, and ends exports under way. Answers how many files held it. */
export const createExportEraser = ({ exports, exportFiles, exportRunner, archives, clock }: ExportEraserDeps) => {
  const endRunning = async (tenantId: string): Promise<void> => {
    for (const { id } of (await exports.withFiles()).filter((one) => one.tenantId === tenantId)) {
      if ((await exports.get(tenantId, id))?.state !== 'running') continue
      if (!(await exports.end(id, ['running'], 'failed', { nowMs: clock.nowMs(), reason }))) continue
      await exportRunner.stop(id)
      await exportFiles.remove({ tenantId, id })
      const ended = await exports.get(tenantId, id)
      if (ended) exportRunner.tell(ended)
    }
  }

  return async (tenantId: string, holds: (text: string) => boolean): Promise<number> => {
    await endRunning(tenantId)
    const found = await archives.exportsWith(tenantId, holds)
    for (const file of found) {
      await exports.delete(tenantId, file.split('.', 1)[0] ?? file)
      await archives.deleteExport(tenantId, file)
    }
    return found.length
  }
}

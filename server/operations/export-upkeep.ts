import type { ExportDeps, ExportRunner } from './export-runner.ts'

/** What is known of exports that have no file any more. */
const rememberedMs = 30 * 24 * 3_600_000

/** Deletes files that are old enough or that no export has, and what nobody asks for any more. */
export const tidyExports = async (
  { store, files, clock, limits }: Pick<ExportDeps, 'store' | 'files' | 'clock' | 'limits'>,
  runner: Pick<ExportRunner, 'tell'>,
): Promise<void> => {
  const nowMs = clock.nowMs()
  for (const row of await store.doneBefore(nowMs - limits.keptMs)) {
    if (!(await store.end(row.id, ['done'], 'expired', { nowMs }))) continue
    await files.remove(row)
    runner.tell({ ...row, state: 'expired' })
  }
  await store.forgetBefore(nowMs - rememberedMs)
  await files.removeOrphans(() => store.withFiles())
}

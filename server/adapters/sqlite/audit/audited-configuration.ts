import type { StoredTrunk } from '../../../ports/configuration.ts'
import type { createBulkChange, createReorder } from '../configuration/bulk-change.ts'
import type { SyncTrunkRepository } from '../configuration/trunk-repository.ts'
import type { Auditing } from './audited.ts'

type ChangeMany = ReturnType<typeof createBulkChange>
type Reorder = ReturnType<typeof createReorder>
interface Rows {
  get(tenantId: string | undefined, id: string): { readonly id: string; readonly tenantId: string } | undefined
}

/** Many rows at once, each with a row of its own in the audit log. */
export const createAuditedBulk = (
  audit: Auditing,
  nouns: Readonly<Record<Parameters<ChangeMany>[0], Rows>>,
  { change, reorder }: { readonly change: ChangeMany; readonly reorder: Reorder },
) => ({
  change: audit.auditing('bulk', (_tell, ...asked: Parameters<ChangeMany>): number => {
    const [noun, tenantId, ids] = asked
    return audit.rows(noun, nouns[noun], tenantId, ids, () => change(...asked))
  }),
  reorder: audit.auditing('bulk', (_tell, ...asked: Parameters<Reorder>): number => {
    const [noun, tenantId, ids] = asked
    return audit.rows(noun, nouns[noun], tenantId, ids, () => reorder(...asked))
  }),
})

export const createAuditedTrunkSync = (audit: Auditing, trunks: SyncTrunkRepository) =>
  audit.auditing(
    'trunks',
    (_tell, tenantId: string, changed: readonly StoredTrunk[], added: readonly StoredTrunk[]): boolean =>
      audit.rows(
        'trunks',
        trunks,
        tenantId,
        [...changed, ...added].map(({ id }) => id),
        () => trunks.bringUpToDate(tenantId, changed, added),
      ),
  )

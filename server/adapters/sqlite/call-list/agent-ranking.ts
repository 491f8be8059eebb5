import type { Database } from 'better-sqlite3'

/** Who took no agent comes last, whatever the direction. */
export const noAgent = ''

const compareTexts = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0)

/** Ids of all agents that calls may have, by name; those that were deleted come behind, by id. */
export const createAgentRanking = (db: Database) => {
  const named = db.prepare<[string], { id: string; name: string }>(
    'SELECT id, name FROM voice_agents WHERE tenant_id = ?',
  )
  // Goes from one id to the next one in the index, which costs as little as there are agents.
  const used = db
    .prepare<[number], string>(
      `
WITH RECURSIVE used (id) AS (
  VALUES ('') UNION ALL
  SELECT (SELECT min(c.agent_id) FROM call_records c INDEXED BY call_records_by_agent
    WHERE c.tenant_no = ? AND c.is_pending = 0 AND c.agent_id > used.id) FROM used WHERE used.id IS NOT NULL)
SELECT id FROM used WHERE id <> ''`,
    )
    .pluck()
  return (tenant: { readonly id: string; readonly no: number }, others: readonly string[]): string[] => {
    const names = new Map(named.all(tenant.id).map(({ id, name }) => [id, name.toLowerCase()]))
    const deleted = [...used.all(tenant.no), ...others].filter((id) => id !== noAgent && !names.has(id))
    const byName = [...names].sort(([a, one], [b, other]) => compareTexts(one, other) || compareTexts(a, b))
    return [...byName.map(([id]) => id), ...[...new Set(deleted)].sort(compareTexts)]
  }
}

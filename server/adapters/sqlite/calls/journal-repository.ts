import type { Database } from 'better-sqlite3'
import type { GroupTally, MemberTally } from '../../../domain/routing/strategies/tally.ts'
import type { JournalEntry } from './journal-entry.ts'
import { given } from '../query/rows.ts'

interface TallyRow {
  readonly tenant_id: string
  readonly group_id: string
  readonly epoch: string
  readonly epoch_started_at_ms: number
}
interface MemberRow {
  readonly agent_id: string
  readonly balance: number
  readonly last_used_at_ms: number | null
}

export const createJournalWriter = (db: Database) => {
  const hasTenant = db.prepare<[string]>('SELECT 1 FROM tenants WHERE id = ?')
  const remove = db.prepare('DELETE FROM runtime_tallies WHERE tenant_id = ? AND group_id = ?')
  const putTally = db.prepare(`
INSERT INTO runtime_tallies (tenant_id, group_id, epoch, epoch_started_at_ms) VALUES (?, ?, ?, ?)
ON CONFLICT (tenant_id, group_id) DO UPDATE SET epoch = excluded.epoch, epoch_started_at_ms = excluded.epoch_started_at_ms`)
  const putMember = db.prepare(`
INSERT INTO runtime_tally_members (tenant_id, group_id, agent_id, balance, last_used_at_ms) VALUES (?, ?, ?, ?, ?)
ON CONFLICT (tenant_id, group_id, agent_id) DO UPDATE SET balance = excluded.balance, last_used_at_ms = excluded.last_used_at_ms`)
  const putBucket = db.prepare(`
INSERT INTO runtime_tally_buckets (tenant_id, group_id, agent_id, start_ms, first_choices) VALUES (?, ?, ?, ?, ?)
ON CONFLICT (tenant_id, group_id, agent_id, start_ms) DO UPDATE SET first_choices = excluded.first_choices`)
  const dropBucket = db.prepare(
    'DELETE FROM runtime_tally_buckets WHERE tenant_id = ? AND group_id = ? AND agent_id = ? AND start_ms = ?',
  )
  return (entry: JournalEntry): void => {
    const { tenantId, groupId } = entry
    if (entry.kind === 'delete' || entry.isWhole) remove.run(tenantId, groupId)
    // A tenant deleted while its last calls were being routed leaves nothing worth a complaint.
    if (entry.kind === 'delete' || !hasTenant.get(tenantId)) return
    putTally.run(tenantId, groupId, entry.epoch, entry.epochStartedAtMs)
    for (const { agentId, offset, lastUsedAtMs, buckets, goneBuckets } of entry.members) {
      putMember.run(tenantId, groupId, agentId, offset, lastUsedAtMs)
      for (const startMs of goneBuckets) dropBucket.run(tenantId, groupId, agentId, startMs)
      for (const { startMs, count } of buckets) putBucket.run(tenantId, groupId, agentId, startMs, count)
    }
  }
}

export const createJournalReader = (db: Database) => {
  const tallies = db.prepare<[], TallyRow>('SELECT * FROM runtime_tallies')
  const members = db.prepare<[string, string], MemberRow>(
    'SELECT agent_id, balance, last_used_at_ms FROM runtime_tally_members WHERE tenant_id = ? AND group_id = ?',
  )
  const buckets = db.prepare<[string, string, string], { startMs: number; count: number }>(`
SELECT start_ms AS startMs, first_choices AS count FROM runtime_tally_buckets
WHERE tenant_id = ? AND group_id = ? AND agent_id = ? ORDER BY start_ms`)

  return (): { tenantId: string; groupId: string; tally: GroupTally }[] =>
    tallies.all().map(({ tenant_id: tenantId, group_id: groupId, epoch, epoch_started_at_ms: epochStartedAtMs }) => {
      const rows = members.all(tenantId, groupId).map((row): [string, MemberTally] => [
        row.agent_id,
        {
          offset: row.balance,
          buckets: buckets.all(tenantId, groupId, row.agent_id),
          lastUsedAtMs: given(row.last_used_at_ms),
        },
      ])
      return { tenantId, groupId, tally: { epoch, epochStartedAtMs, members: new Map(rows) } }
    })
}

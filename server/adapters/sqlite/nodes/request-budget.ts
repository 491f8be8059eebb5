import type { Database } from 'better-sqlite3'
import type { RequestLimit, RequestTurn } from '../../../ports/request-budget.ts'

const longestRequestMs = 60_000
/** A request under way frees its place at a time unknown. */
const lookAgainMs = 250
/** Nothing counts for longer: what seems to was noted before the machine started anew. */
const longestMs = 600_000

/** Steady, and the same in all processes since the machine started. */
const machineMs = (): number => Number(process.hrtime.bigint() / 1_000_000n)

export const createSqliteRequestBudget = (db: Database, nowMs: () => number = machineMs) => {
  const drop = db.prepare('DELETE FROM outgoing_requests WHERE free_at_ms <= :now OR free_at_ms > :latest')
  const dropHolds = db.prepare('DELETE FROM outgoing_holds WHERE until_ms <= :now OR until_ms > :latest')
  const held = db.prepare<[string], { until_ms: number }>('SELECT until_ms FROM outgoing_holds WHERE key = ?')
  const taken = db.prepare<[string], { ended: 0 | 1; free_at_ms: number }>(
    'SELECT ended, free_at_ms FROM outgoing_requests WHERE key = ? ORDER BY free_at_ms',
  )
  const add = db.prepare('INSERT INTO outgoing_requests (key, ended, free_at_ms) VALUES (?, 0, ?)')
  const change = db.prepare('UPDATE outgoing_requests SET ended = 1, free_at_ms = ? WHERE no = ?')
  const putHold = db.prepare(`
INSERT INTO outgoing_holds (key, until_ms) VALUES (?, ?) ON CONFLICT (key) DO UPDATE SET until_ms = max(until_ms, excluded.until_ms)`)

  const take = db.transaction((key: string, { most }: RequestLimit): RequestTurn => {
    const now = nowMs()
    const times = { now, latest: now + longestMs }
    drop.run(times)
    dropHolds.run(times)
    const hold = held.get(key)
    if (hold) return { retryMs: hold.until_ms - now }
    const places = taken.all(key)
    if (places.length < most) return { placeNo: Number(add.run(key, now + longestRequestMs).lastInsertRowid) }
    const isUnderWay = places.some(({ ended }) => ended === 0)
    const firstFreeMs = (places[0]?.free_at_ms ?? now) - now
    return { retryMs: isUnderWay ? Math.min(firstFreeMs, lookAgainMs) : firstFreeMs }
  })
  return {
    take: (key: string, limit: RequestLimit): RequestTurn => take.immediate(key, limit),
    end: (placeNo: number, { windowMs }: RequestLimit): void => void change.run(nowMs() + windowMs + 1, placeNo),
    hold: (key: string, forMs: number): void => void putHold.run(key, nowMs() + forMs),
  }
}

import type { Database } from 'better-sqlite3'
import type { NodeSign } from '../../../ports/node-register.ts'

const goneAfterMs = 5000

/** All times are of one clock: nodes are processes of one machine. */
export const createSqliteNodeRepository = (db: Database, nowMs: () => number = Date.now) => {
  const put = db.prepare(`
INSERT INTO nodes (id, signed_at_ms, is_alone) VALUES (?, ?, ?)
ON CONFLICT (id) DO UPDATE SET signed_at_ms = excluded.signed_at_ms, is_alone = excluded.is_alone`)
  // A clock that was set back leaves signs from a time to come.
  const drop = db.prepare('DELETE FROM nodes WHERE abs(signed_at_ms - ?) > ?')
  const others = db.prepare<[string], { id: string; is_alone: number }>('SELECT id, is_alone FROM nodes WHERE id <> ?')
  const remove = db.prepare('DELETE FROM nodes WHERE id = ?')
  const sign = db.transaction(({ nodeId, isAlone }: NodeSign): NodeSign[] => {
    const atMs = nowMs()
    put.run(nodeId, atMs, isAlone ? 1 : 0)
    drop.run(atMs, goneAfterMs)
    return others.all(nodeId).map(({ id, is_alone }) => ({ nodeId: id, isAlone: is_alone === 1 }))
  })
  return {
    sign: (one: NodeSign): NodeSign[] => sign.immediate(one),
    leave: (nodeId: string): void => void remove.run(nodeId),
  }
}

import Database from 'better-sqlite3'
import { expect, it } from 'vitest'
import { migrate } from '../../server/adapters/sqlite/file/migrate.ts'
import { migrations } from '../../server/adapters/sqlite/migrations/index.ts'
import { createSqliteNodeRepository } from '../../server/adapters/sqlite/nodes/node-repository.ts'

it('the register has each node as it last said of itself, until it is silent, leaves, or the clock jumps', () => {
  const db = new Database(':memory:')
  migrate(db, migrations, { file: '', nowMs: 0 })
  let nowMs = 100_000
  const register = createSqliteNodeRepository(db, () => nowMs)
  const [a, b] = ['a', 'b'].map((nodeId) => ({ nodeId, isAlone: true })) as [
    { nodeId: string; isAlone: boolean },
    { nodeId: string; isAlone: boolean },
  ]
  expect(register.sign(a)).toEqual([])
  expect(register.sign(b)).toEqual([a])
  expect(register.sign({ ...a, isAlone: false })).toEqual([b])
  expect(register.sign(b)).toEqual([{ ...a, isAlone: false }])
  nowMs += 5000
  expect(register.sign(b)).toEqual([{ ...a, isAlone: false }])
  nowMs += 1
  expect(register.sign(b)).toEqual([])
  register.sign(a)
  nowMs -= 60_000
  expect(register.sign(b)).toEqual([])
  register.sign(a)
  register.leave('a')
  expect(register.sign(b)).toEqual([])
  db.close()
})

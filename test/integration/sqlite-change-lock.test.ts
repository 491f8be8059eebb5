import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import Database from 'better-sqlite3'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { openChangeLock } from '../../server/adapters/sqlite/open-sqlite-store.ts'
import { aDataDir } from '../support/sqlite-store.ts'

let dataDir: string
beforeEach(async () => {
  dataDir = await aDataDir()
})
afterEach(() => rm(dataDir, { recursive: true, force: true }))

describe('changes of several nodes', () => {
  it('go one after the other, also when one fails', async () => {
    const nodes = await Promise.all([1, 2, 3].map(() => openChangeLock(dataDir)))
    let inside = 0
    const change = async (): Promise<number> => {
      const before = (inside += 1)
      await new Promise((resolve) => setTimeout(resolve, 3))
      inside -= 1
      if (before === 1) throw new Error('refused')
      return before
    }
    const results: PromiseSettledResult<number>[] = []
    await Promise.all(
      nodes.map(async ({ alone }) => {
        for (let n = 0; n < 5; n += 1) results.push(...(await Promise.allSettled([alone(change)])))
      }),
    )
    expect(results).toHaveLength(15)
    expect(results.every((result) => result.status === 'rejected' && /refused/.test(String(result.reason)))).toBe(true)
    for (const { close } of nodes) close()
  })

  it('may be tried at once, and are free again when the other one is done or gone', async () => {
    const [one, other] = [await openChangeLock(dataDir), await openChangeLock(dataDir)]
    expect(await one.aloneAtOnce(() => other.aloneAtOnce(() => Promise.resolve('both')))).toBeUndefined()
    expect(await other.aloneAtOnce(() => Promise.resolve('after'))).toBe('after')
    void one.aloneAtOnce(() => new Promise(() => undefined))
    expect(await other.aloneAtOnce(() => Promise.resolve('still'))).toBeUndefined()
    one.close()
    expect(await other.aloneAtOnce(() => Promise.resolve('gone'))).toBe('gone')
    other.close()
  })

  it('are refused when one takes for ever, and what else goes wrong is said', async () => {
    const node = await openChangeLock(dataDir)
    const other = new Database(join(dataDir, 'changes.lock'))
    other.exec('BEGIN IMMEDIATE')
    const elapsed = vi.spyOn(performance, 'now').mockReturnValueOnce(0).mockReturnValue(20_000)
    await expect(node.alone(() => Promise.resolve())).rejects.toMatchObject({ code: 'UNAVAILABLE' })
    elapsed.mockRestore()
    other.close()
    expect(await node.alone(() => Promise.resolve('changed'))).toBe('changed')
    node.close()
    await expect(node.alone(() => Promise.resolve())).rejects.toThrow(/not open/)
  })
})

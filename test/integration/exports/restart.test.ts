import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'
import type { Export } from '../../../shared/contract/exports.ts'
import { addCallRows } from '../../support/call-rows.ts'
import { exportFilesOf, isUnderWay } from '../../support/exports.ts'
import { createSite, type Site } from '../../support/site.ts'
import { startTestServer, type TestServer } from '../../support/test-server.ts'

/** Large, so that their file takes many pieces. */
const calls = 8000
const reasonLength = 6000
let test: TestServer
let site: Site
beforeAll(async () => {
  test = await startTestServer()
  site = await createSite(test)
  addCallRows(test.dataDir, site.tenant.id, 'agent', calls, reasonLength)
}, 60_000)
afterAll(() => test.close())

const until = async (id: string, isSo: (row: Export) => boolean): Promise<Export> => {
  for (;;) {
    const { body } = await test.api<Export>('GET', `${site.path}/exports/${id}`)
    if (isSo(body)) return body
    await new Promise((resolve) => setTimeout(resolve, 2))
  }
}

it('an export goes on where it was after a restart', { timeout: 60_000 }, async () => {
  const { body } = await test.api<Export>('POST', `${site.path}/exports`, { format: 'json', order: 'asc' })
  const before = await until(body.id, ({ rows }) => rows > 0)
  await test.restart()
  const after = await until(body.id, () => true)
  expect(after.rows).toBeGreaterThanOrEqual(before.rows)
  expect(await until(body.id, (row) => !isUnderWay(row))).toMatchObject({ state: 'done', rows: calls })
  expect(await exportFilesOf(test.dataDir)).toEqual([`${body.id}.jsonl`])
  const file = join(test.dataDir, 'exports', site.tenant.id, `${body.id}.jsonl`)
  const lines = (await readFile(file, 'utf8')).trimEnd().split('\n')
  expect([lines.length, new Set(lines).size]).toEqual([calls, calls])
  expect(before.rows).toBeLessThan(calls)
})

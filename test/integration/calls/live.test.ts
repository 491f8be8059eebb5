import { join } from 'node:path'
import Database from 'better-sqlite3'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { listenTo } from '../../support/event-reader.ts'
import { createSite, newToken, type Site } from '../../support/site.ts'
import { ownerToken, startTestServer, type TestServer } from '../../support/test-server.ts'

let test: TestServer
let site: Site
beforeAll(async () => {
  test = await startTestServer()
  site = await createSite(test)
})
afterAll(() => test.close())

it('who hears of a call finds it among those that go on, although it is not stored yet', async () => {
  const listener = await listenTo(test.server.urls.admin, ownerToken)
  const inTheWay = new Database(join(test.dataDir, 'switchyard.db'))
  const token = newToken()
  try {
    inTheWay.exec('BEGIN IMMEDIATE')
    await site.ask(token)
    await expect.poll(() => listener.events().map(({ name }) => name)).toContain('call.created')
    const asked = test.api<{ items: { token: string }[] }>('GET', `${site.path}/calls/live`)
    await new Promise((settle) => setTimeout(settle, 200))
    inTheWay.exec('ROLLBACK')
    expect((await asked).body.items.map((call) => call.token)).toEqual([token])
  } finally {
    inTheWay.close()
    await listener.leave()
  }
})

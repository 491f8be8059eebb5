import { afterAll, beforeAll, expect, it } from 'vitest'
import { listenTo } from '../support/event-reader.ts'
import { lastIdIn } from '../support/event-text.ts'
import { createSite, type Site } from '../support/site.ts'
import { ownerToken, startTestServer, type TestServer } from '../support/test-server.ts'

let test: TestServer
let site: Site
beforeAll(async () => {
  test = await startTestServer()
  site = await createSite(test)
})
afterAll(() => test.close())

const listen = (after?: string) => listenTo(test.server.urls.admin, ownerToken, after)
const addNumber = (number: string) => test.api('POST', `${site.path}/numbers`, { number, kind: 'did' })

it('goes on where a listener left, and after a restart tells it to read again, also one that heard nothing', async () => {
  const first = await listen()
  await expect.poll(() => lastIdIn(first.text())).toBeDefined()
  await first.leave()
  expect((await addNumber('+12025550111')).status).toBe(201)

  const second = await listen(lastIdIn(first.text()))
  await expect.poll(() => second.events().map(({ name }) => name)).toContain('number.changed')
  expect(second.events().map(({ name }) => name)).not.toContain('resync')
  await second.leave()

  await test.restart()
  const third = await listen(lastIdIn(second.text()))
  await addNumber('+12025550112')
  await expect.poll(() => third.events().map(({ name }) => name)).toContain('number.changed')
  expect(third.events()[0]).toMatchObject({ name: 'resync', data: { reason: 'unknown_id' } })

  // The answer itself says where to go on.
  await third.leave()
  const fourth = await listen(third.events()[0]?.id)
  await expect.poll(() => fourth.events().map(({ name }) => name)).toContain('number.changed')
  expect(fourth.events().map(({ name }) => name)).not.toContain('resync')
  await fourth.leave()
})

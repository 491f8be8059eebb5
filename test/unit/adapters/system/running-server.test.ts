import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { announceServer, findServer } from '../../../../server/adapters/system/running-server.ts'

let dataDir: string
beforeEach(async () => {
  dataDir = await mkdtemp(join(tmpdir(), 'switchyard-test-'))
})
afterEach(() => rm(dataDir, { recursive: true, force: true }))

it('of several nodes the newest is found, until it takes back what it announced itself', async () => {
  const first = { webhooks: 'http://127.0.0.1:1', admin: 'http://127.0.0.1:2' }
  const second = { webhooks: 'http://127.0.0.1:3', admin: 'http://127.0.0.1:4' }
  expect(await findServer(dataDir)).toBeUndefined()
  const takeFirstBack = await announceServer(dataDir, first)
  const takeSecondBack = await announceServer(dataDir, second)
  await takeFirstBack()
  expect(await findServer(dataDir)).toEqual(second)
  await takeSecondBack()
  expect(await findServer(dataDir)).toBeUndefined()
})

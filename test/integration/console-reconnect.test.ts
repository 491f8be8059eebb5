import { afterAll, afterEach, beforeAll, expect, it, vi } from 'vitest'
import { createBatch } from '../../renderer/client/batch.ts'
import { createHttpClient } from '../../renderer/client/http.ts'
import { followTenant } from '../../renderer/features/overview/follow-tenant.ts'
import { createOverviewStore } from '../../renderer/features/overview/overview-store.ts'
import { createSite, newToken, numberOf, voiceRequest, type Site } from '../support/site.ts'
import { ownerToken, startTestServer, type TestServer } from '../support/test-server.ts'

let test: TestServer
let site: Site
beforeAll(async () => {
  test = await startTestServer()
  site = await createSite(test)
})
afterAll(() => test.close())
const stops: (() => void)[] = []
afterEach(() => stops.splice(0).forEach((stop) => stop()))

const begin = async (): Promise<string> => {
  const token = newToken()
  await test.webhook(`${site.base}/application`, voiceRequest(token, numberOf.priority))
  return token
}
const end = (token: string) =>
  test.webhook(`${site.base}/cdr`, { session: token, disposition: 'ANSWER', duration: 5, billsec: 5 })

/** The console's list of live calls at the test's server, with a cable that can be pulled. */
const openConsole = async () => {
  let pulled = new AbortController()
  const client = createHttpClient({
    fetch: (path, init) => {
      const signals = [pulled.signal, ...(init?.signal ? [init.signal] : [])]
      const headers = { ...(init?.headers as Record<string, string>), authorization: `Bearer ${ownerToken}` }
      return fetch(`${test.server.urls.admin}${path as string}`, { ...init, headers, signal: AbortSignal.any(signals) })
    },
    now: Date.now,
    random: () => 0,
    report: (error) => {
      throw error
    },
  })
  const store = createOverviewStore(Date.now)
  const resync = vi.fn()
  client.onResync(resync)
  await client.session!.check()
  await vi.waitUntil(() => client.connection().state === 'live')
  const nextFrame = (callback: () => void) => void setImmediate(callback)
  const wait = (callback: () => void, ms: number) => void setTimeout(callback, ms)
  stops.push(
    followTenant(client, store, site.tenant.id, (flush) =>
      createBatch(flush, { minIntervalMs: 10, limit: 1000, now: () => performance.now(), nextFrame, wait }),
    ),
    () => pulled.abort(),
  )
  return {
    client,
    resync,
    /** Tokens of the calls that the list says are going on. */
    live: () => {
      const { rows } = store.getState().calls
      return rows.filter(({ endedSeenAtMs }) => endedSeenAtMs === undefined).map(({ call }) => call.token)
    },
    async pull(): Promise<void> {
      pulled.abort()
      await vi.waitUntil(() => client.connection().state === 'reconnecting')
    },
    async plug(): Promise<void> {
      pulled = new AbortController()
      client.reconnect()
      await vi.waitUntil(() => client.connection().state === 'live', { timeout: 10_000 })
    },
  }
}

it('the list of live calls is right after a break, and after a restart of the server', async () => {
  const console = await openConsole()
  const [stays, ends] = [await begin(), await begin()]
  await expect.poll(console.live).toEqual([ends, stays])

  await console.pull()
  await end(ends)
  const missed = await begin()
  expect(console.live()).toEqual([ends, stays])
  await console.plug()
  await expect.poll(console.live).toEqual([missed, stays])
  expect(console.resync).not.toHaveBeenCalled()

  await console.pull()
  await end(missed)
  await test.restart()
  const last = await begin()
  await console.plug()
  await expect.poll(console.live, { timeout: 10_000 }).toEqual([last, stays])
  expect(console.resync).toHaveBeenCalledOnce()
})

import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { actionOf, createSite, dialResult, newToken, numberOf, voiceRequest, type Site } from '../../support/site.ts'
import { startTestServer, type TestServer } from '../../support/test-server.ts'

let test: TestServer
let site: Site
beforeAll(async () => {
  test = await startTestServer()
  site = await createSite(test)
})
afterAll(() => test.close())

const get = <T = Record<string, unknown>>(path: string) => test.api<T>('GET', `${site.path}/analytics/${path}`)

describe('analytics over HTTP', () => {
  it('count a call when it is over, in the answer to the very next request', async () => {
    const token = newToken()
    const { text } = await test.webhook(`${site.base}/application`, voiceRequest(token, numberOf.priority))
    const before = await get<{ callsToday: number; activeNow: number }>('summary')
    expect([before.status, before.body.callsToday, before.body.activeNow]).toEqual([200, 0, 1])
    await test.webhook(actionOf(text), dialResult(token, 'completed', numberOf.priority))
    const { body } = await get<{ callsToday: number; activeNow: number; current: object }>('summary')
    expect(body).toMatchObject({ callsToday: 1, activeNow: 0, current: { calls: 1, answered: 1, successRate: 1 } })
    const agents = await get<{ items: object[] }>('breakdown?groupBy=agent')
    expect(agents.body.items).toMatchObject([
      { name: expect.any(String) as string, calls: 1, attempts: { answered: 1 } },
    ])
    const ledger = await get<{ total: { answers: number; under500Ms: number } }>('deadlines?timeZone=UTC')
    expect(ledger.body.total).toMatchObject({ answers: 2 })
  })

  it('answer 400 with the field that does not fit', async () => {
    const two = await get<{ error: object }>('summary?agentId=a&country=DE')
    expect([two.status, two.body.error]).toMatchObject([400, { details: [{ path: '/country' }] }])
    expect((await get('breakdown?groupBy=colour')).status).toBe(400)
  })

  it('make roll-ups anew in the background', async () => {
    const { status, body } = await test.api('POST', `${site.path}/analytics/rebuild`)
    expect([status, body]).toEqual([202, { isRebuilding: true }])
    await vi.waitFor(
      async () => {
        const summary = await get<{ isRebuilding: boolean; callsToday: number }>('summary')
        expect(summary.body).toMatchObject({ isRebuilding: false, callsToday: 1 })
      },
      { timeout: 20_000 },
    )
    await test.restart()
    expect((await get<{ callsToday: number }>('summary')).body.callsToday).toBe(1)
  })
})

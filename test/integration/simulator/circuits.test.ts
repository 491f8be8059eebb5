import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import {
  judgeShares,
  runSimulation,
  verifyCalls,
  type PlayedCall,
  type ScenarioInput,
} from '../../../server/simulator/index.ts'
import { createSite, numberOf, type Site } from '../../support/site.ts'
import { ownerToken, startTestServer, type TestServer } from '../../support/test-server.ts'

let test: TestServer
let site: Site
beforeEach(async () => {
  test = await startTestServer()
  site = await createSite(test, { settings: { circuit: { failures: 3, coolOffSeconds: 1 } } })
})
afterEach(() => test.close())

const weights = { '+12025550171': 1, '+12025550172': 1, '+12025550173': 1 }
const rotation = { name: 'Rotation', weights, to: [numberOf.round_robin], maxDeviation: 1 }
const play = async (scenario: ScenarioInput) => {
  const calls: PlayedCall[] = []
  const startedMs = Date.now()
  const summary = await runSimulation(
    { to: numberOf.round_robin, domain: 'example.cloudonix.net', expect: { groups: [rotation] }, ...scenario },
    { url: test.server.urls.webhooks, tenantKey: site.tenant.tenantKey },
    { onCallEnd: (call) => calls.push(call) },
  )
  expect(summary.wrongAnswers.first).toEqual([])
  const access = { url: test.server.urls.admin, token: ownerToken, tenantId: site.tenant.id }
  expect(await verifyCalls(calls, access, startedMs)).toMatchObject({ mismatches: [] })
  let read = 0
  const judged = await judgeShares(summary.groups, [rotation], calls, access, startedMs, (count) => (read = count))
  return { summary, judged, read }
}

describe('a run in which a circuit opens', () => {
  it('is judged by who was eligible, and says which circuit opened how often', async () => {
    const { summary, judged } = await play({
      calls: 300,
      concurrency: 5,
      outcomes: { default: { answered: 1 }, agents: { '+12025550172': { failed: 1 } } },
    })
    expect(summary.groups[0]).toMatchObject({ isWithinLimit: false })
    expect(judged.groups[0]).toMatchObject({ firstChoices: 300, isWithinLimit: true })
    expect(judged.groups[0]!.setChanges).toBeGreaterThan(0)
    expect(judged.groups[0]!.maxDeviation).toBeLessThan(summary.groups[0]!.maxDeviation / 5)
    expect(judged.circuits).toMatchObject([{ kind: 'agent', name: '+12025550172', opened: 1 }])
    expect(judged.foundNobody).toBe(0)
  })

  it('counts the calls for which nobody was left', async () => {
    const { summary, judged } = await play({ calls: 60, concurrency: 1, outcomes: { default: { failed: 1 } } })
    expect(judged.circuits.map(({ opened }) => opened)).toEqual([1, 1, 1])
    const dialled = summary.groups[0]!.firstChoices
    expect(judged.foundNobody).toBe(60 - dialled)
    expect(judged.foundNobody).toBeGreaterThan(40)
  })
})

describe('a run in which nobody was taken out', () => {
  it('goes by the weights, and asks for no explanation', async () => {
    const { summary, judged, read } = await play({ calls: 60, concurrency: 5, outcomes: { default: { answered: 1 } } })
    expect(judged).toEqual({ groups: summary.groups, circuits: [], foundNobody: 0 })
    expect(summary.groups[0]).toMatchObject({ isWithinLimit: true })
    expect(read).toBe(0)
  })
})

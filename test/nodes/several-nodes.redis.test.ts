import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { VoiceAgent } from '../../shared/contract/voice-agents.ts'
import { startNodes, type Nodes } from '../support/nodes.ts'
import { createSite, dialled, newToken, numberOf, type Site } from '../support/site.ts'
import { until } from '../support/until.ts'

const count = 3
let nodes: Nodes
let site: Site

beforeAll(async () => {
  nodes = await startNodes(count)
  site = await createSite(nodes.node(0))
}, 60_000)
afterAll(() => nodes.dispose())

const at = (n: number) => site.at(nodes.node(n % count))

describe('several nodes', { timeout: 60_000 }, () => {
  it('put a change of one in force on all', async () => {
    const { id } = site.agents[0]!
    const enable = async (n: number, enabled: boolean) => {
      const { body } = await nodes.node(n).api<VoiceAgent>('GET', `${site.path}/voice-agents/${id}`)
      const { status } = await nodes.node(n).api('PATCH', `${site.path}/voice-agents/${id}`, {
        version: body.version,
        enabled,
      })
      expect(status).toBe(200)
    }
    const isOffered = async (n: number) => (await at(n).ask(newToken())).includes('+12025550171')
    await until(async () => (await isOffered(0)) && (await isOffered(1)) && (await isOffered(2)))
    await enable(1, false)
    expect(await isOffered(1)).toBe(false)
    await until(async () => !(await isOffered(0)) && !(await isOffered(2)))
    await enable(2, true)
    await until(async () => (await isOffered(0)) && (await isOffered(1)))
  })

  it('carry one call together, and one rotation', async () => {
    const first: (string | undefined)[] = []
    for (let n = 0; n < 9; n += 1) {
      const token = newToken()
      const asked = await at(n).ask(token, numberOf.round_robin)
      first.push(dialled(asked))
      const next = await at(n + 1).report(token, asked, 'busy', numberOf.round_robin)
      expect(dialled(next)).not.toBe(dialled(asked))
      const again = await at(n + 2).report(token, asked, 'busy', numberOf.round_robin)
      expect(again).toBe(next)
      expect((await at(n + 2).end(token)).status).toBe(200)
      const call = await at(n).call(token)
      expect(call).toMatchObject({ state: 'completed', attemptCount: 2 })
      expect([call.attempts.length, call.decisions.length]).toEqual([2, 2])
    }
    expect(first).toEqual([...Array(3)].flatMap(() => ['+12025550171', '+12025550172', '+12025550173']))
  })

  it('answer the same request at the same instant with the same bytes, and decide once', async () => {
    const storms = Number(process.env['SWITCHYARD_TEST_STORMS'] ?? 30)
    for (let storm = 0; storm < storms; storm += 1) {
      const token = newToken()
      const answers = await Promise.all(Array.from({ length: 64 }, (_, n) => at(n).ask(token, numberOf.load_balanced)))
      expect(new Set(answers).size).toBe(1)
      expect(answers[0]).toContain('<Dial')
      const read = () => nodes.node(storm % count).api<{ decisions: unknown[] }>('GET', `${site.path}/calls/${token}`)
      // On a busy machine an answer may be sent before its decision is written.
      await until(async () => (await read()).status === 200)
      expect((await read()).body.decisions).toHaveLength(1)
      await at(storm).end(token)
    }
  }, 600_000)
})

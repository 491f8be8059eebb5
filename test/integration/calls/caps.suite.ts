import { afterAll, beforeAll, expect, it } from 'vitest'
import type { ServerConfig } from '../../../server/index.ts'
import { actionOf, dialled, dialResult, newToken, voiceRequest } from '../../support/site.ts'
import { startTestServer, type TestServer } from '../../support/test-server.ts'

/** 1000 shows it in full, in some minutes. */
const bursts = Number(process.env['SWITCHYARD_TEST_BURSTS'] ?? 4)
const callsPerBurst = 500
const cap = 10
const to = '+12025550100'

/** Caps hold under bursts, whatever keeps count. `change`: what the server is started with besides. */
export const capsHold = (change: () => Promise<Partial<ServerConfig>>): void => {
  let test: TestServer
  let tenant: string
  let base: string
  beforeAll(async () => {
    test = await startTestServer(await change())
    const { body } = await test.api<{ id: string; tenantKey: string }>('POST', '/tenants', {
      name: 'Caps',
      domain: 'caps.cloudonix.net',
      settings: { providerLimits: { retell: cap } },
    })
    tenant = `/tenants/${body.id}`
    base = `/voice/${body.tenantKey}`
  })
  afterAll(() => test.close())

  const create = async (noun: string, fields: object): Promise<string> => {
    const { status, body, text } = await test.api<{ id: string }>('POST', `${tenant}/${noun}`, fields)
    expect(status, text).toBe(201)
    return body.id
  }

  it(
    `holds for ${bursts} bursts of ${callsPerBurst} calls at once, while calls end in every way`,
    async () => {
      // One agent with a cap, and two that share their provider's limit.
      const agents = [
        { name: 'Capped', provider: 'vapi', value: '+12025550171', maxConcurrentCalls: cap },
        { name: 'Limited 1', provider: 'retell', value: '+12025550172' },
        { name: 'Limited 2', provider: 'retell', value: '+12025550173' },
      ]
      const ids: string[] = []
      for (const agent of agents) ids.push(await create('voice-agents', agent))
      const members = ids.map((agentId) => ({ agentId }))
      const group = await create('agent-groups', { name: 'Three', strategy: 'least_active', members })
      await create('inbound-rules', { pattern: to, target: { type: 'group', id: group } })

      const held = new Map<string, string>()
      const heldBy = (...values: string[]): number =>
        [...held.values()].filter((cxml) => values.includes(dialled(cxml) ?? '')).length
      const assertWithinCaps = (): void => {
        expect(heldBy('+12025550171')).toBeLessThanOrEqual(cap)
        expect(heldBy('+12025550172', '+12025550173')).toBeLessThanOrEqual(cap)
      }
      const ask = async (): Promise<void> => {
        const token = newToken()
        const request = voiceRequest(token, to)
        const isDoubled = held.size % 3 === 0
        const answers = await Promise.all(
          Array.from({ length: isDoubled ? 2 : 1 }, () => test.webhook(`${base}/application`, request)),
        )
        const [cxml = ''] = new Set(answers.map(({ text }) => text))
        expect(new Set(answers.map(({ text }) => text)).size).toBe(1)
        if (dialled(cxml) !== undefined) held.set(token, cxml)
        assertWithinCaps()
      }
      const end = async (token: string, cxml: string, way: number): Promise<void> => {
        // From here on somebody else may have its slot.
        held.delete(token)
        const session = { token, status: 'completed', eventId: token, callEndTime: Date.now() }
        const cdr = { token, domain: 'caps.cloudonix.net', from: '+12025550123', to, disposition: 'ANSWER' }
        const ways = [
          () => test.webhook(actionOf(cxml), dialResult(token, 'answered', to)),
          () => test.webhook(`${base}/session`, session),
          () => test.webhook(`${base}/cdr`, cdr),
        ]
        expect((await ways[way % ways.length]!()).status).toBe(200)
      }

      for (let burst = 0; burst < bursts; burst += 1) {
        const ending = [...held].filter((_, i) => (i * 7 + burst) % 3 !== 0)
        await Promise.all([
          ...ending.map(([token, cxml], i) => end(token, cxml, i)),
          ...Array.from({ length: callsPerBurst }, ask),
        ])
        assertWithinCaps()
      }
      // What is held outside is held inside, and nothing leaks.
      const activeCalls = async (): Promise<number[]> => {
        interface Agent {
          readonly id: string
          readonly health: { readonly activeCalls: number }
        }
        const { items } = (await test.api<{ items: Agent[] }>('GET', `${tenant}/voice-agents`)).body
        return ids.map((id) => items.find((agent) => agent.id === id)!.health.activeCalls)
      }
      expect(await activeCalls()).toEqual(agents.map(({ value }) => heldBy(value)))
      await Promise.all([...held].map(([token, cxml], i) => end(token, cxml, i)))
      expect(await activeCalls()).toEqual([0, 0, 0])
      await Promise.all(Array.from({ length: 30 }, ask))
      expect([heldBy('+12025550171'), heldBy('+12025550172', '+12025550173')]).toEqual([cap, cap])
    },
    60_000 + bursts * 20_000,
  )
}

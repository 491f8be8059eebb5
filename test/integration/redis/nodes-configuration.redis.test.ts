import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { AgentGroup } from '../../../shared/contract/agent-groups.ts'
import type { VoiceAgent } from '../../../shared/contract/voice-agents.ts'
import { startNodes, type Nodes } from '../../support/nodes.ts'
import { createSite, dialled, newToken, type Site } from '../../support/site.ts'
import { ownerToken, type Answer } from '../../support/test-server.ts'
import { until } from '../../support/until.ts'

let nodes: Nodes
let site: Site
beforeAll(async () => {
  nodes = await startNodes(2)
  site = await createSite(nodes.node(0))
}, 60_000)
afterAll(() => nodes.dispose())

const api = <T>(n: number, method: string, path: string, body?: unknown): Promise<Answer<T>> =>
  nodes.node(n).api<T>(method, `${site.path}${path}`, body)
const dials = async (n: number, to: string): Promise<string | undefined> =>
  dialled(await site.at(nodes.node(n)).ask(newToken(), to))
const aRule = (name: string, pattern: string, agentId: string) => ({
  name,
  pattern,
  target: { type: 'agent', id: agentId },
})

describe('the configuration of several nodes', { timeout: 60_000 }, () => {
  it('is known to each before it changes it', async () => {
    for (let n = 0; n < 10; n += 1) {
      const agent = await api<VoiceAgent>(n % 2, 'POST', '/voice-agents', {
        name: `New ${n}`,
        provider: 'vapi',
        value: `+1202555020${n}`,
      })
      const group = await api(1 - (n % 2), 'POST', '/agent-groups', {
        name: `New ${n}`,
        strategy: 'priority',
        members: [{ agentId: agent.body.id }],
      })
      expect([agent.status, group.status, group.text]).toEqual([201, 201, expect.any(String)])
    }
  })

  it('is never together what each would refuse alone', async () => {
    const made = async (name: string) => (await api<AgentGroup>(0, 'POST', '/agent-groups', { name })).body
    for (let n = 0; n < 10; n += 1) {
      const [a, b] = [await made(`A ${n}`), await made(`B ${n}`)]
      const lead = (node: number, from: AgentGroup, to: AgentGroup) =>
        api(node, 'PATCH', `/agent-groups/${from.id}`, { version: 1, fallback: { type: 'group', id: to.id } })
      const answers = await Promise.all([lead(0, a, b), lead(1, b, a)])
      expect(answers.map(({ status }) => status).sort()).toEqual([200, 400])
    }
  })

  it('has new rules in force where something else was changed at the same time', async () => {
    const [agent] = site.agents
    for (let n = 0; n < 10; n += 1) {
      const pattern = `+1202555030${n}`
      const { body } = await api<VoiceAgent>(1, 'GET', `/voice-agents/${agent!.id}`)
      const answers = await Promise.all([
        api(0, 'POST', '/inbound-rules', aRule(`At once ${n}`, pattern, agent!.id)),
        api(1, 'PATCH', `/voice-agents/${agent!.id}`, { version: body.version, name: `Renamed ${n}` }),
      ])
      expect(answers.map(({ status }) => status)).toEqual([201, 200])
      await until(async () => (await dials(1, pattern)) === agent!.value)
    }
  })

  it('and calls are told to the clients of every node', async () => {
    const stream = await fetch(`${nodes.node(1).admin}/api/v1/events`, {
      headers: { authorization: `Bearer ${ownerToken}` },
    })
    const reader = stream.body!.pipeThrough(new TextDecoderStream()).getReader()
    const token = newToken()
    await site.ask(token)
    await api(0, 'PATCH', '', { version: site.tenant.version, name: 'Renamed' })
    let heard = ''
    while (!(heard.includes(token) && heard.includes('event: tenant.changed')))
      heard += (await reader.read()).value ?? ''
    expect(heard).toMatch(/event: call\.created\ndata: .*event: decision\.made\n/s)
    await reader.cancel()
  })

  it('reaches the others without Redis too', async () => {
    await nodes.redis.kill()
    const agent = site.agents[1]!
    expect((await api(0, 'POST', '/inbound-rules', aRule('Untold', '+12025550400', agent.id))).status).toBe(201)
    await until(async () => (await dials(1, '+12025550400')) === agent.value)
    await nodes.redis.start()
  })
})

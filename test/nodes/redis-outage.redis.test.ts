import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { VoiceAgent } from '../../shared/contract/voice-agents.ts'
import { startNodes, type Nodes } from '../support/nodes.ts'
import { createSite, dialled, newToken, numberOf, voiceRequest, type Site } from '../support/site.ts'
import { ownerToken } from '../support/test-server.ts'
import { until } from '../support/until.ts'

const count = 3
/** Low enough to be reached all the time. */
const cap = 2
const heldMs = 200
/** A calm machine takes 500. */
const perSecond = Number(process.env['SWITCHYARD_TEST_RATE'] ?? 60)
const seconds = Number(process.env['SWITCHYARD_TEST_SECONDS'] ?? 2)

let nodes: Nodes
let site: Site

beforeAll(async () => {
  nodes = await startNodes(count)
  site = await createSite(nodes.node(0))
  for (const { id, version } of site.agents)
    await nodes.node(0).api('PATCH', `${site.path}/voice-agents/${id}`, { version, maxConcurrentCalls: cap })
  // Until all have heard of it, and of each other.
  await sleep(1500)
}, 60_000)
afterAll(() => nodes.dispose())

const problemsOf = async (n: number): Promise<string[]> => {
  const response = await fetch(`${nodes.node(n).admin}/readyz`, {
    headers: { authorization: `Bearer ${ownerToken}` },
  })
  return ((await response.json()) as { problems: { part: string }[] }).problems.map(({ part }) => part)
}

/** Calls at a steady pace to all nodes in turn, each held a while and ended on another node. */
const startLoad = () => {
  const held = new Map<string, number>()
  const worst = new Map<string, number>()
  const failed: string[] = []
  const placed: string[] = []
  let asked = 0
  const ending = new AbortController()
  const underWay = new Set<Promise<void>>()
  const one = async (n: number): Promise<void> => {
    const token = newToken()
    try {
      const { status, text } = await nodes
        .node(n % count)
        .webhook(`${site.base}/application`, voiceRequest(token, numberOf.load_balanced))
      if (status !== 200 || !text.includes('<Response>')) failed.push(`${status} ${text}`)
      const agent = dialled(text)
      if (agent !== undefined) {
        placed.push(token)
        held.set(agent, (held.get(agent) ?? 0) + 1)
        worst.set(agent, Math.max(worst.get(agent) ?? 0, held.get(agent) ?? 0))
        await sleep(heldMs)
        held.set(agent, (held.get(agent) ?? 0) - 1)
      }
      const ended = await site.at(nodes.node((n + 1) % count)).end(token)
      if (ended.status !== 200) failed.push(`CDR ${ended.status} ${ended.text}`)
    } catch (error) {
      failed.push(String(error))
    }
  }
  const run = (async () => {
    const startedAt = performance.now()
    while (!ending.signal.aborted) {
      while (asked < ((performance.now() - startedAt) / 1000) * perSecond) {
        const call = one((asked += 1))
        underWay.add(call)
        void call.finally(() => underWay.delete(call))
      }
      await sleep(2)
    }
    await Promise.all(underWay)
  })()
  return {
    async stop() {
      ending.abort()
      await run
      return { worst, failed, asked, placed }
    },
  }
}

describe('Redis killed and started again under load', { timeout: 120_000 }, () => {
  it('answers every request, keeps the caps, says degraded, and recovers by itself', async () => {
    const load = startLoad()
    const problems: string[][] = []
    try {
      await sleep(seconds * 1000)
      await nodes.redis.kill()
      await sleep(seconds * 1000)
      for (let n = 0; n < count; n += 1) problems.push(await problemsOf(n))
      await nodes.redis.start()
      await until(async () => (await Promise.all([0, 1, 2].map(problemsOf))).every((found) => found.length === 0))
      await sleep(seconds * 1000)
    } finally {
      await load.stop()
    }
    const { worst, failed, asked, placed } = await load.stop()
    expect(problems).toEqual([['redis'], ['redis'], ['redis']])

    expect(failed).toEqual([])
    expect(asked).toBeGreaterThan(perSecond * seconds * 2)
    expect(placed.length).toBeGreaterThan(0)
    for (const most of worst.values()) {
      expect(most).toBeGreaterThanOrEqual(cap)
      expect(most).toBeLessThanOrEqual(cap + count - 1)
    }

    // Nothing is counted twice or left behind: no call lives, no slot is held, on any node.
    await until(
      async () =>
        (await nodes.node(1).api<{ items: unknown[] }>('GET', `${site.path}/calls/live`)).body.items.length === 0,
    )
    for (let n = 0; n < count; n += 1) {
      const { body } = await nodes.node(n).api<{ items: VoiceAgent[] }>('GET', `${site.path}/voice-agents`)
      expect(body.items.map(({ health }) => health.activeCalls)).toEqual([0, 0, 0])
    }
    for (const token of placed.filter((_, i) => i % 10 === 0))
      expect(await site.at(nodes.node(2)).call(token)).toMatchObject({ state: 'completed', attemptCount: 1 })
  })
})

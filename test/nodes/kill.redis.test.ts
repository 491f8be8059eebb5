import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { VoiceAgent } from '../../shared/contract/voice-agents.ts'
import { startNodes, type Nodes } from '../support/nodes.ts'
import { createSite, dialled, newToken, numberOf, type Site } from '../support/site.ts'

const kills = Number(process.env['SWITCHYARD_TEST_KILLS'] ?? 3)
let nodes: Nodes
let site: Site

beforeAll(async () => {
  nodes = await startNodes(2)
  site = await createSite(nodes.node(0))
}, 60_000)
afterAll(() => nodes.dispose())

const at = (n: number) => site.at(nodes.node(n))

describe('a node killed under load', { timeout: 60_000 + kills * 20_000 }, () => {
  it('leaves no call stuck, no slot held, no acknowledged CDR behind, and the rotation where it was', async () => {
    const started = new Set<string>()
    const acknowledged = new Set<string>()
    let turn = 0
    for (let round = 0; round < kills; round += 1) {
      const victim = round % 2
      const other = 1 - victim
      const inFlight = new Map<string, string>()
      for (let i = 0; i < 4; i += 1) {
        const token = newToken()
        const document = await at(i % 2).ask(token, numberOf.round_robin)
        expect(dialled(document)).toBe(`+1202555017${(turn % 3) + 1}`)
        turn += 1
        inFlight.set(token, document)
      }
      const ending = new AbortController()
      const worker = async (n: number): Promise<void> => {
        while (!ending.signal.aborted) {
          const token = newToken()
          try {
            started.add(token)
            await at(n).ask(token, numberOf.load_balanced)
            if ((await at(n).end(token)).status === 200) acknowledged.add(token)
          } catch {
            // Its node died meanwhile.
            await sleep(5)
          }
        }
      }
      const workers = Array.from({ length: 8 }, (_, n) => worker(n % 2))
      await sleep(400)
      await nodes.kill(victim)
      // Calls that the dead node began go on at the other one.
      for (const [token, document] of inFlight) {
        const text = await at(other).report(token, document, 'busy', numberOf.round_robin)
        expect(dialled(text)).toMatch(/^\+1202555017[123]$/)
        expect(dialled(text)).not.toBe(dialled(document))
        expect((await at(other).end(token)).status).toBe(200)
      }
      ending.abort()
      await Promise.all(workers)
      await nodes.start(victim)
    }
    expect(acknowledged.size).toBeGreaterThan(kills * 10)
    // The platform reports the end of each call once more to somebody who lives.
    for (const token of started) if (!acknowledged.has(token)) expect((await at(0).end(token)).status).toBe(200)
    for (const token of acknowledged) expect((await at(1).call(token)).state).toBe('completed')
    const left = async (n: number) => {
      const { body: agents } = await nodes.node(n).api<{ items: VoiceAgent[] }>('GET', `${site.path}/voice-agents`)
      const { body: live } = await nodes.node(n).api<{ items: unknown[] }>('GET', `${site.path}/calls/live`)
      return [...agents.items.map(({ health }) => health.activeCalls), live.items.length]
    }
    for (let tries = 0; (await left(0)).some((count) => count > 0) && tries < 200; tries += 1) await sleep(200)
    expect([await left(0), await left(1)]).toEqual([
      [0, 0, 0, 0],
      [0, 0, 0, 0],
    ])
  })
})

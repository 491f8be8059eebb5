import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { VoiceAgent } from '../../../shared/contract/voice-agents.ts'
import { freePort, startServerProcess, type ServerProcess } from '../../support/server-process.ts'
import { createSite, dialled, newToken, numberOf, type Site } from '../../support/site.ts'

/** Twenty show it in full. */
const kills = Number(process.env['SWITCHYARD_TEST_KILLS'] ?? 3)
let dataDir: string
let ports: { port: number; adminPort: number }
let running: ServerProcess
let site: Site

beforeAll(async () => {
  dataDir = await mkdtemp(join(tmpdir(), 'switchyard-kill-'))
  ports = { port: await freePort(), adminPort: await freePort() }
  running = await startServerProcess(dataDir, ports)
  site = await createSite(running)
}, 60_000)
afterAll(async () => {
  await running.end('SIGKILL')
  await rm(dataDir, { recursive: true, force: true })
})

describe('kill -9 under load', () => {
  it(
    'loses nothing that was acknowledged, keeps the rotation, and calls in flight go on',
    { timeout: 60_000 + kills * 20_000 },
    async () => {
      const acknowledged: string[] = []
      const started: string[] = []
      const inFlight = new Map<string, string>()
      let turn = 0
      for (let round = 0; round < kills; round += 1) {
        // The rotation goes on where it was, call by call, across every kill.
        for (let i = 0; i < 4; i += 1) {
          const token = newToken()
          const document = await site.ask(token, numberOf.round_robin)
          expect(dialled(document)).toBe(`+1202555017${(turn % 3) + 1}`)
          turn += 1
          inFlight.set(token, document)
          started.push(token)
        }
        // Meanwhile many calls come and end; the kill lands in their midst.
        const killing = new AbortController()
        const isKilled = (): boolean => killing.signal.aborted
        const worker = async (): Promise<void> => {
          while (!isKilled()) {
            const token = newToken()
            started.push(token)
            try {
              await site.ask(token, numberOf.load_balanced)
              const { status } = await site.end(token)
              if (status === 200) acknowledged.push(token)
            } catch (error) {
              if (!isKilled()) throw error
            }
          }
        }
        const workers = Array.from({ length: 20 }, worker)
        await new Promise((resolve) => setTimeout(resolve, 500))
        killing.abort()
        await running.end('SIGKILL')
        await Promise.allSettled(workers)
        running = await startServerProcess(dataDir, ports)
        for (const [token, document] of inFlight) {
          const text = await site.report(token, document, 'busy', numberOf.round_robin)
          expect(dialled(text) ?? text).toMatch(/^\+1202555017[123]$/)
          expect(dialled(text)).not.toBe(dialled(document))
        }
        inFlight.clear()
      }
      expect(acknowledged.length).toBeGreaterThan(50)
      for (const token of acknowledged)
        expect(await site.call(token)).toMatchObject({ state: 'completed', disposition: 'answered' })
      // The platform reports the end of every call to somebody who lives; then none is stuck and no slot is held.
      for (const token of started) expect((await site.end(token)).status).toBe(200)
      const { body: live } = await running.api<{ items: unknown[] }>('GET', `${site.path}/calls/live`)
      const { body: agents } = await running.api<{ items: VoiceAgent[] }>('GET', `${site.path}/voice-agents`)
      expect(live.items).toEqual([])
      expect(agents.items.map(({ health }) => health.activeCalls)).toEqual([0, 0, 0])
    },
  )

  it('closes cleanly on SIGTERM: what is under way is answered', { timeout: 60_000 }, async () => {
    // A connection that says nothing, as browsers open ahead of need, holds nothing up.
    const silent = connect(ports.adminPort, '127.0.0.1')
    const silentToo = connect(ports.port, '127.0.0.1')
    await Promise.all([once(silent, 'connect'), once(silentToo, 'connect')])
    const closed = [once(silent, 'close'), once(silentToo, 'close')]
    const asked = Array.from({ length: 50 }, () => site.ask(newToken(), numberOf.priority))
    const answers = await Promise.all(asked)
    expect(answers.every((text) => text.includes('<Dial '))).toBe(true)
    expect(await running.end('SIGTERM')).toBe(0)
    await Promise.all(closed)
    running = await startServerProcess(dataDir, ports)
    expect((await running.api('GET', `${site.path}/calls/live`)).status).toBe(200)
  })
})

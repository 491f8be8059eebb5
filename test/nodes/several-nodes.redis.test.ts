import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { VoiceAgent } from '../../shared/contract/voice-agents.ts'
import { startNodes, type Nodes } from '../support/nodes.ts'
import {
  actionOf,
  createSite,
  dialled,
  dialResult,
  newToken,
  numberOf,
  voiceRequest,
  type Site,
} from '../support/site.ts'
import type { TestServer } from '../support/test-server.ts'

const count = 3
let nodes: Nodes
let site: Site
let cdrTemplate: { session: object }

beforeAll(async () => {
  nodes = await startNodes(count)
  site = await createSite({ api: nodes.api(0) } as unknown as TestServer)
  cdrTemplate = JSON.parse(
    await readFile(join(import.meta.dirname, '../fixtures/cloudonix/cdr-answered.json'), 'utf8'),
  ) as { session: object }
}, 60_000)
afterAll(() => nodes.dispose())

const ask = async (n: number, token: string, to: string): Promise<string> =>
  (await nodes.post(n % count, `${site.base}/application`, voiceRequest(token, to))).text
const cdr = (token: string): unknown => ({ ...cdrTemplate, session: { ...cdrTemplate.session, token } })
const until = async (isTrue: () => Promise<boolean>): Promise<void> => {
  for (let tries = 0; !(await isTrue()); tries += 1) {
    if (tries > 200) throw new Error('it does not become true')
    await sleep(50)
  }
}
describe('several nodes', { timeout: 60_000 }, () => {
  it('put a change of one in force on all', async () => {
    const { id } = site.agents[0]!
    const enable = async (n: number, enabled: boolean) => {
      const { body } = await nodes.api(n)<VoiceAgent>('GET', `${site.path}/voice-agents/${id}`)
      const { status } = await nodes.api(n)('PATCH', `${site.path}/voice-agents/${id}`, {
        version: body.version,
        enabled,
      })
      expect(status).toBe(200)
    }
    const isOffered = async (n: number) => (await ask(n, newToken(), numberOf.priority)).includes('+12025550171')
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
      const asked = await ask(n, token, numberOf.round_robin)
      first.push(dialled(asked))
      const next = await nodes.post((n + 1) % count, actionOf(asked), dialResult(token, 'busy', numberOf.round_robin))
      expect(dialled(next.text)).not.toBe(dialled(asked))
      const again = await nodes.post((n + 2) % count, actionOf(asked), dialResult(token, 'busy', numberOf.round_robin))
      expect(again.text).toBe(next.text)
      expect((await nodes.post((n + 2) % count, `${site.base}/cdr`, cdr(token))).status).toBe(200)
      const call = await nodes.api(n % count)<{ state: string; attempts: unknown[]; decisions: unknown[] }>(
        'GET',
        `${site.path}/calls/${token}`,
      )
      expect(call.body).toMatchObject({ state: 'completed', attemptCount: 2 })
      expect([call.body.attempts.length, call.body.decisions.length]).toEqual([2, 2])
    }
    expect(first).toEqual([...Array(3)].flatMap(() => ['+12025550171', '+12025550172', '+12025550173']))
  })

  it('answer the same request at the same instant with the same bytes, and decide once', async () => {
    const storms = Number(process.env['SWITCHYARD_TEST_STORMS'] ?? 30)
    for (let storm = 0; storm < storms; storm += 1) {
      const token = newToken()
      const answers = await Promise.all(Array.from({ length: 64 }, (_, n) => ask(n, token, numberOf.load_balanced)))
      expect(new Set(answers).size).toBe(1)
      expect(answers[0]).toContain('<Dial')
      const read = () => nodes.api(storm % count)<{ decisions: unknown[] }>('GET', `${site.path}/calls/${token}`)
      // On a busy machine an answer may be sent before its decision is written.
      await until(async () => (await read()).status === 200)
      expect((await read()).body.decisions).toHaveLength(1)
      await nodes.post(storm % count, `${site.base}/cdr`, cdr(token))
    }
  }, 600_000)
})

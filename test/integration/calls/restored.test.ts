import { cp, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { createSite, dialled, newToken, numberOf, voiceRequest, type Site } from '../../support/site.ts'
import { startTestServer, type TestServer } from '../../support/test-server.ts'

let test: TestServer
let site: Site
let copy: string
beforeAll(async () => {
  test = await startTestServer()
  site = await createSite(test, { defaultTarget: { type: 'number', value: '+12025550900' } })
  copy = await mkdtemp(join(tmpdir(), 'switchyard-copy-'))
  await test.restart()
  await cp(test.dataDir, copy, { recursive: true, filter: (file) => !file.endsWith('.lock') })
})
afterAll(async () => {
  await test.close()
  await rm(copy, { recursive: true, force: true })
})

describe('a node that knows the configuration, but nothing of the call', () => {
  it('goes on by the signed action alone: nobody twice, no number twice, and the record whole', async () => {
    const [token, another] = [newToken(), newToken()]
    const second = await site.report(token, await site.ask(token), 'busy')
    let last = await site.ask(another)
    for (let i = 0; i < 3; i += 1) last = await site.report(another, last, 'busy')
    // All agents were tried, then the message of the group was said: that call has nothing more to report.
    expect(last).toContain('<Say ')

    await test.restart({ dataDir: copy })
    const third = await site.report(token, second, 'no-answer')
    expect(dialled(third)).toBe('+12025550173')
    // The result that came before the loss, sent once more: its attempt is over.
    expect(await site.report(token, second, 'busy')).toBe(third)
    const fallback = await site.report(token, third, 'failed')
    expect(fallback).toContain('<Say ')
    const call = await site.call(token)
    expect(call).toMatchObject({ from: '+12025550123', to: numberOf.priority, attemptCount: 3 })
    expect(call.attempts.map(({ n, agentName, result }) => [n, agentName, result])).toEqual([
      [1, 'Agent 1', undefined],
      [2, 'Agent 2', 'no_answer'],
      [3, 'Agent 3', 'failed'],
    ])
    await test.restart()
  })

  it('remembers a dialled number from the state too', async () => {
    const { body: group } = await test.api<{ id: string }>('POST', `${site.path}/agent-groups`, {
      name: 'Number last',
      strategy: 'priority',
      members: [{ agentId: site.agents[0]?.id }],
      fallback: { type: 'number', value: '+12025550901' },
    })
    await test.api('POST', `${site.path}/inbound-rules`, {
      pattern: '+12025550161',
      target: { type: 'group', id: group.id },
    })
    const token = newToken()
    const first = (await test.webhook(`${site.base}/application`, voiceRequest(token, '+12025550161'))).text
    const number = await site.report(token, first, 'busy')
    expect(dialled(number)).toBe('+12025550901')
    await test.restart({ dataDir: copy })
    expect(dialled(await site.report(token, number, 'busy'))).toBe('+12025550900')
    const call = await site.call(token)
    expect(call.attempts.map(({ n }) => n)).toEqual([1, 2, 3])
    await test.restart()
  })
})

describe('a call of which nothing more is heard', () => {
  it('is closed as lost when its time limit has passed, and gives its slot back', async () => {
    const token = newToken()
    await site.ask(token)
    const real = performance.now.bind(performance)
    const later = vi.spyOn(performance, 'now').mockImplementation(() => real() + 5 * 3_600_000)
    try {
      await test.restart()
      await vi.waitFor(
        async () => expect(await site.call(token)).toMatchObject({ state: 'failed', disposition: 'lost' }),
        5000,
      )
      const { body } = await test.api<{ health: { activeCalls: number } }>(
        'GET',
        `${site.path}/voice-agents/${site.agents[0]?.id}`,
      )
      expect(body.health.activeCalls).toBe(0)
    } finally {
      later.mockRestore()
    }
  })
})

import { Redis } from 'ioredis'
import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import type { Erasure } from '../../shared/contract/erasures.ts'
import { listenTo } from '../support/event-reader.ts'
import { startNodes, type Nodes } from '../support/nodes.ts'
import { actionOf, createSite, newToken, numberOf, voiceRequest, type Site } from '../support/site.ts'
import { ownerToken } from '../support/test-server.ts'

const number = '+17025550147'
let nodes: Nodes
let site: Site
beforeAll(async () => {
  nodes = await startNodes(2)
  site = await createSite(nodes.node(0))
  for (const { id, version, settings } of Object.values(site.groups))
    await nodes.node(0).api('PATCH', `${site.path}/agent-groups/${id}`, {
      version,
      settings: { ...settings, stickyMinutes: 60 },
    })
}, 60_000)
afterAll(() => nodes.dispose())

const play = async (n: number, from: string): Promise<void> => {
  const request = voiceRequest(newToken(), numberOf.priority, from)
  const { text } = await nodes.node(n).webhook(`${site.base}/application`, request)
  await nodes.node(1 - n).webhook(actionOf(text), { ...request, DialCallStatus: 'completed' })
}
const redisWith = async (text: string): Promise<string[]> => {
  const redis = new Redis(nodes.redis.url)
  const found: string[] = []
  for (const key of await redis.keys('*')) {
    const type = await redis.type(key)
    const held = type === 'string' ? await redis.get(key) : type === 'hash' ? await redis.hgetall(key) : undefined
    if ((key + JSON.stringify(held)).includes(text)) found.push(key)
  }
  redis.disconnect()
  return found
}
const filesWith = async (text: string): Promise<string[]> => {
  const found: string[] = []
  for (const name of await readdir(nodes.dataDir))
    if (/switchyard\.db/.test(name) && (await readFile(join(nodes.dataDir, name))).includes(text)) found.push(name)
  return found
}

describe('several nodes of which one erases a number', { timeout: 60_000 }, () => {
  it('keep nothing of it, in the file, in Redis, or to be told again', async () => {
    const ear = await listenTo(nodes.node(1).admin, ownerToken)
    for (let n = 0; n < 20; n += 1) await play(n % 2, n % 4 === 0 ? number : `+1202555${1000 + n}`)
    await vi.waitFor(() => expect(ear.text()).toContain(number), 10_000)
    const first = ear.events()[0]!.id
    await ear.leave()
    expect(await redisWith(number)).not.toEqual([])

    const ending = new AbortController()
    const others = (async () => {
      for (let n = 0; !ending.signal.aborted; n += 1) await play(n % 2, `+1303555${1000 + n}`)
    })()
    let { body: erasure } = await nodes.node(0).api<Erasure>('POST', `${site.path}/erasures`, { number, mode: 'erase' })
    while (erasure.state === 'running') {
      await new Promise((done) => setTimeout(done, 50))
      erasure = (await nodes.node(1).api<Erasure>('GET', `${site.path}/erasures/${erasure.id}`)).body
    }
    ending.abort()
    await others
    expect(erasure).toMatchObject({ state: 'done', report: { calls: 5, leftPages: 0 } })
    for (const text of [number, number.slice(1)]) {
      expect(await redisWith(text)).toEqual([])
      expect(await filesWith(text)).toEqual([])
    }

    const again = await listenTo(nodes.node(1).admin, ownerToken, first)
    await vi.waitFor(() => expect(again.text()).toContain('resync'), 10_000)
    expect(again.text()).not.toContain(number)
    await again.leave()
  })
})

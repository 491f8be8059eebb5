import { existsSync } from 'node:fs'
import { mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { gunzipSync } from 'node:zlib'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Erasure } from '../../../shared/contract/erasures.ts'
import { createSite, type Site } from '../../support/site.ts'
import { allSettled } from '../../support/settled.ts'
import { openInlineStore } from '../../support/sqlite-store.ts'
import { aVoiceUnit } from '../../support/store-rows.ts'
import { startTestServer, type TestServer } from '../../support/test-server.ts'

const number = '+17025550147'
const day = '2026-03-31'
const oldMs = Date.parse(day) + 3_600_000

let running: TestServer
let site: Site
beforeAll(async () => {
  running = await startTestServer()
  site = await createSite(running)
  const store = await openInlineStore(running.dataDir)
  for (let n = 0; n < 20; n += 1) {
    const { call, webhookEvent, ...unit } = aVoiceUnit(site.tenant.id, n, oldMs + n)
    const from = n % 2 === 0 ? number : '+12025550123'
    const payload = webhookEvent!.payload.replaceAll('+12025550123', n === 1 ? '(702) 555-0147' : from)
    await store.callLog.append(
      {
        ...unit,
        call: { ...call!, from, state: 'completed', disposition: 'answered', endedAtMs: oldMs + n },
        webhookEvent: { ...webhookEvent!, payload, atMs: oldMs + n },
      },
      'written',
    )
  }
  await allSettled(running.dataDir)
  await store.close()
}, 60_000)
afterAll(() => running.close())

const folder = (): string => join(running.dataDir, 'archives', site.tenant.id)
const texts = async (): Promise<string> => {
  const files = await readdir(folder())
  const read = files.map(async (file) => gunzipSync(await readFile(join(folder(), file))).toString())
  return (await Promise.all(read)).join('')
}
const erase = async (): Promise<Erasure> => {
  let { body: erasure } = await running.api<Erasure>('POST', `${site.path}/erasures`, { number, mode: 'erase' })
  while (erasure.state === 'running') {
    await new Promise((done) => setTimeout(done, 20))
    erasure = (await running.api<Erasure>('GET', `${site.path}/erasures/${erasure.id}`)).body
  }
  return erasure
}
const restore = (kind: string) => running.api('POST', `${site.path}/archives/restore`, { kind, day })

describe('archives of a running server', () => {
  it('hold nothing of a number that was erased, and can be brought back', async () => {
    await running.api('PATCH', site.path, {
      version: site.tenant.version,
      settings: { retention: { callDays: 10, webhookEventDays: 10 } },
    })
    const removed = await running.api('POST', `${site.path}/retention/run`)
    expect(removed.body).toEqual({ calls: 20, webhookEvents: 20 })
    expect(await texts()).toContain(number)
    // Left by an end in the middle of writing.
    await writeFile(join(folder(), 'calls-2026-04-01.jsonl.gz.part'), number)

    expect(await erase()).toMatchObject({ state: 'done', report: { archives: 2 } })
    expect(await texts()).not.toMatch(/702\D{0,3}555\D?0147/)
    expect((await readdir(folder())).sort()).toEqual([`calls-${day}.jsonl.gz`, `webhook_events-${day}.jsonl.gz`])
    expect((await restore('calls')).body).toMatchObject({ restored: 10 })
    // Of a call of somebody else, with the number in its payload.
    expect((await restore('webhook_events')).body).toMatchObject({ restored: 10 })
  })

  it('that are damaged are named, and keep nothing else from being erased', async () => {
    await writeFile(join(folder(), `calls-${day}.jsonl.gz`), 'not compressed')
    const exported = join(running.dataDir, 'exports', site.tenant.id, 'x.csv')
    await mkdir(dirname(exported), { recursive: true })
    await writeFile(exported, number)
    const failed = await erase()
    expect(failed).toMatchObject({ state: 'failed', error: expect.stringContaining('or delete it') as string })
    expect(existsSync(exported)).toBe(false)
    await rm(join(folder(), `calls-${day}.jsonl.gz`))
    expect(await erase()).toMatchObject({ state: 'done' })
  })

  it('go with their tenant', async () => {
    expect(existsSync(folder())).toBe(true)
    await running.api('DELETE', `${site.path}?force=true`)
    expect(existsSync(folder())).toBe(false)
  })
})

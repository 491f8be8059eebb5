import Database from 'better-sqlite3'
import { gzipSync } from 'node:zlib'
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Erasure, ErasureReport } from '../../../shared/contract/erasures.ts'
import { actionOf, createSite, newToken, numberOf, voiceRequest, type Site } from '../../support/site.ts'
import { startTestServer, type TestServer } from '../../support/test-server.ts'

const erased = '+17025550147'
const other = '+17025550148'
const digits = erased.slice(1)
/** The number as payloads may spell it, each in a call or a request of its own. */
const spellings = [
  '+17025550147',
  '0017025550147',
  'tel:+1-702-555-0147',
  'sip:+17025550147@sip.example.com',
  '7025550147',
]

let running: TestServer
let site: Site
let neighbour: Site

beforeAll(async () => {
  running = await startTestServer()
  site = await createSite(running)
  neighbour = await createSite(running, { name: 'Neighbour', domain: 'neighbour.cloudonix.net' })
}, 60_000)
afterAll(() => running.close())

const play = async (at: Site, from: string, more: Record<string, unknown> = {}): Promise<string> => {
  const token = newToken()
  const request = { ...voiceRequest(token, numberOf.priority, from), ...more }
  const { text } = await running.webhook(`${at.base}/application`, request)
  await running.webhook(actionOf(text), { ...request, DialCallStatus: 'completed' })
  return token
}

/** Everything in the data directory, and whether a text stands in it, whatever is written around it. */
const filesWith = async (text: string): Promise<string[]> => {
  const found: string[] = []
  for (const entry of await readdir(running.dataDir, { recursive: true, withFileTypes: true })) {
    if (!entry.isFile()) continue
    const file = join(entry.parentPath, entry.name)
    if ((await readFile(file)).includes(text)) found.push(entry.name)
  }
  return found
}
const erasing = async (number: string, mode: string): Promise<Erasure> => {
  const { status, body } = await running.api<Erasure>('POST', `${site.path}/erasures`, { number, mode })
  expect(status).toBe(202)
  let erasure = body
  while (erasure.state === 'running') {
    await new Promise((done) => setTimeout(done, 20))
    erasure = (await running.api<Erasure>('GET', `${site.path}/erasures/${erasure.id}`)).body
  }
  expect(erasure).toMatchObject({ state: 'done' })
  return erasure
}
const list = async (noun: string): Promise<number> =>
  (await running.api<{ items: unknown[] }>('GET', `${site.path}/${noun}`)).body.items.length
const preview = async (number: string) =>
  (await running.api<ErasureReport>('POST', `${site.path}/erasures/preview`, { number })).body
const startMs = Date.now() - 3_600_000
/** By country, which is read from the number where the platform says none. */
const figures = async (): Promise<{ items: object[] }> => {
  const range = `startMs=${startMs}&endMs=${startMs + 86_400_000}`
  return (await running.api<{ items: object[] }>('GET', `${site.path}/analytics/breakdown?groupBy=country&${range}`))
    .body
}

describe('erasing a number', () => {
  it('leaves no trace of it in any file while calls go on, and takes nobody else along', async () => {
    for (const from of spellings) await play(site, from, { Note: `caller ${from} %2B${digits}` })
    // Mentioned by a call of another number.
    const mentioned = await play(site, other, {
      Note: `transferred from (702) 555-0147, +1 702 555 0147 and %2B${digits}`,
    })
    // In a form, where a + is a space; within a text within a text; as letterheads and CXML may have it.
    const form = new URLSearchParams({
      ...voiceRequest(newToken(), numberOf.priority, erased),
      Note: 'call 7025550147',
    })
    const formType = { 'content-type': 'application/x-www-form-urlencoded' }
    const { text: document } = await running.webhook(`${site.base}/application`, form.toString(), formType)
    form.set('DialCallStatus', 'completed')
    await running.webhook(actionOf(document), form.toString(), formType)
    await play(site, other, {
      Note: JSON.stringify({ text: JSON.stringify({ caller: 17025550147, tel: '+1 (702)\t555\u20110147' }) }),
      Document: '<Number>&#43;1&#160;702 555 0147</Number>',
    })
    // A record of a call that nobody asked about.
    await running.webhook(`${site.base}/cdr`, { session: { token: newToken(), callerId: erased } })
    const ofNeighbour = await play(neighbour, erased)
    await mkdir(join(running.dataDir, 'exports', site.tenant.id), { recursive: true })
    await writeFile(join(running.dataDir, 'exports', site.tenant.id, 'a.csv.gz'), gzipSync(`from\n${erased}\n`))
    await writeFile(join(running.dataDir, 'exports', site.tenant.id, 'b.csv'), `from\n${other}\n`)
    // Its filter holds the number, whose calls it has.
    const { body: asked } = await running.api<{ id: string }>('POST', `${site.path}/exports`, {
      format: 'csv',
      filter: { from: erased },
    })
    const isExported = async (): Promise<boolean> =>
      (await running.api<{ state: string }>('GET', `${site.path}/exports/${asked.id}`)).body.state === 'done'
    while (!(await isExported())) await new Promise((done) => setTimeout(done, 20))
    const { body: rule } = await running.api<{ id: string }>('POST', `${site.path}/inbound-rules`, {
      name: 'From one caller',
      pattern: '+12025550199',
      callerPattern: '+17025550199',
      target: { type: 'reject', value: 'busy' },
    })
    expect(rule.id).toBeDefined()

    const before = await preview('+1 (702) 555-0147')
    expect(before).toMatchObject({
      calls: spellings.length + 2,
      ongoingCalls: 0,
      exports: 2,
      configuration: [],
      backups: [],
    })
    expect(before.webhookEvents).toBeGreaterThan(2 * spellings.length)

    const ending = new AbortController()
    const others = (async () => {
      let played = 0
      for (; !ending.signal.aborted; played += 1) await play(site, `+1702555${String(1000 + played).padStart(4, '0')}`)
      return played
    })()
    const { report } = await erasing('tel:+17025550147', 'erase')
    ending.abort()
    expect(await others).toBeGreaterThan(0)
    expect(report).toMatchObject({ calls: spellings.length + 2, exports: 2, leftPages: 0 })
    expect(await preview(erased)).toMatchObject({ calls: 0, decisions: 0, webhookEvents: 0, exports: 0, archives: 0 })
    expect((await readdir(join(running.dataDir, 'exports', site.tenant.id))).sort()).toEqual(['b.csv'])

    // Another tenant's call of the same number is as it was …
    expect(await neighbour.call(ofNeighbour)).toMatchObject({ from: erased })
    // … and so is the other call, but for the number in its payload.
    const kept = await site.call(mentioned)
    expect(kept.from).toBe(other)

    // Once that tenant is gone too, no byte of any file holds it.
    await running.api('DELETE', `${neighbour.path}?force=true`)
    await erasing(erased, 'erase')
    for (const text of [digits, '7025550147', '702-555-0147', '702 555 0147', '555-0147', '1;702', '(702)'])
      expect(await filesWith(text)).toEqual([])
    expect(await filesWith(other.slice(1))).not.toEqual([])
  }, 60_000)

  it('keeps calls and figures when it anonymises, under one name that is no number', async () => {
    const number = '+17025550155'
    const tokens = [await play(site, number), await play(site, number)]
    const before = await figures()
    expect(before.items.length).toBeGreaterThan(0)
    const { report } = await erasing(number, 'anonymise')
    expect(report).toMatchObject({ calls: 2 })
    const names = await Promise.all(tokens.map(async (token) => (await site.call(token)).from))
    expect(names[0]).toMatch(/^anon-[a-z]{16}$/)
    expect(new Set(names).size).toBe(1)
    expect(await figures()).toEqual(before)
    await running.api('POST', `${site.path}/analytics/rebuild`)
    expect(await filesWith(number.slice(1))).toEqual([])
    const { body } = await running.api<{ items: unknown[] }>('GET', `${site.path}/calls?from=${names[0]}`)
    expect(body.items).toHaveLength(2)
  }, 60_000)

  it('reports configuration that holds the number, and changes none of it', async () => {
    const number = '+17025550166'
    await running.api('POST', `${site.path}/inbound-rules`, {
      name: 'One caller',
      pattern: '+12025550198',
      callerPattern: number,
      target: { type: 'reject', value: 'busy' },
    })
    await running.api('POST', `${site.path}/saved-filters`, { name: 'Mine', filter: { from: number } })
    const { body: own } = await running.api<{ id: string }>('POST', `${site.path}/numbers`, { number, kind: 'did' })
    const { report } = await erasing(number, 'erase')
    expect(report?.configuration.map(({ kind, id, name }) => [kind, name, id === own.id])).toEqual([
      ['inbound rule', 'One caller', false],
      ['number', '…', true],
      ['saved filter', 'Mine', false],
    ])
    expect(await filesWith(number)).not.toEqual([])
    const [rules, filters] = [await list('inbound-rules'), await list('saved-filters')]
    for (const { kind, id } of report?.configuration ?? []) {
      const noun = kind === 'number' ? 'numbers' : kind === 'inbound rule' ? 'inbound-rules' : 'saved-filters'
      await running.api('DELETE', `${site.path}/${noun}/${id}`)
    }
    expect([await list('inbound-rules'), await list('saved-filters')]).toEqual([rules - 1, filters - 1])
    await erasing(number, 'erase')
    // The report of the erasure before neither.
    expect(await filesWith(number.slice(1))).toEqual([])
  })

  it('leaves a call alone that goes on, and says so', async () => {
    const number = '+17025550177'
    const token = newToken()
    await running.webhook(`${site.base}/application`, voiceRequest(token, numberOf.priority, number))
    expect((await erasing(number, 'erase')).report).toMatchObject({ calls: 0, ongoingCalls: 1 })
    expect((await site.call(token)).from).toBe(number)
  })

  it('says when somebody who reads for long keeps it in the log, and removes it the next time', async () => {
    const number = '+17025550188'
    await play(site, number)
    const backup = new Database(join(running.dataDir, 'switchyard.db'), { readonly: true })
    backup.exec('BEGIN')
    backup.prepare('SELECT count(*) FROM call_records').get()
    const { report } = await erasing(number, 'erase')
    expect(report?.calls).toBe(1)
    expect(report?.leftPages).toBeGreaterThan(0)
    backup.exec('COMMIT')
    backup.close()
    expect((await erasing(number, 'erase')).report).toMatchObject({ calls: 0, leftPages: 0 })
    expect(await filesWith(number.slice(1))).toEqual([])
  }, 30_000)

  it('refuses what is no phone number', async () => {
    const answer = await running.api('POST', `${site.path}/erasures`, { number: 'anonymous', mode: 'erase' })
    expect(answer.status).toBe(400)
    expect(answer.text).toContain('anonymous is no international number')
  })
})

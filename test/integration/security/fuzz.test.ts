import { readFileSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { Agent, request } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc, { type Arbitrary } from 'fast-check'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { checkCxml } from '../../support/cxml-check.ts'
import { fitting, fuzzing, hostileValue, type JsonSchema, type Resolve } from '../../support/schema-arbitrary.ts'
import { freePort, startServerProcess, type ServerProcess } from '../../support/server-process.ts'
import {
  actionOf,
  answeredCdr,
  createSite,
  dialled,
  dialResult,
  newToken,
  numberOf,
  voiceRequest,
  type Site,
} from '../../support/site.ts'
import { ownerToken } from '../../support/talk.ts'

/** 100 000 where it is asked for. */
const requests = Number(process.env['SWITCHYARD_TEST_FUZZ'] ?? 1500)
const seed = Number(process.env['SWITCHYARD_TEST_SEED'] ?? Date.now() % 2 ** 31)
const atOnce = 8
/** Made of one seed each: what fails is found again without all that came before. */
const batchSize = 100

/** None of them may ever be read again, whatever is asked. */
const secrets = {
  webhookApiKey: 'planted-webhook-api-key',
  cloudonixApiKey: 'XI-planted-cloudonix-api-key',
  password: 'planted-agent-password',
}

interface Asked {
  readonly listener: 'webhooks' | 'admin'
  readonly what: string
  readonly method: string
  readonly path: string
  readonly headers: Readonly<Record<string, string>>
  readonly body: string | undefined
  /** The documented statuses of the operation. */
  readonly statuses?: readonly string[]
}

let dataDir: string
let server: ServerProcess
let site: Site
let victim: Site
let makeRequest: Arbitrary<Asked>

interface Described {
  readonly operationId: string
  readonly parameters?: readonly { readonly $ref?: string; in: string; name: string; schema: JsonSchema }[]
  readonly requestBody?: { readonly content: { readonly 'application/json': { readonly schema: JsonSchema } } }
  readonly responses: Readonly<Record<string, unknown>>
}
interface OpenApi {
  readonly paths: Readonly<Record<string, Readonly<Record<string, Described>>>>
  readonly components: Readonly<Record<string, Readonly<Record<string, JsonSchema>>>>
}

/** The stream of events never ends, so it is no request to wait for. */
const leftOut = new Set(['events.listen'])
/** What asks the platform, which is not there. */
const asksCloudonix = /^(cloudonix\.|trunks\.sync$|calls\.hangup$)/

/** Asking the platform keeps to ten questions in ten seconds: those of a tenant without its key are over at once. */
const withoutPlatform = (name: string, value: unknown): unknown => (name === 'cloudonixApiKey' ? undefined : value)

const queryText = (value: unknown): string => {
  const list = Array.isArray(value) ? value : [value]
  const one = list.map((item) => (typeof item === 'string' ? item.toWellFormed() : JSON.stringify(item))).join(',')
  return encodeURIComponent(one)
}
const pathText = (value: unknown): string => encodeURIComponent(String(value).toWellFormed()) || '%20'

/** Stands in a path for one of the things that are there when it is sent. */
const anyId = '~any-'
/** Ids that answers told of, the latest of each list. */
const seen = new Map<string, string[]>()
const mostSeen = 50

const withIds = (path: string): string =>
  path.replace(/^(.*?)\/~any-(\d+)/, (_all, list: string, n: string) => {
    const ids = [...(seen.get(list) ?? []), ...victim.agents.map(({ id }) => id), providerId]
    return `${list}/${ids[Number(n) % ids.length] ?? ''}`
  })

const learnIds = ({ path }: Asked, { text }: Answered): void => {
  const list = path.split('?', 1)[0] ?? ''
  const { id, items } = JSON.parse(text) as { id?: unknown; items?: readonly { id?: unknown }[] }
  const found = (Array.isArray(items) ? items.map((item) => (item as { id?: unknown } | null)?.id) : [id]).filter(
    (one) => typeof one === 'string',
  )
  if (found.length > 0) seen.set(list, [...(seen.get(list) ?? []), ...found].slice(-mostSeen))
}

const restRequests = (document: OpenApi): Arbitrary<Asked> => {
  const resolve: Resolve = (reference) => {
    const [, , kind = '', name = ''] = reference.split('/')
    const found = document.components[kind]?.[name]
    if (!found) throw new Error(`${reference} is not in the document`)
    return found
  }
  const operations = Object.entries(document.paths).flatMap(([path, methods]) =>
    Object.entries(methods)
      .filter(([, { operationId }]) => !leftOut.has(operationId))
      .map(([method, described]) => ({ path, method: method.toUpperCase(), described })),
  )
  const arbitraries = operations.map(({ path, method, described }): Arbitrary<Asked> => {
    const parameters = (described.parameters ?? []).filter(({ $ref }) => $ref === undefined)
    const inPath = parameters.filter((one) => one.in === 'path')
    const inQuery = parameters.filter((one) => one.in === 'query')
    const schema = described.requestBody?.content['application/json'].schema
    // The tenant that calls are played for is looked at and left as it is.
    const isRead = method === 'GET' && !asksCloudonix.test(described.operationId)
    const pathValue = (name: string): Arbitrary<string> =>
      fc
        .tuple(fc.nat(9), fc.nat(), hostileValue)
        .map(([how, n, hostile]) =>
          how === 0
            ? pathText(typeof hostile === 'object' ? JSON.stringify(hostile) : hostile).slice(0, 2000)
            : name === 'tenantId'
              ? isRead && n % 2 === 0
                ? site.tenant.id
                : victim.tenant.id
              : `${anyId}${n}`,
        )
    return fc
      .record({
        pathValues: fc.tuple(...inPath.map(({ name }) => pathValue(name))),
        query: fc.record(Object.fromEntries(inQuery.map(({ name, schema: one }) => [name, fuzzing(one, resolve)])), {
          requiredKeys: [],
        }),
        body: schema
          ? fuzzing(schema, resolve)
          : fc.oneof({ weight: 9, arbitrary: fc.constant(undefined) }, { weight: 1, arbitrary: hostileValue }),
        version: fc.boolean(),
      })
      .map(({ pathValues, query, body, version }) => {
        const filled = inPath.reduce((so, { name }, i) => so.replace(`{${name}}`, pathValues[i] ?? ''), path)
        const search = Object.entries(query).map(([name, value]) => `${name}=${queryText(value)}`)
        // A version that is current gets further than most.
        const isChange = version && typeof body === 'object' && body !== null && 'version' in body
        const whole = isChange ? { ...body, version: 1 } : body
        const sent = body === undefined || method === 'GET' ? undefined : JSON.stringify(whole, withoutPlatform)
        return {
          listener: 'admin',
          what: described.operationId,
          method,
          path: (search.length > 0 ? `${filled}?${search.join('&')}` : filled).slice(0, 12_000),
          headers: {
            authorization: `Bearer ${ownerToken}`,
            ...(sent !== undefined && { 'content-type': 'application/json' }),
          },
          body: sent,
          statuses: Object.keys(described.responses),
        }
      })
  })
  return fc.oneof(...arbitraries)
}

const known = {
  voice: (token: string) => voiceRequest(token, numberOf.priority),
  result: (token: string) => dialResult(token, 'busy', numberOf.priority),
  cdr: (token: string) => answeredCdr(token),
  session: (token: string) => ({ token, status: 'ringing', modifiedAt: '2026-01-01T00:00:00.000Z' }),
}

/** Fields that the platform sends, of any value, beside some that it does not. */
const webhookRequests = (): Arbitrary<Asked> => {
  const fields = fc.oneof(
    {
      weight: 4,
      arbitrary: fc
        .tuple(
          fc.constantFrom(...Object.values(known)),
          fc.nat(500),
          fc.dictionary(fc.string({ maxLength: 12 }), hostileValue),
        )
        .map(([make, n, more]): unknown => ({ ...more, ...make(`fuzzed-${n}`) })),
    },
    {
      weight: 4,
      arbitrary: fc
        .tuple(fc.constantFrom(...Object.values(known)), fc.nat(500), fc.nat(), hostileValue)
        .map(([make, n, at, hostile]): unknown => {
          const made = make(`fuzzed-${n}`)
          const names = Object.keys(made)
          return { ...made, [names[at % names.length] ?? '']: hostile }
        }),
    },
    { weight: 1, arbitrary: hostileValue },
    { weight: 1, arbitrary: fc.array(hostileValue, { maxLength: 4 }) },
  )
  const body = fields.chain((value) =>
    fc.nat(9).map((how): { type: string; text: string } => {
      const json = JSON.stringify(value)
      if (how === 0) return { type: 'application/json', text: json.slice(0, json.length / 2) }
      if (how === 1) return { type: 'nonsense', text: json }
      if (how === 2 && typeof value === 'object' && value !== null) {
        const pairs = Object.entries(value).map(([name, held]) => [
          name.toWellFormed(),
          typeof held === 'string' ? held.toWellFormed() : JSON.stringify(held),
        ])
        return { type: 'application/x-www-form-urlencoded', text: new URLSearchParams(pairs).toString() }
      }
      return { type: 'application/json', text: json }
    }),
  )
  const authorization = fc.oneof(
    { weight: 8, arbitrary: fc.constant(`Bearer ${secrets.webhookApiKey}`) },
    { weight: 1, arbitrary: fc.constantFrom('', 'Bearer', 'Bearer wrong', 'Basic eA==') },
  )
  const state = fc.oneof(
    fc.constant(''),
    fc.string({ unit: 'grapheme-ascii', maxLength: 200 }).map((text) => `?s=${encodeURIComponent(text)}`),
    fc.nat().map((n) => {
      const real = actionOf(signed)
      return real.slice(real.indexOf('?'), real.length - (n % 40))
    }),
    fc.webQueryParameters().map((text) => `?${text}`),
  )
  return fc
    .record({
      path: fc.constantFrom('application', 'dial-result', 'session', 'cdr'),
      method: fc.constantFrom('POST', 'POST', 'POST', 'POST', 'GET', 'PUT', 'DELETE', 'OPTIONS'),
      isKnown: fc.nat(9).map((n) => n > 0),
      body,
      authorization,
      state,
    })
    .map(({ path, method, isKnown, body: { type, text }, authorization: credential, state: search }) => ({
      listener: 'webhooks',
      what: `${method} ${path}`,
      method,
      path: `${isKnown ? site.base : '/voice/nobody'}/${path}${search}`,
      headers: { authorization: credential, 'content-type': type },
      body: method === 'GET' || method === 'OPTIONS' ? undefined : text,
    }))
}
/** A document with a real action. */
let signed = ''
/** Of the whole site, and of nobody's agents. */
let providerId = ''

const agent = new Agent({ keepAlive: true, maxSockets: atOnce })
interface Answered {
  readonly status: number
  readonly type: string
  readonly text: string
}
const send = ({ listener, method, path, headers, body }: Asked): Promise<Answered> =>
  new Promise((settle, reject) => {
    const length = body === undefined ? {} : { 'content-length': Buffer.byteLength(body) }
    const sent = request(
      {
        agent,
        port: new URL(server[listener]).port,
        host: '127.0.0.1',
        method,
        path,
        headers: { ...headers, ...length },
      },
      (response) => {
        const pieces: Buffer[] = []
        response.on('data', (piece: Buffer) => pieces.push(piece))
        response.on('error', reject)
        response.on('end', () =>
          settle({
            status: response.statusCode ?? 0,
            type: response.headers['content-type'] ?? '',
            text: Buffer.concat(pieces).toString(),
          }),
        )
      },
    )
    sent.on('error', reject)
    sent.end(body)
  })

/** What is wrong with an answer; undefined when nothing is. */
const problemOf = (asked: Asked, { status, type, text }: Answered): string | undefined => {
  if (/\n\s+at |node_modules|node:internal|SqliteError|SQLITE_/.test(text)) return 'it shows what is inside'
  if (asked.listener === 'webhooks') {
    if (/ (application|dial-result)$/.test(asked.what)) {
      if (status !== 200 || type !== 'application/xml; charset=utf-8') return `it is ${status} ${type}`
      return checkCxml(text)[0]
    }
    return [200, 400, 401, 404].includes(status) ? undefined : `it is ${status}`
  }
  for (const secret of Object.values(secrets)) if (text.includes(secret)) return 'it holds a secret'
  const mayBeAway = asksCloudonix.test(asked.what) && status === 503
  if (status >= 500 && !mayBeAway) return `it is ${status}`
  if (status < 400) return undefined
  if (!type.startsWith('application/json')) return `it is ${status} of type ${type}`
  const { error } = JSON.parse(text) as { error?: { code?: unknown; message?: unknown } }
  if (typeof error?.code !== 'string' || typeof error.message !== 'string') return 'it has not the shape of refusals'
  const isDocumented = asked.statuses?.includes(String(status)) ?? true
  return isDocumented || status === 400 || status === 404 || status === 413 ? undefined : `${status} is not documented`
}

/** What a request made is taken away again, so that the memory is what is left of requests and not of things. */
const tidy = async (asked: Asked, { status, text }: Answered): Promise<void> => {
  if (asked.listener !== 'admin' || (status !== 201 && status !== 202)) return
  const { id } = JSON.parse(text) as { id?: string }
  const path = asked.path.split('?', 1)[0]
  if (id !== undefined) await send({ ...asked, method: 'DELETE', path: `${path}/${id}?force=true`, body: undefined })
}

const residentMiB = (): number => {
  const status = readFileSync(`/proc/${server.pid}/status`, 'utf8')
  return Number(/VmRSS:\s+(\d+)/.exec(status)?.[1]) / 1024
}

/** A new one where a request deleted it, or changed it beyond use. */
let victims = 0
const makeVictim = async (): Promise<void> => {
  victims += 1
  victim = await createSite(server, {
    name: `Victim ${victims}`,
    domain: `victim-${victims}.cloudonix.net`,
    webhookApiKey: secrets.webhookApiKey,
  })
  await plantPassword(victim)
}
const secretsOfTenant = { webhookApiKey: secrets.webhookApiKey, cloudonixApiKey: secrets.cloudonixApiKey }
const plantPassword = async ({ path, agents }: Site): Promise<void> => {
  const [first] = agents
  const change = { version: first?.version, username: 'user', password: secrets.password }
  const changed = await server.api('PATCH', `${path}/voice-agents/${first?.id}`, change)
  expect(changed.status).toBe(200)
}

beforeAll(async () => {
  dataDir = await mkdtemp(join(tmpdir(), 'switchyard-fuzz-'))
  server = await startServerProcess(
    dataDir,
    { port: await freePort(), adminPort: await freePort() },
    // Nobody is there.
    // A heap that cannot put off tidying up: what is kept for good would end the process.
    { SWITCHYARD_CLOUDONIX_URL: `http://127.0.0.1:${await freePort()}`, NODE_OPTIONS: '--max-old-space-size=160' },
  )
  site = await createSite(server, secretsOfTenant)
  await plantPassword(site)
  await makeVictim()
  const provider = { key: 'fuzzed', displayName: 'Fuzzed', dialAs: 'service', valueKind: 'e164', credentials: 'none' }
  const made = await server.api<{ id: string }>('POST', '/providers', provider)
  expect(made.status).toBe(201)
  providerId = made.body.id
  const credential = { authorization: `Bearer ${secrets.webhookApiKey}` }
  signed = (await server.webhook(`${site.base}/application`, voiceRequest('fuzzed-1', numberOf.priority), credential))
    .text
  const response = await fetch(`${server.admin}/openapi.json`, { headers: { authorization: `Bearer ${ownerToken}` } })
  const document = (await response.json()) as OpenApi
  makeRequest = fc.oneof({ weight: 1, arbitrary: webhookRequests() }, { weight: 2, arbitrary: restRequests(document) })
})
afterAll(async () => {
  agent.destroy()
  expect(await server.end('SIGTERM')).toBe(0)
  await rm(dataDir, { recursive: true, force: true })
})

it(
  `answers ${requests} requests of all kinds as it should (seed ${seed})`,
  { timeout: 60_000 + requests * 60 },
  async () => {
    const problems: string[] = []
    const statuses = new Map<string, number>()
    const operations = new Set<string>()
    const memory: number[] = []
    let sent = 0

    const one = async (made: Asked, name: string): Promise<void> => {
      const asked = { ...made, path: withIds(made.path) }
      try {
        const answered = await send(asked)
        operations.add(asked.what)
        const kind = `${asked.listener} ${answered.status}`
        statuses.set(kind, (statuses.get(kind) ?? 0) + 1)
        const problem = problemOf(asked, answered)
        if (problem !== undefined) {
          const told = {
            ...asked,
            headers: undefined,
            path: asked.path.slice(0, 1000),
            body: asked.body?.slice(0, 2000),
          }
          problems.push(`${name}: ${problem}\n  asked ${JSON.stringify(told)}\n  got ${answered.text.slice(0, 500)}`)
        }
        const isList =
          asked.listener === 'admin' &&
          asked.what !== 'exports.file' &&
          answered.status < 300 &&
          answered.type.startsWith('application/json')
        if (isList) learnIds(asked, answered)
        await tidy(asked, answered)
        if (asked.what === 'tenants.delete' && answered.status === 204) await makeVictim()
      } catch (error) {
        problems.push(`${name}: ${String(error)}\n  asked ${JSON.stringify(asked).slice(0, 1000)}`)
      }
    }

    for (let batch = 0; sent < requests && problems.length < 10; batch += 1) {
      const all = fc.sample(makeRequest, { numRuns: Math.min(batchSize, requests - sent), seed: seed + batch })
      const queue = all.entries()
      const work = async (): Promise<void> => {
        for (const [n, asked] of queue) await one(asked, `seed ${seed} batch ${batch} request ${n}`)
      }
      await Promise.all(Array.from({ length: atOnce }, work))
      sent += all.length
      const quarters = Math.floor((sent * 4) / requests)
      if (process.platform === 'linux' && quarters > memory.length) memory.push(residentMiB())
    }
    const told = [...statuses].sort().map(([kind, count]) => `${kind}: ${count}`)
    console.log(`seed ${seed}: ${sent} requests of ${operations.size} kinds; ${told.join(', ')}`)
    console.log(`resident MiB at each quarter: ${memory.map((mebibytes) => mebibytes.toFixed(0)).join(', ')}`)
    expect(problems.join('\n\n')).toBe('')

    // The first quarter of few requests is still warming up.
    const [quarter = NaN, end = NaN] = [memory[0], memory.at(-1)]
    if (requests >= 20_000 && memory.length > 0) expect(end - quarter).toBeLessThan(Math.max(48, quarter * 0.25))
  },
)

it('and after all that serves a genuine call, and has no fault to tell', async () => {
  // Of a tenant that knows nothing of all that: what came for the others may have opened their circuits.
  const fresh = await createSite(server, { name: 'Fresh', domain: 'fresh.cloudonix.net' })
  expect(fresh.agents.map(({ value }) => value)).toContain(dialled(await fresh.ask(newToken())))
  const { body } = await server.api<{ counters: { faults: number } }>('GET', '/system/health')
  expect(body.counters.faults).toBe(0)
  const said = server.output()
  expect(said).not.toContain('"level":50')
  for (const secret of Object.values(secrets)) expect(said).not.toContain(secret)
})

it('values that fit a schema are what the schema wants', () => {
  const schema: JsonSchema = {
    type: 'object',
    required: ['a'],
    properties: { a: { type: 'integer', minimum: 1, maximum: 3 } },
  }
  const none: Resolve = () => ({})
  for (const value of fc.sample(fitting(schema, none), { numRuns: 50, seed: 1 }))
    expect([1, 2, 3]).toContain((value as { a: number }).a)
})

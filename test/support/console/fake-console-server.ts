import { readFile } from 'node:fs/promises'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { extname, join, normalize } from 'node:path'
import type { EventName, EventPayload } from '../../../shared/contract/events.ts'
import { operations } from '../../../shared/contract/index.ts'
import type { SystemHealth } from '../../../shared/contract/system.ts'
import type { Tenant } from '../../../shared/contract/tenants.ts'
import { isTerminal } from '../../../shared/vocabulary.ts'
import { createFakeCalls } from './fake-calls.ts'

/** The admin listener as the console sees it, for states that a real server is seldom in. */
export interface FakeConsoleOptions {
  /** What `vite build` made of renderer/. */
  readonly root: string
  readonly tenants?: number
  readonly callsPerSecond?: number
  readonly problems?: SystemHealth['problems']
  readonly isSignedIn?: boolean
  readonly port?: number
}

const types: Readonly<Record<string, string>> = {
  '.html': 'text/html',
  '.js': 'text/javascript',
  '.css': 'text/css',
  '.svg': 'image/svg+xml',
}

const aTenant = (n: number, name: string, domain: string): Tenant => ({
  id: `tenant-${n}`,
  version: 1,
  createdAtMs: 1,
  updatedAtMs: 1,
  name,
  domain,
  domainAliases: [],
  timeZone: 'Europe/Berlin',
  defaultCountry: 'US',
  settings: {},
  hasWebhookApiKey: false,
  hasCloudonixApiKey: false,
})

const bodyOf = async (request: IncomingMessage): Promise<Record<string, string>> => {
  let text = ''
  for await (const chunk of request) text += String(chunk)
  return text === '' ? {} : (JSON.parse(text) as Record<string, string>)
}

export const startFakeConsole = async (options: FakeConsoleOptions) => {
  const { callsPerSecond = 0, problems = [] } = options
  const tenants = ['Acme', 'Northwind']
    .slice(0, options.tenants ?? 2)
    .map((name, n) => aTenant(n, name, `${name.toLowerCase()}.cloudonix.net`))
  const calls = createFakeCalls('tenant-0')
  const streams = new Set<ServerResponse>()
  const counters = {
    voiceRequests: 0,
    dialResults: 0,
    sessionUpdates: 0,
    cdrs: 0,
    duplicates: 0,
    undurableAnswers: 0,
    faults: 0,
    dialectFindings: 0,
    unknownKeys: 0,
    activeCalls: 0,
    writeBacklog: 0,
  }
  let isSignedIn = options.isSignedIn ?? true
  let seq = 0
  let isRefusing = false

  const send = <N extends EventName>(name: N, payload: EventPayload<N>) => {
    seq += 1
    for (const stream of streams) stream.write(`id: ${seq}\nevent: ${name}\ndata: ${JSON.stringify(payload)}\n\n`)
  }
  const live = () => calls.all().filter((call) => !isTerminal(call.state))
  const health = (): SystemHealth => ({
    status: problems.length > 0 ? 'degraded' : 'ok',
    problems,
    counters: { ...counters, activeCalls: live().length },
  })

  const startCall = () => {
    const call = calls.create(Date.now())
    counters.voiceRequests += 1
    send('call.created', { tenantId: call.tenantId, call: calls.record(call) })
    return call
  }
  const advance = (call: ReturnType<typeof calls.create>) => {
    if (isTerminal(call.state)) return
    const { decision, hasEnded } = calls.advance(call, Date.now())
    send(hasEnded ? 'call.ended' : 'call.stateChanged', { tenantId: call.tenantId, call: calls.record(call) })
    if (decision) send('decision.made', { tenantId: call.tenantId, callId: call.id, token: call.token, decision })
  }

  const answers: Partial<Record<keyof typeof operations, (input: Record<string, string>) => unknown>> = {
    'tenants.list': () => ({ items: tenants }),
    'tenants.create': ({ name = '', domain = '' }) => {
      if (domain === 'taken.cloudonix.net')
        return { error: { code: 'CONFLICT', message: 'Domain taken.cloudonix.net belongs to another tenant' } }
      const tenant = aTenant(tenants.length, name, domain)
      tenants.push(tenant)
      return tenant
    },
    'tenants.endpoints': () => ({
      application: '/voice/k7Qd/application',
      method: 'POST',
      dialResult: '/voice/k7Qd/dial-result',
      session: '/voice/k7Qd/session',
      cdr: '/voice/k7Qd/cdr',
      refused: [],
    }),
    'calls.live': ({ tenantId }) => ({ items: tenantId === 'tenant-0' ? live().slice(0, 200).map(calls.record) : [] }),
    'calls.list': ({ tenantId, limit }) => ({
      items:
        tenantId === 'tenant-0'
          ? calls
              .all()
              .slice(0, Number(limit ?? 50))
              .map(calls.record)
          : [],
    }),
    'calls.get': ({ id = '' }) => calls.get(id) ?? { error: { code: 'NOT_FOUND', message: `There is no call ${id}` } },
    'system.health': health,
    'system.info': () => ({
      version: '0.1.0',
      startedAtMs: Date.now() - 3_600_000,
      nowMs: Date.now(),
      nodeVersion: '24',
      dataDir: '/data',
      runtimeState: 'embedded',
      demo: false,
      actor: { name: 'owner', role: 'owner' },
    }),
  }

  const json = (response: ServerResponse, status: number, value: unknown) =>
    response
      .writeHead(status, { 'content-type': 'application/json' })
      .end(value === undefined ? '' : JSON.stringify(value))

  const api = async (request: IncomingMessage, response: ServerResponse, url: URL): Promise<void> => {
    const body = await bodyOf(request)
    const session = { csrfToken: 'csrf', actor: { kind: 'session', name: 'owner', role: 'owner' } }
    if (url.pathname === '/api/v1/session') {
      if (request.method === 'DELETE') isSignedIn = false
      if (request.method === 'POST') isSignedIn = body.code === 'good'
      json(
        response,
        isSignedIn ? 200 : 401,
        isSignedIn ? session : { error: { code: 'UNAUTHENTICATED', message: 'Not signed in' } },
      )
      return
    }
    if (!isSignedIn) {
      json(response, 401, { error: { code: 'UNAUTHENTICATED', message: 'Not signed in' } })
      return
    }
    if (url.pathname === '/api/v1/events') {
      response
        .writeHead(200, { 'content-type': 'text/event-stream' })
        .write(request.headers['last-event-id'] === undefined ? 'retry: 2000\n\n' : 'event: resync\ndata: {}\n\n')
      streams.add(response)
      response.on('close', () => streams.delete(response))
      return
    }
    for (const [name, { method, path }] of Object.entries(operations)) {
      const match = new RegExp(`^${path.replace(/:(\w+)/g, '(?<$1>[^/]+)')}$`).exec(url.pathname)
      const answer = answers[name as keyof typeof operations]
      if (!match || method !== request.method || !answer) continue
      const value = answer({ ...Object.fromEntries(url.searchParams), ...body, ...match.groups })
      const isError = typeof value === 'object' && value !== null && 'error' in value
      json(response, isError ? 409 : 200, value)
      return
    }
    json(response, 404, { error: { code: 'NOT_FOUND', message: `No operation at ${url.pathname}` } })
  }

  const server = createServer((request, response) => {
    const url = new URL(request.url ?? '/', 'http://localhost')
    if (isRefusing) {
      response.destroy()
      return
    }
    if (url.pathname.startsWith('/api/')) {
      void api(request, response, url)
      return
    }
    const path = url.pathname === '/' ? 'index.html' : normalize(url.pathname)
    readFile(join(options.root, path)).then(
      (content) =>
        response.writeHead(200, { 'content-type': types[extname(path)] ?? 'application/octet-stream' }).end(content),
      () => response.writeHead(404).end(),
    )
  })
  await new Promise<void>((resolve) => server.listen(options.port ?? 0, '127.0.0.1', resolve))

  const timers: NodeJS.Timeout[] = []
  if (callsPerSecond > 0) {
    timers.push(
      setInterval(() => {
        for (
          let i = 0;
          i < callsPerSecond / 10 || (callsPerSecond < 10 && i === 0 && Math.random() < callsPerSecond / 10);
          i += 1
        ) {
          if (callsPerSecond < 10 && Math.random() > callsPerSecond / 10) break
          const call = startCall()
          setTimeout(() => advance(call), 30)
          for (const after of [3000, 6000, 12_000, 20_000])
            setTimeout(() => advance(call), after + Math.random() * 3000).unref()
        }
      }, 100),
      setInterval(() => send('metrics.updated', { atMs: Date.now(), health: health() }), 1000),
    )
  }

  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    calls,
    startCall,
    advance,
    send,
    counters,
    endSession: () => {
      isSignedIn = false
    },
    /** As if the server had gone: open streams end, new requests get nothing. */
    refuse: (isGone: boolean) => {
      isRefusing = isGone
      if (isGone) for (const stream of streams) stream.destroy()
    },
    close: async () => {
      for (const timer of timers) clearInterval(timer)
      for (const stream of streams) stream.destroy()
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}
export type FakeConsole = Awaited<ReturnType<typeof startFakeConsole>>

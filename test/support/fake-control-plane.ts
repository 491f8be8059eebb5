import { createServer, type IncomingMessage } from 'node:http'
import type { AddressInfo } from 'node:net'

/** A control plane of a few lines: agents in turn, failover, `<Hangup/>` after success. Behaves badly on request. */
export interface FakeControlPlane {
  readonly url: string
  readonly requests: { readonly path: string; readonly body: string; readonly headers: IncomingMessage['headers'] }[]
  close(): Promise<void>
}

export interface FakeBehaviour {
  readonly agents?: readonly { readonly provider: string; readonly value: string }[]
  readonly attempts?: number
  readonly fallback?: string
  /** May replace an answer: `undefined` leaves it as it is. */
  readonly spoil?: (
    path: string,
    answer: string,
    requests: number,
  ) => { status?: number; type?: string; body?: string } | undefined
}

const xml = (content: string): string => `<?xml version="1.0" encoding="UTF-8"?><Response>${content}</Response>`
const success = /^(answer|answered|completed|connected)$/i
const gone = /^cancell?e?d?$/i

const bodyOf = async (request: IncomingMessage): Promise<string> => {
  let body = ''
  for await (const chunk of request) body += String(chunk)
  return body
}

export const startFakeControlPlane = async ({
  agents = [
    { provider: 'vapi', value: '+12025550171' },
    { provider: 'retell', value: '+12025550172' },
    { provider: 'elevenlabs', value: '+12025550173' },
  ],
  attempts = agents.length,
  fallback = '<Reject reason="busy"/>',
  spoil = () => undefined,
}: FakeBehaviour = {}): Promise<FakeControlPlane> => {
  const requests: FakeControlPlane['requests'] = []
  const answers = new Map<string, string>()
  const over = new Set<string>()
  let turn = 0

  const dial = (first: number, n: number): string => {
    const agent = agents[(first + n) % agents.length]!
    const noun = `<Service provider="${agent.provider}">${agent.value}</Service>`
    const action = `dial-result?first=${first}&amp;n=${n}&amp;sig=demo`
    return xml(`<Dial timeout="20" timeLimit="3600" action="${action}" method="POST">${noun}</Dial>`)
  }

  const decide = (url: URL, body: string): string => {
    const call = JSON.parse(body) as { CallSid: string; CallStatus: string; DialCallStatus?: string }
    if (url.pathname.endsWith('/application')) return dial(turn++ % agents.length, 0)
    const result = call.DialCallStatus ?? call.CallStatus
    const n = Number(url.searchParams.get('n'))
    if (over.has(call.CallSid) || success.test(result) || gone.test(result)) return xml('<Hangup/>')
    return n + 1 < attempts ? dial(Number(url.searchParams.get('first')), n + 1) : xml(fallback)
  }

  const answer = (url: URL, body: string): string => {
    if (url.pathname.endsWith('/cdr')) over.add((JSON.parse(body) as { session: { token: string } }).session.token)
    if (/\/(session|cdr)$/.test(url.pathname)) return '{"ok":true}'
    const key = url.pathname + url.search + body
    const known = answers.get(key) ?? decide(url, body)
    answers.set(key, known)
    return known
  }

  const server = createServer((request, response) => {
    void bodyOf(request).then((body) => {
      const url = new URL(request.url ?? '/', 'http://fake.invalid')
      requests.push({ path: url.pathname + url.search, body, headers: request.headers })
      const usual = answer(url, body)
      const spoilt = spoil(url.pathname, usual, requests.length)
      const type = usual.startsWith('{') ? 'application/json' : 'application/xml; charset=utf-8'
      response.writeHead(spoilt?.status ?? 200, { 'content-type': spoilt?.type ?? type })
      response.end(spoilt?.body ?? usual)
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    requests,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
}

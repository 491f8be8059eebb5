import { Agent, request } from 'node:http'
import { checkCxml } from './cxml-check.ts'
import { dialled, newToken, numberOf, voiceRequest, type Site } from './site.ts'

interface GenuineCalls {
  /** How many were answered so far. */
  count(): number
  /** Plays no more; what became of those that were played. */
  stop(): Promise<{
    readonly count: number
    readonly wrong: readonly string[]
    readonly latenciesMs: readonly number[]
  }>
}

const post = (agent: Agent, url: URL, body: string): Promise<{ status: number | undefined; text: string }> =>
  new Promise((settle, reject) => {
    const headers = { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) }
    const sent = request(url, { method: 'POST', agent, headers }, (response) => {
      let text = ''
      response.setEncoding('utf8')
      response.on('data', (piece: string) => (text += piece))
      response.on('end', () => settle({ status: response.statusCode, text }))
      response.on('error', reject)
    })
    sent.on('error', reject)
    sent.end(body)
  })

/**
 * Voice requests one after the other as the platform sends them, each on a new connection or on one that is kept alive in
 * turn, and each judged: HTTP 200 with a document that dials one of the site's agents.
 */
export const playGenuineCalls = (webhooks: string, site: Site, pauseMs = 5): GenuineCalls => {
  const agents = [new Agent({ keepAlive: true, maxSockets: 4 }), new Agent({ keepAlive: false })] as const
  const known = new Set(site.agents.map(({ value }) => value))
  const url = new URL(`${site.base}/application`, webhooks)
  const wrong: string[] = []
  const latenciesMs: number[] = []
  let isStopped = false

  const play = async (n: number): Promise<void> => {
    const beganMs = performance.now()
    try {
      const agent = agents[n % 2 === 0 ? 0 : 1]
      const { status, text } = await post(agent, url, JSON.stringify(voiceRequest(newToken(), numberOf.round_robin)))
      latenciesMs.push(performance.now() - beganMs)
      const isRight = status === 200 && checkCxml(text).length === 0 && known.has(dialled(text) ?? '')
      if (!isRight) wrong.push(`${status}: ${text}`)
    } catch (error) {
      wrong.push(String(error))
    }
  }
  const playing = (async () => {
    for (let n = 0; !isStopped; n += 1) {
      await play(n)
      await new Promise((resolve) => setTimeout(resolve, pauseMs))
    }
  })()

  return {
    count: () => latenciesMs.length,
    async stop() {
      isStopped = true
      await playing
      for (const agent of agents) agent.destroy()
      return { count: latenciesMs.length, wrong, latenciesMs: latenciesMs.toSorted((a, b) => a - b) }
    },
  }
}

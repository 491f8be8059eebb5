// Plays calls in a thread of its own, so that what they take is the server's time and not that of who attacks it.
import { randomBytes } from 'node:crypto'
import { Agent, request } from 'node:http'
import { parentPort, workerData } from 'node:worker_threads'
import { checkCxml } from './cxml-check.ts'
import { dialled, numberOf, voiceRequest } from './site.ts'

const { url, values } = workerData as { readonly url: string; readonly values: readonly string[] }
const pauseMs = 5

const post = (agent: Agent, body: string): Promise<{ status: number | undefined; text: string }> =>
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

// In turn on a connection that is kept alive and on a new one.
const agents = [new Agent({ keepAlive: true, maxSockets: 4 }), new Agent({ keepAlive: false })] as const
const wrong: string[] = []
const latenciesMs: number[] = []
const stop = new AbortController()
parentPort?.on('message', () => stop.abort())

for (let n = 0; !stop.signal.aborted; n += 1) {
  const beganMs = performance.now()
  try {
    const body = JSON.stringify(voiceRequest(randomBytes(16).toString('hex'), numberOf.round_robin))
    const { status, text } = await post(agents[n % 2 === 0 ? 0 : 1], body)
    latenciesMs.push(performance.now() - beganMs)
    const isRight = status === 200 && checkCxml(text).length === 0 && values.includes(dialled(text) ?? '')
    if (!isRight) wrong.push(`${String(status)}: ${text}`)
  } catch (error) {
    wrong.push(String(error))
  }
  parentPort?.postMessage({ count: latenciesMs.length })
  await new Promise((resolve) => setTimeout(resolve, pauseMs))
}
for (const agent of agents) agent.destroy()
parentPort?.postMessage({ count: latenciesMs.length, wrong, latenciesMs: latenciesMs.toSorted((a, b) => a - b) })
parentPort?.close()

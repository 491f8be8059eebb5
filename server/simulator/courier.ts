import { setTimeout as sleep } from 'node:timers/promises'
import type { WebhookKind } from '../../shared/vocabulary.ts'
import type { CallClock } from './call-clock.ts'
import { hex, sampleSeconds } from './chance.ts'
import type { Answer, HttpClient } from './http-client.ts'
import type { Payloads } from './payloads.ts'
import type { CallPlan } from './plan-call.ts'
import type { Scenario } from './scenario.ts'
import type { Tally } from './tally.ts'

/** Carries the requests of one call: late, twice or not at all, as the scenario wants, and looks at how they are answered. */
export interface Courier {
  /** The document that came back; undefined when there was none. */
  ask(kind: 'voice_request' | 'dial_result', path: string, body: string): Promise<string | undefined>
  /** True when the server took it. */
  tell(kind: 'session_update' | 'cdr', path: string, body: string): Promise<boolean>
  /** Sends the duplicates that were put off. */
  finish(): Promise<void>
  /** Whether everything was answered rightly so far. */
  isClean(): boolean
}

const isXml = (contentType: string): boolean => /^(application|text)\/xml\b/.test(contentType)
const retryEveryMs = 200

export const createCourier = (
  parts: { client: HttpClient; tally: Tally; clock: CallClock; hangUp: AbortSignal },
  scenario: Scenario,
  plan: CallPlan,
  payloads: Payloads,
): Courier => {
  const { client, tally, clock } = parts
  const putOff: (() => Promise<void>)[] = []
  let requests = 0
  let isClean = true

  const wrong = (kind: WebhookKind, reason: string): undefined => {
    isClean = false
    tally.wrong(plan.token, kind, reason)
  }

  const post = async (path: string, headers: Record<string, string>, body: string): Promise<Answer> => {
    const giveUpMs = Date.now() + scenario.retrySeconds * 1000
    for (;;) {
      try {
        return await client.post(path, headers, body)
      } catch (error) {
        if (Date.now() >= giveUpMs || parts.hangUp.aborted) throw error
        tally.counts.retries += 1
        await sleep(retryEveryMs)
      }
    }
  }

  /** Undefined, and counted as wrong, unless it is an answer the platform could use. */
  const send = async (
    kind: WebhookKind,
    path: string,
    headers: Record<string, string>,
    body: string,
  ): Promise<Answer | undefined> => {
    tally.counts.requests += 1
    const wantsDocument = kind === 'voice_request' || kind === 'dial_result'
    try {
      const answer = await post(path, headers, body)
      tally.latency[kind].add(answer.tookMs)
      if (answer.status !== 200)
        return wrong(kind, `HTTP ${answer.status} instead of 200: ${answer.body.slice(0, 200)}`)
      if (!wantsDocument) return answer
      if (!isXml(answer.contentType))
        return wrong(kind, `content type ${answer.contentType || '(none)'} instead of XML`)
      const { answerWithinMs } = scenario.expect
      if (answerWithinMs !== undefined && answer.tookMs > answerWithinMs) {
        wrong(kind, `took ${Math.round(answer.tookMs)} ms, more than ${answerWithinMs} ms`)
      }
      return answer
    } catch (error) {
      return wrong(kind, `no answer: ${error instanceof Error ? error.message : String(error)}`)
    }
  }

  const compare = (kind: WebhookKind, first: Answer | undefined, again: Answer | undefined): void => {
    if (first && again && first.body !== again.body) {
      wrong(
        kind,
        `a duplicate was answered differently: ${again.body.slice(0, 200)} instead of ${first.body.slice(0, 200)}`,
      )
    }
  }

  /** Sends it, and a second time where chance wants it: at the same instant, or when the call is over. */
  const deliver = async (
    n: number,
    kind: WebhookKind,
    path: string,
    headers: Record<string, string>,
    body: string,
  ): Promise<Answer | undefined> => {
    const random = plan.chance('duplicate', n)
    if (random() >= scenario.duplicates) return send(kind, path, headers, body)
    tally.counts.duplicates += 1
    if (random() < 0.5) {
      const [first, again] = await Promise.all([send(kind, path, headers, body), send(kind, path, headers, body)])
      compare(kind, first, again)
      return first
    }
    const first = await send(kind, path, headers, body)
    putOff.push(async () => compare(kind, first, await send(kind, path, headers, body)))
    return first
  }

  const isLost = (n: number): boolean => {
    if (scenario.lost === 0 || plan.chance('lost', n)() >= scenario.lost) return false
    tally.counts.lostEvents += 1
    return true
  }

  const delayMs = (n: number): number => {
    const { share, seconds } = scenario.delays
    if (share === 0) return 0
    const random = plan.chance('delay', n)
    if (random() >= share) return 0
    tally.counts.delayedEvents += 1
    return sampleSeconds(seconds, random) * 1000
  }

  return {
    async ask(kind, path, body) {
      const n = ++requests
      if (kind === 'dial_result') {
        if (isLost(n)) return undefined
        await clock.pass(delayMs(n))
      }
      const stageId = hex(plan.chance('spelling', n), 16)
      const answer = await deliver(n, kind, path, payloads.voiceHeaders(stageId), body)
      return answer?.body
    },
    async tell(kind, path, body) {
      const n = ++requests
      if (isLost(n)) return false
      await clock.idle(delayMs(n))
      return (await deliver(n, kind, path, payloads.jsonHeaders, body)) !== undefined
    },
    async finish() {
      await Promise.all(putOff.map((sendAgain) => sendAgain()))
    },
    isClean: () => isClean,
  }
}

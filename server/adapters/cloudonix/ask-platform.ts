import type { Clock, Log, Random, Wait } from '../../ports/system.ts'
import { askedTooOften, noAnswer, noTurn, refused, type Asked } from './refusals.ts'
import { NoTurnError, type RequestLimiter } from './request-limiter.ts'
import { NoAnswerError, type PlatformAnswer, type Sender } from './send-request.ts'

export interface Question extends Asked {
  readonly method: 'GET' | 'DELETE'
  readonly url: string
}

export interface Asking {
  readonly sender: Sender
  readonly limiter: RequestLimiter
  readonly clock: Clock
  readonly wait: Wait
  readonly random: Random
  readonly log: Log
  /** How long one question may wait, for its turns and between its tries. */
  readonly longestWaitMs: number
}

/** An answer below 500 that is no 429. `wasTriedBefore`: an earlier try may have done what was asked without being heard of. */
export interface Settled extends PlatformAnswer {
  readonly wasTriedBefore: boolean
}

const mostTries = 3
const firstBackOffMs = 500
/** The window of the platform's limit: after it, all places are free again. */
const usualQuietMs = 10_000
const longestQuietMs = 300_000

/** How long the platform wants to be left alone, in seconds or until a date; undefined when it does not say. */
const quietOf = (retryAfter: string | undefined, nowMs: number): number | undefined => {
  const text = retryAfter?.trim() ?? ''
  const ms = /^\d+$/.test(text) ? Number(text) * 1000 : Date.parse(text) - nowMs
  return Number.isNaN(ms) ? undefined : Math.min(Math.max(ms, 0), longestQuietMs)
}

/**
 * Asks until there is an answer to rely on, three times at most. Only for what may be done twice, which reading and
 * ending are. Each try takes its turn with the limiter.
 */
export const createAsk = (asking: Asking) => {
  const { sender, limiter, clock, wait, random, log, longestWaitMs } = asking

  const tryOnce = async (question: Question, giveUpAtMs: number): Promise<PlatformAnswer | NoAnswerError> => {
    const { method, url, of } = question
    try {
      return await limiter.take(of.domain.toLowerCase(), giveUpAtMs, () => sender.send(method, url, of.apiKey))
    } catch (error) {
      if (error instanceof NoAnswerError) return error
      if (error instanceof NoTurnError) throw noTurn(question, error)
      throw error
    }
  }

  return async (question: Question): Promise<Settled> => {
    const giveUpAtMs = clock.steadyMs() + longestWaitMs
    let wasTriedBefore = false
    for (let tries = 1; ; tries += 1) {
      const answer = await tryOnce(question, giveUpAtMs)
      const isMute = answer instanceof NoAnswerError
      const status = isMute ? undefined : answer.status
      if (!isMute && answer.status !== 429 && answer.status < 500) return { ...answer, wasTriedBefore }

      const asked = isMute ? undefined : quietOf(answer.retryAfter, clock.nowMs())
      const quietMs = asked ?? (status === 429 ? usualQuietMs : undefined)
      if (quietMs !== undefined) await limiter.hold(question.of.domain.toLowerCase(), quietMs)
      const backOffMs = quietMs ?? firstBackOffMs * 2 ** (tries - 1) * (0.5 + random() / 2)
      const isTooLarge = isMute && answer.reason === 'too large'
      if (tries === mostTries || isTooLarge || clock.steadyMs() + backOffMs > giveUpAtMs) {
        if (isMute) throw noAnswer(question, answer, new URL(question.url).origin)
        throw status === 429 ? askedTooOften(question, backOffMs) : refused(question, answer)
      }
      if (status !== 429) wasTriedBefore = true
      log.warn(
        { domain: question.of.domain, asked: question.what, tries, status, reason: isMute ? answer.reason : undefined },
        'Cloudonix gave no answer to rely on; it is asked again',
      )
      // Where the limiter holds everybody back, it does the waiting.
      if (quietMs === undefined) await wait(backOffMs)
    }
  }
}

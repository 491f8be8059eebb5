import { DomainError } from '../../domain/errors.ts'
import type { Cloudonix, CloudonixDomain } from '../../ports/cloudonix.ts'
import type { RequestBudget } from '../../ports/request-budget.ts'
import type { Clock, Log, Random, Wait } from '../../ports/system.ts'
import { createAsk, type Question, type Settled } from './ask-platform.ts'
import { isJsonObject, parseJson, readDomain, readSession, readTrunk } from './read-rows.ts'
import { refused, unknownDomain, unknownSession, unreadable } from './refusals.ts'
import { createRequestLimiter } from './request-limiter.ts'
import { createSender } from './send-request.ts'

export interface CloudonixClientDeps {
  /** Where the API is; `https://api.cloudonix.io` unless the site says otherwise. */
  readonly baseUrl: string
  readonly budget: RequestBudget
  readonly clock: Clock
  readonly wait: Wait
  readonly random: Random
  readonly log: Log
  readonly timeoutMs?: number | undefined
  readonly longestWaitMs?: number | undefined
  readonly mostBytes?: number | undefined
}

/** The stricter of the two limits that the platform documents, per domain. */
const limit = { most: 10, windowMs: 10_000 }

/**
 * One segment of a path, certainly. A dot segment, also an escaped one, is taken for a step up, and what is deleted then
 * is the domain instead of one of its sessions.
 */
const segment = (text: string, what: string): string => {
  if (/^[\w~@+-]+(\.[\w~@+-]+)*$/.test(text)) return encodeURIComponent(text)
  throw new DomainError(
    'INVALID_INPUT',
    `${what} "${text.slice(0, 64)}" is none that Cloudonix gives; nothing was asked`,
  )
}

const isGood = ({ status }: Settled): boolean => status >= 200 && status < 300

/** A refusal may come with a good status. */
const assertDone = (question: Question, answer: Settled, content: unknown): void => {
  if (!isGood(answer) || (isJsonObject(content) && content.status === false)) throw refused(question, answer)
}

/** What the answer says; undefined when it says nothing. Throws what people are told when it cannot be used. */
const contentOf = (question: Question, answer: Settled): unknown => {
  assertDone(question, answer, undefined)
  if (answer.body.trim() === '') return undefined
  const content = parseJson(answer.body)
  if (content === undefined) throw unreadable(question, answer)
  assertDone(question, answer, content)
  return content
}

export const createCloudonixClient = (deps: CloudonixClientDeps): Cloudonix & { close(): Promise<void> } => {
  const { budget, clock, wait, random, log } = deps
  const { timeoutMs = 10_000, longestWaitMs = 30_000, mostBytes = 8 * 1024 * 1024 } = deps
  const base = deps.baseUrl.replace(/\/+$/, '')
  const sender = createSender({ timeoutMs, mostBytes })
  const limiter = createRequestLimiter({ clock, wait, budget, limit })
  const ask = createAsk({ sender, limiter, clock, wait, random, log, longestWaitMs })

  const about = (of: CloudonixDomain, method: Question['method'], path: string, what: string): Question => ({
    of,
    method,
    url: `${base}/customers/self/domains/${segment(of.domain, 'The domain')}${path}`,
    what: `${what} ${of.domain}`,
  })

  const readTheDomain: Cloudonix['readDomain'] = async (of) => {
    const question = about(of, 'GET', '', 'read the domain')
    const answer = await ask(question)
    if (answer.status === 404) throw unknownDomain(question)
    const domain = readDomain(contentOf(question, answer))
    if (!domain) throw unreadable(question, answer)
    return domain
  }

  /** An empty list may come as 404, and so does an unknown domain; the domain itself tells which it was. */
  const list = async <T>(
    of: CloudonixDomain,
    noun: string,
    read: (row: unknown) => T | undefined,
  ): Promise<readonly T[]> => {
    const question = about(of, 'GET', `/${noun}`, `list the ${noun} of`)
    const answer = await ask(question)
    if (answer.status === 404) {
      await readTheDomain(of)
      return []
    }
    const rows = contentOf(question, answer) ?? []
    if (!Array.isArray(rows)) throw unreadable(question, answer)
    return rows.map(read).filter((row) => row !== undefined)
  }

  return {
    readDomain: readTheDomain,
    listTrunks: (of) => list(of, 'trunks', readTrunk),
    listSessions: (of) => list(of, 'sessions', readSession),
    async hangUp(of, token) {
      const question = about(of, 'DELETE', `/sessions/${segment(token, 'The session')}`, `end the session ${token} of`)
      const answer = await ask(question)
      // Not there any more after a try that was not heard of: that one has ended it.
      if (answer.status === 404 && answer.wasTriedBefore) return
      if (answer.status === 404) throw unknownSession(question)
      assertDone(question, answer, parseJson(answer.body))
    },
    async close() {
      limiter.close()
      await sender.close()
    },
  }
}

import { createCallClock } from './call-clock.ts'
import { endingOf, spellDisposition, wordsOf, type Ending } from './call-ending.ts'
import { createCourier } from './courier.ts'
import type { HttpClient } from './http-client.ts'
import { createPayloads, sessionId, type Leg, type Sender } from './payloads.ts'
import { planCall, planDial, spellDialStatus } from './plan-call.ts'
import type { Dialled, PlayedCall } from './played-call.ts'
import { CxmlError, readCxml, type DialVerb, type Verb } from './read-cxml.ts'
import type { Outcome, Scenario } from './scenario.ts'
import type { SessionBook } from './session-book.ts'
import { createSessionUpdates } from './session-updates.ts'
import type { Tally } from './tally.ts'

export interface Stage {
  readonly scenario: Scenario
  readonly runId: string
  readonly sender: Sender
  /** Path of the tenant's webhooks, `/voice/{tenantKey}`. */
  readonly basePath: string
  readonly client: HttpClient
  readonly tally: Tally
  /** Everybody hangs up. */
  readonly hangUp: AbortSignal
  /** Where its calls can be found and ended while they go on. */
  readonly sessions?: SessionBook | undefined
}

/** Where a document leads: to the next request, or to the end. */
type Next =
  | { readonly path: string; readonly result: Readonly<Record<string, string>> }
  | { readonly path?: undefined; readonly rejectReason?: string | undefined }

const mostDocuments = 40
const millisecondsPerLetter = 60
const playSeconds = 5
/** A stream that ended sooner counts as failed, by the server's clock. */
const shortestStreamMs = 3200

/** Only the path counts: wherever the server says it can be reached from outside, it is reached here. */
const pathOf = (url: string, requestPath: string): string => {
  const { pathname, search } = new URL(url, new URL(requestPath, 'http://here.invalid'))
  return pathname + search
}

/** Plays one call from the request to the CDR. Never throws for what the server does: that is counted as wrong. */
export const playCall = async (stage: Stage, index: number): Promise<PlayedCall> => {
  const { scenario, tally, basePath } = stage
  const plan = planCall(scenario, stage.runId, index)
  const session = stage.sessions?.begin({ ...plan, id: sessionId(index) })
  const hangUp = session?.hangUp ?? stage.hangUp
  const clock = createCallClock(scenario.timeScale, hangUp)
  const payloads = createPayloads(plan, stage.sender)
  const courier = createCourier({ ...stage, clock }, scenario, plan, payloads)
  let leg: Leg = { startMs: clock.nowMs(), answerMs: 0, endMs: 0 }
  const updates = createSessionUpdates(
    { plan, payloads, courier, clock, path: `${basePath}/session`, leg: () => leg },
    scenario.sessionUpdatesPerCall,
  )
  const dials: Dialled[] = []
  const lastOutcome = (): Outcome | undefined => dials.at(-1)?.outcome
  let kind: 'voice_request' | 'dial_result' = 'voice_request'
  const course: { isSound: boolean; ending?: Ending; isCdrTaken?: boolean } = { isSound: true }

  const wrong = (reason: string): void => {
    course.isSound = false
    tally.wrong(plan.token, kind, reason)
  }
  const answerCaller = (): void => {
    if (leg.answerMs === 0) leg = { ...leg, answerMs: clock.nowMs() }
    session?.update('connected', leg)
  }

  /** From here on the call is over and its outcome stands. */
  const end = (rejectReason?: string): Ending => {
    if (leg.endMs === 0) leg = { ...leg, endMs: clock.nowMs() }
    course.ending ??= endingOf(leg.answerMs > 0, { rejectReason, dial: lastOutcome() })
    return course.ending
  }
  const sendCdr = async (ending: Ending): Promise<void> => {
    const disposition = spellDisposition(ending, plan.chance('spelling', 0))
    course.isCdrTaken = await courier.tell(
      'cdr',
      `${basePath}/cdr`,
      payloads.cdr(disposition, wordsOf(ending).session, leg),
    )
  }

  const dial = async (verb: DialVerb): Promise<Outcome> => {
    const { value, provider } = verb
    const isAgent = verb.noun !== 'Number'
    if (isAgent && dials.some((earlier) => earlier.isAgent && earlier.value === value))
      wrong(`agent ${value} is dialled twice in one call`)
    const planned = planDial(scenario, plan, dials.length, verb)
    updates.emit('ringing')
    session?.update('ringing', leg)
    const rangMs = await clock.pass(planned.ringMs)
    const outcome = rangMs < planned.ringMs ? 'cancelled' : planned.outcome
    dials.push({ value, provider, isAgent, outcome })
    if (outcome === 'answered') {
      answerCaller()
      updates.emit('answer')
      updates.emit('connected')
      await clock.pass(planned.talkMs)
    }
    return outcome
  }

  const stream = async (url: string): Promise<Outcome> => {
    if (dials.some((earlier) => earlier.value === url)) wrong(`agent ${url} is dialled twice in one call`)
    const planned = planDial(scenario, plan, dials.length, { value: url, timeoutSeconds: 60, timeLimitSeconds: 14_400 })
    const outcome = planned.outcome === 'answered' || planned.outcome === 'cancelled' ? planned.outcome : 'failed'
    dials.push({ value: url, isAgent: true, outcome })
    if (outcome === 'answered') {
      answerCaller()
      updates.emit('answer')
      updates.emit('connected')
      await clock.pass(planned.talkMs, shortestStreamMs)
    } else await clock.pass(300)
    return outcome
  }

  const dialResult = async (action: string, path: string, outcome: Outcome): Promise<Next> => {
    const isOver = outcome === 'answered' || outcome === 'cancelled'
    if (isOver && plan.reordering?.cdrFirst === true) await sendCdr(end())
    const random = plan.chance('spelling', 1000 + dials.length)
    const status = spellDialStatus(outcome, random)
    // The documents name one parameter, the people who run it another; one in ten comes without the usual one.
    return { path: pathOf(action, path), result: random() < 0.1 ? { CallStatus: status } : { DialCallStatus: status } }
  }

  const follow = async (verbs: readonly Verb[], path: string): Promise<Next> => {
    for (const verb of verbs) {
      switch (verb.verb) {
        case 'Dial': {
          const outcome = await dial(verb)
          if (verb.action !== undefined) return dialResult(verb.action, path, outcome)
          break
        }
        case 'Connect':
          if ((await stream(verb.url)) === 'cancelled') return {}
          break
        case 'Redirect':
          return { path: pathOf(verb.url, path), result: {} }
        case 'Say':
        case 'Play':
          if (verb.answers) answerCaller()
          await clock.pass(verb.verb === 'Say' ? verb.text.length * millisecondsPerLetter : playSeconds * 1000)
          break
        case 'Pause':
          await clock.pass(verb.seconds * 1000)
          break
        case 'Hangup':
          return {}
        case 'Reject':
          return { rejectReason: verb.reason }
      }
    }
    return {}
  }

  const judge = (verbs: readonly Verb[]): void => {
    const { maxAttempts } = scenario.expect
    const dialsAgain = verbs.some(({ verb }) => verb === 'Dial' || verb === 'Connect')
    if (dialsAgain && course.isCdrTaken === true) return wrong('the call is dialled on although its CDR was taken')
    if (lastOutcome() === 'answered' && (dialsAgain || !verbs.some(({ verb }) => verb === 'Hangup'))) {
      wrong(`no <Hangup/> after the agent answered, but ${verbs.map(({ verb }) => `<${verb}>`).join('')}`)
    }
    if (dialsAgain && maxAttempts !== undefined && dials.filter(({ isAgent }) => isAgent).length >= maxAttempts) {
      const isAgent = verbs.some((verb) => verb.verb === 'Connect' || (verb.verb === 'Dial' && verb.noun !== 'Number'))
      if (isAgent) wrong(`one more agent is dialled after ${maxAttempts} attempts`)
    }
  }

  const understand = (document: string): readonly Verb[] | undefined => {
    try {
      const verbs = readCxml(document)
      judge(verbs)
      return verbs
    } catch (error) {
      if (!(error instanceof CxmlError)) throw error
      wrong(`${error.message}: ${document.slice(0, 200)}`)
      return undefined
    }
  }

  const converse = async (): Promise<string | undefined> => {
    let path = `${basePath}/application`
    let body = payloads.voiceRequest('NEW', leg)
    for (let documents = 0; documents < mostDocuments; documents += 1) {
      const document = await courier.ask(kind, path, body)
      const verbs = document === undefined ? undefined : understand(document)
      if (!verbs) return undefined
      const wasAnswered = lastOutcome() === 'answered'
      const next = await follow(wasAnswered ? verbs.filter(({ verb }) => verb === 'Hangup') : verbs, path)
      if (next.path === undefined) return next.rejectReason
      path = next.path
      kind = 'dial_result'
      body = payloads.voiceRequest(lastOutcome() === 'answered' ? 'CONNECTED' : 'PROCESSING', leg, next.result)
    }
    wrong(`the call does not end: ${mostDocuments} documents`)
    return undefined
  }

  updates.emit('new')
  updates.emit('processing')
  const rejectReason = await converse()
  const ending = end(rejectReason)
  session?.over(wordsOf(ending).session, leg)
  const sendLateUpdates = await updates.end(wordsOf(ending).session)
  if (course.isCdrTaken === undefined) await sendCdr(ending)
  await sendLateUpdates()
  await courier.finish()

  const { state, disposition } = wordsOf(ending)
  return {
    token: plan.token,
    to: plan.to,
    state,
    disposition,
    dials,
    wasReordered: plan.reordering !== undefined,
    isCdrTaken: course.isCdrTaken === true,
    isComparable: course.isSound && courier.isClean() && course.isCdrTaken === true,
  }
}

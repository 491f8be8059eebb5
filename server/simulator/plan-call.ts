import { createRandom, hex, pick, pickWeighted, sampleSeconds, type Random } from './chance.ts'
import { drawNumber } from './number-source.ts'
import { outcomeNames, outcomesOf, type Outcome, type Scenario } from './scenario.ts'

/** How the events of a call come out of order. */
export interface Reordering {
  /** The CDR overtakes the dial result that ended the call. */
  readonly cdrFirst: boolean
  /** Session updates are held back, shuffled, and some of them come after the CDR. */
  readonly updatesHeld: boolean
  /** An `answer` comes once more while the call is torn down. */
  readonly strayAnswer: boolean
}

/** Everything about a call that is settled before it starts. */
export interface CallPlan {
  readonly index: number
  readonly token: string
  readonly from: string
  readonly to: string
  readonly reordering?: Reordering | undefined
  /** The platform is not consistent in how it writes things; neither are these. */
  readonly writesDomainAsObject: boolean
  readonly writesUpdatesAsList: boolean
  /** A fresh sequence per decision, so that what is decided does not depend on what else went on meanwhile. */
  chance(kind: ChanceKind, n: number): Random
}

const chanceKinds = ['call', 'dial', 'duplicate', 'lost', 'delay', 'order', 'spelling'] as const
type ChanceKind = (typeof chanceKinds)[number]

const planReordering = (random: Random): Reordering => {
  const [cdrFirst, updatesHeld, strayAnswer] = [random() < 0.5, random() < 0.5, random() < 0.5]
  return { cdrFirst, updatesHeld: updatesHeld || (!cdrFirst && !strayAnswer), strayAnswer }
}

export const planCall = (scenario: Scenario, runId: string, index: number): CallPlan => {
  const chance = (kind: ChanceKind, n: number): Random =>
    createRandom(scenario.seed, index, chanceKinds.indexOf(kind), n)
  const random = chance('call', 0)
  const from = drawNumber(scenario.from, random)
  const to = drawNumber(scenario.to, random)
  const isReordered = random() < scenario.reorder
  return {
    index,
    // The run's own part comes first: the same scenario played again is new calls, not duplicates of the old ones.
    token: runId + hex(random, 8) + index.toString(16).padStart(8, '0'),
    from,
    to,
    reordering: isReordered ? planReordering(random) : undefined,
    writesDomainAsObject: random() < 0.1,
    writesUpdatesAsList: random() < 0.05,
    chance,
  }
}

export interface DialPlan {
  readonly outcome: Outcome
  readonly ringMs: number
  readonly talkMs: number
}

/** What comes of the n-th dial of a call, given who is dialled. */
export const planDial = (
  scenario: Scenario,
  plan: CallPlan,
  n: number,
  target: { value: string; provider?: string | undefined; timeoutSeconds: number; timeLimitSeconds: number },
): DialPlan => {
  const random = plan.chance('dial', n)
  const weights = outcomesOf(scenario, target.value, target.provider)
  const outcome =
    pickWeighted(
      outcomeNames.map((name) => [name, weights[name] ?? 0] as const),
      random,
    ) ?? 'failed'
  const patienceMs = target.timeoutSeconds * 1000
  const drawnRingMs = Math.min(sampleSeconds(scenario.ringSeconds, random) * 1000, patienceMs - 100)
  const talkMs = Math.min(sampleSeconds(scenario.talkSeconds, random), target.timeLimitSeconds) * 1000
  const ringMs = { answered: drawnRingMs, busy: 900, no_answer: patienceMs, failed: 300, cancelled: drawnRingMs }[
    outcome
  ]
  return { outcome, ringMs: Math.max(1, Math.round(ringMs)), talkMs: outcome === 'answered' ? Math.round(talkMs) : 0 }
}

const dialStatuses = {
  answered: ['answered', 'answered', 'completed', 'ANSWER'],
  busy: ['busy', 'busy', 'BUSY'],
  no_answer: ['noanswer', 'no-answer', 'NOANSWER'],
  failed: ['failed', 'failed', 'congestion'],
  cancelled: ['canceled', 'cancelled', 'CANCEL'],
} as const satisfies Record<Outcome, readonly [string, ...string[]]>

export const spellDialStatus = (outcome: Outcome, random: Random): string => pick(dialStatuses[outcome], random)

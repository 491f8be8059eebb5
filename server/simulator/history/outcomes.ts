import type { AttemptResult } from '../../../shared/vocabulary.ts'
import type { Random } from '../chance.ts'
import { logNormal } from './draw.ts'
import type { Incident } from './incidents.ts'

export interface Outcome {
  readonly result: AttemptResult
  readonly ringMs: number
  readonly talkMs: number
  readonly isDuringIncident: boolean
}

const usual = { busy: 0.05, noAnswer: 0.08, failed: 0.025, cancelled: 0.09 }
const failedInIncident = 0.7
const longestTalkMs = 3_600_000

const resultOf = (random: Random, unreliability: number, isDuringIncident: boolean): AttemptResult => {
  let ticket = random()
  if ((ticket -= isDuringIncident ? failedInIncident : usual.failed * unreliability) < 0) return 'failed'
  if ((ticket -= usual.busy * unreliability) < 0) return 'busy'
  if ((ticket -= usual.noAnswer * unreliability) < 0) return 'no_answer'
  return ticket < usual.cancelled ? 'cancelled' : 'answered'
}

const ringMsOf = (result: AttemptResult, patienceMs: number, random: Random): number => {
  if (result === 'no_answer') return patienceMs
  if (result === 'busy') return 400 + random() * 1500
  if (result === 'failed') return 100 + random() * 2500
  return Math.min(logNormal(result === 'answered' ? 3800 : 11_000, 0.55, random), patienceMs - 200)
}

/** What comes of one dial, who fails more often than others included. */
export const drawOutcome = (
  random: Random,
  dial: { readonly provider: string | undefined; readonly ringTimeoutSeconds: number; readonly atMs: number },
  { unreliability, incidents }: { readonly unreliability: number; readonly incidents: readonly Incident[] },
): Outcome => {
  const { provider, atMs, ringTimeoutSeconds } = dial
  const isDuringIncident = incidents.some((one) => one.provider === provider && one.startMs <= atMs && atMs < one.endMs)
  const result = resultOf(random, unreliability, isDuringIncident)
  const ringMs = Math.round(ringMsOf(result, ringTimeoutSeconds * 1000, random))
  const talkMs =
    result === 'answered' ? Math.round(Math.min(Math.max(logNormal(95_000, 0.9, random), 2000), longestTalkMs)) : 0
  return { result, ringMs, talkMs, isDuringIncident }
}

const hundredths = (value: number): number => Math.round(value * 100) / 100

/** The quality of a conversation as a CDR tells it. */
export const drawQuality = (random: Random, isDuringIncident: boolean) => {
  const loss = Math.abs(logNormal(isDuringIncident ? 0.6 : 0.12, 0.9, random))
  const rxMos = hundredths(Math.max(1, 4.41 - loss))
  return {
    rxMos,
    txMos: hundredths(Math.max(1, rxMos - random() * 0.1)),
    rttMs: hundredths(logNormal(isDuringIncident ? 160 : 44, 0.4, random)),
  }
}

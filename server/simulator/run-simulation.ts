import { randomBytes } from 'node:crypto'
import { setMaxListeners } from 'node:events'
import { performance } from 'node:perf_hooks'
import { setTimeout as sleep } from 'node:timers/promises'
import { createHttpClient } from './http-client.ts'
import { playCall } from './play-call.ts'
import type { PlayedCall } from './played-call.ts'
import { readTargetUrl } from './assert-listening.ts'
import { parseScenario, type Scenario, type ScenarioInput } from './scenario.ts'
import type { SessionBook } from './session-book.ts'
import { summarise, type Summary } from './summary.ts'
import { createTally } from './tally.ts'

/** Where the calls go: the webhook listener and the tenant they are for. */
export interface Target {
  readonly url: string
  readonly tenantKey: string
  /** The tenant's webhook API key, sent as Bearer. */
  readonly bearer?: string | undefined
}

export interface Progress {
  readonly callsDone: number
  /** 0: endless. */
  readonly callsWanted: number
  readonly inFlight: number
  readonly callsPerSecond: number
  readonly wrongAnswers: number
}

export interface Hooks {
  /** Every second. */
  readonly onProgress?: ((progress: Progress) => void) | undefined
  /** Keeps the calls going on, and ends them on request. */
  readonly sessions?: SessionBook | undefined
  readonly onCallEnd?: ((call: PlayedCall) => void) | undefined
}

export interface Simulation {
  readonly done: Promise<Summary>
  /** No new calls; those going on end by themselves, or at once where everybody is to hang up. */
  stop(how?: { readonly hangUp?: boolean }): void
}

/** Starts playing. Refuses a scenario that cannot be played with a ScenarioError. */
export const startSimulation = (input: ScenarioInput, target: Target, hooks: Hooks = {}): Simulation => {
  const scenario: Scenario = parseScenario(input)
  const { origin, pathname } = readTargetUrl(target.url)
  const noMoreCalls = new AbortController()
  const hangUp = new AbortController()
  setMaxListeners(0, noMoreCalls.signal, hangUp.signal)
  const tally = createTally(scenario.expect.groups)
  // Duplicates and session updates go beside the conversation itself, hence more connections than calls.
  const client = createHttpClient(origin, Math.min(1024, Math.ceil(scenario.concurrency * 1.5) + 2))
  const stage = {
    scenario,
    runId: randomBytes(8).toString('hex'),
    sender: { domain: scenario.domain, bearer: target.bearer },
    basePath: `${pathname.replace(/\/$/, '')}/voice/${target.tenantKey}`,
    client,
    tally,
    hangUp: hangUp.signal,
    sessions: hooks.sessions,
  }
  const wanted = scenario.calls === 0 ? Infinity : scenario.calls
  const startedMs = performance.now()

  /** Calls start evenly at the rate set; one that is late, because all lines were taken, does not make the next one early. */
  let nextStartMs = startedMs
  const isOpen = (): boolean => !noMoreCalls.signal.aborted
  const takeTurn = async (): Promise<void> => {
    if (scenario.rate === undefined) return
    const startMs = Math.max(nextStartMs, performance.now() - 1000 / scenario.rate)
    nextStartMs = startMs + 1000 / scenario.rate
    const waitMs = startMs - performance.now()
    if (waitMs > 0.5) await sleep(waitMs, undefined, { signal: noMoreCalls.signal }).catch(() => undefined)
  }

  const line = async (): Promise<void> => {
    while (isOpen() && tally.counts.callsStarted < wanted) {
      const index = tally.counts.callsStarted++
      await takeTurn()
      if (!isOpen()) {
        tally.counts.callsStarted -= 1
        return
      }
      const call = await playCall(stage, index)
      tally.ended(call)
      hooks.onCallEnd?.(call)
    }
  }

  let callsBefore = 0
  const report = (): void => {
    const { calls, callsStarted, wrongAnswers } = tally.counts
    hooks.onProgress?.({
      callsDone: calls,
      callsWanted: scenario.calls,
      inFlight: callsStarted - calls,
      callsPerSecond: calls - callsBefore,
      wrongAnswers,
    })
    callsBefore = calls
  }

  const run = async (): Promise<Summary> => {
    const ticking = setInterval(report, 1000)
    try {
      await Promise.all(Array.from({ length: Math.min(scenario.concurrency, wanted) }, line))
      return summarise(tally, (performance.now() - startedMs) / 1000)
    } finally {
      clearInterval(ticking)
      noMoreCalls.abort()
      await client.close()
    }
  }

  return {
    done: run(),
    stop({ hangUp: atOnce = false } = {}) {
      noMoreCalls.abort()
      if (!atOnce) return
      hangUp.abort()
      hooks.sessions?.hangUpAll()
    },
  }
}

/** Plays a scenario to its end. */
export const runSimulation = (input: ScenarioInput, target: Target, hooks: Hooks = {}): Promise<Summary> =>
  startSimulation(input, target, hooks).done

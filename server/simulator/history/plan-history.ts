import { createRandom, hex } from '../chance.ts'
import { quartersOf } from './busy-hours.ts'
import { createCallers } from './callers.ts'
import { planIncidents, unreliabilityOf, type Incident } from './incidents.ts'
import { inFull, type HistoryUnit } from './in-full.ts'
import { playOut } from './past-call.ts'
import { createRouteDraw, type Lookup } from './routes.ts'
import type { HistorySite } from './site.ts'
import { startTimes } from './start-times.ts'

export interface HistoryRange {
  readonly startMs: number
  /** Every call is over by then. */
  readonly endMs: number
  readonly calls: number
  /** The same seed makes the same calls. */
  readonly seed: number
  /** Four characters in the identifiers and tokens of this run, so that the same history twice is new calls. */
  readonly run: string
  /** Share of the calls with decisions, explanations and webhook payloads; from 0 to 1. */
  readonly payloadShare: number
}

export interface History {
  readonly incidents: readonly Incident[]
  /** A call at a time, in the order in which they began: what is to be written of it, as one unit or as one per webhook. */
  readonly calls: Generator<readonly HistoryUnit[], void, void>
}

/** The last calls begin early enough to ring out. */
const ringOutMs = 120_000

/**
 * Plans calls that a tenant could have had: by business hours and weekdays in its time zone, with people who call again, agents
 * in proportion to their weight, failover, and hours in which a provider fails. Holds one call at a time.
 * Throws a ScenarioError when the calls would lead nowhere.
 */
export const planHistory = (site: HistorySite, range: HistoryRange): History => {
  const { startMs, endMs, calls, seed, run, payloadShare } = range
  const { tenant } = site
  const lookup: Lookup = {
    agents: new Map(site.agents.map((agent) => [agent.id, agent])),
    groups: new Map(site.groups.map((group) => [group.id, group])),
  }
  const drawRoute = createRouteDraw(site, lookup)
  const drawCaller = createCallers(tenant.defaultCountry, calls, seed)
  const drawCallee = createCallers(tenant.defaultCountry, calls, seed, 0)
  const providers = [...new Set(site.agents.map(({ provider }) => provider))]
  const quarters = quartersOf(startMs, endMs - ringOutMs, tenant.timeZone)
  const incidents = planIncidents(providers, quarters, seed)
  const trunk = { unreliability: 1, incidents: [] }
  const knowledge = new Map(
    providers.map((provider) => [
      provider,
      {
        unreliability: unreliabilityOf(provider, seed),
        incidents: incidents.filter((incident) => incident.provider === provider),
      },
    ]),
  )
  const knowledgeOf = (provider: string | undefined) => knowledge.get(provider ?? '') ?? trunk

  function* play(): Generator<readonly HistoryUnit[], void, void> {
    let index = 0
    for (const startedAtMs of startTimes(quarters, calls, createRandom(seed, 4))) {
      const random = createRandom(seed, 5, index)
      const route = drawRoute(random)
      const other = route.direction === 'outbound' ? drawCallee(random) : drawCaller(random)
      const own = route.own(random)
      const name = run + index.toString(36).padStart(6, '0')
      const time = startedAtMs.toString(36).padStart(9, '0')
      const isOutbound = route.direction === 'outbound'
      const beginning = {
        tenantId: tenant.id,
        configVersion: tenant.configVersion,
        route,
        token: name + time + hex(random, 13),
        from: isOutbound ? own : other.number,
        to: isOutbound ? other.number : own,
        country: other.country,
        startedAtMs,
        overByMs: endMs,
        idOf: (n: number) => `${time}${name}${n.toString(36)}`,
      }
      const played = playOut(beginning, lookup, random, knowledgeOf)
      const { call, transitions } = played
      yield random() < payloadShare
        ? inFull(beginning, played, { domain: tenant.domain, index, lookup, random })
        : [{ tenantId: tenant.id, call, attempts: call.attempts, transitions }]
      index += 1
    }
  }
  return { incidents, calls: play() }
}

import { closedCircuit, type Circuit } from '../../domain/routing/circuit/circuit.ts'
import { verdictsOf, type Present, type SelectableMember } from '../../domain/routing/select-member.ts'
import type { Standing } from '../../domain/routing/strategies/tally.ts'
import { strategies } from '../../domain/routing/strategies/index.ts'
import type { CircuitChange, CircuitSubject, Selection, SelectionRequest } from '../../ports/runtime-state.ts'
import * as keys from './keys.ts'

/** A selection as it goes to Redis and comes back. */

/** Empty lists come as `{}`: Lua knows one kind of table. */
type CircuitWire = { [K in keyof Circuit]: Circuit[K] }
export type ChangeWire = readonly [
  kind: CircuitSubject['kind'],
  id: string,
  from: CircuitChange['from'],
  to: CircuitChange['to'],
  reason?: string,
]

export const listOf = <T>(wire: readonly T[]): readonly T[] => (Array.isArray(wire) ? (wire as readonly T[]) : [])
const toCircuit = (wire: CircuitWire): Circuit => ({
  ...wire,
  row: Array.isArray(wire.row) ? {} : wire.row,
  slices: listOf(wire.slices),
  trials: listOf(wire.trials),
})
export const toChanges = (wire: readonly ChangeWire[]): CircuitChange[] =>
  listOf(wire).map(([kind, id, from, to, reason]) => ({ subject: { kind, id }, from, to, reason }))
export const unlimited = -1

const standingOf = ({ barred, ignoresCircuit }: SelectableMember): string =>
  barred === undefined ? (ignoresCircuit ? 'held_closed' : '') : 'barred'

const providersOf = (members: readonly SelectableMember[]): string[] => [
  ...new Set(members.map(({ provider }) => provider)),
]

/** A request in the words of `selectScript`. */
export const selectionArgs = (commandId: string, request: SelectionRequest): (string | number)[] => {
  const { group, members, providerLimits, sticky, nowMs, chance, dryRun, isFirstChoice, leaseKey } = request
  const providers = providersOf(members)
  const wire = {
    nowMs,
    chance,
    dryRun,
    isFirstChoice,
    leaseKey,
    sticky,
    leaseUntilMs: nowMs + request.leaseMs,
    trialUntilMs: nowMs + request.trialMs,
    strategy: group?.strategy ?? 'priority',
    group: group && {
      ...keys.tallyKeys(group.id, group.strategy),
      stickyKey: keys.stickyKey(group.id),
      windowMs: strategies[group.strategy].usesWindow ? group.windowMs : undefined,
    },
    providers: providers.map((name) => [name, providerLimits[name] ?? unlimited]),
  }
  const args: (string | number)[] = [commandId, JSON.stringify(wire), members.length]
  for (const member of members) {
    const { agentId, weight, priority, position, provider, maxConcurrentCalls = unlimited } = member
    const share = `${agentId}:${weight}`
    args.push(agentId, share, weight, priority, position, providers.indexOf(provider) + 1, maxConcurrentCalls)
    args.push(standingOf(member))
  }
  for (const { agentId } of members) args.push(`o:${agentId}`, `c:${agentId}`, `u:${agentId}`, `b:${agentId}`)
  return args
}

/** What the script answers to it. */
export const toSelection = (request: SelectionRequest, reply: readonly (string | number)[]): Selection => {
  const { group, members, providerLimits, chance, nowMs } = request
  const [chosenAt, isSticky, circuitsText, changesText, ...figures] = reply
  const providers = providersOf(members)
  const calls = new Map(providers.map((name, i) => [name, Number(figures[i])]))
  const found = new Map(members.map(({ agentId }, i) => [agentId, providers.length + 4 * i]))
  const figure = (agentId: string, i: number): string | number | undefined => figures[(found.get(agentId) ?? 0) + i]
  const circuits = new Map(
    (circuitsText === '' ? [] : (JSON.parse(String(circuitsText)) as [string, string, CircuitWire][])).map(
      ([kind, id, wire]) => [`${kind}\n${id}`, toCircuit(wire)],
    ),
  )
  const circuitOf = (kind: string, id: string): Circuit => circuits.get(`${kind}\n${id}`) ?? closedCircuit
  const present: Present = {
    nowMs,
    chance,
    activeCallsOf: (agentId) => Number(figure(agentId, 0)),
    callsOfProvider: (provider) => calls.get(provider) ?? 0,
    limitOfProvider: (provider) => providerLimits[provider],
    circuitOf: (agentId) => circuitOf('agent', agentId),
    circuitOfProvider: (provider) => circuitOf('provider', provider),
  }
  const standing = (agentId: string): Standing => {
    const lastUsedAtMs = Number(figure(agentId, 2))
    return {
      firstChoices: Number(figure(agentId, 1)),
      lastUsedAtMs: lastUsedAtMs < 0 ? undefined : lastUsedAtMs,
      behind: Number(figure(agentId, 3)),
    }
  }
  const chosen = members[Number(chosenAt) - 1]
  return {
    agentId: chosen?.agentId,
    verdicts: verdictsOf(group?.strategy ?? 'priority', members, present, standing, chosen, isSticky === 1),
    changes: changesText === '' ? [] : toChanges(JSON.parse(String(changesText)) as ChangeWire[]),
  }
}

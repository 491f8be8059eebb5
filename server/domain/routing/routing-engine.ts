import type { AttemptResult, Direction, StrategyName } from '../../../shared/vocabulary.ts'
import { longestNumber, readNumber, type ReadNumber } from '../numbers/read-number.ts'
import type { ConsideredRule, RoutingStep } from './explanation.ts'
import { outOfSchedule } from './out-of-schedule.ts'
import { formatPattern } from './pattern.ts'
import type { RouteMatch } from './route-table.ts'
import type { RoutableAgent, RoutableGroup, RoutableMember, RoutingConfig } from './routing-config.ts'
import type { MemberVerdict, SelectableMember } from './select-member.ts'
import { describeTarget, type Target } from './target.ts'

/** A question to the runtime state: who of these takes the call? Answered with the agent whose slot is now taken. */
export interface SelectionAsk {
  /** Undefined: the only member is dialled directly. */
  readonly group: { readonly id: string; readonly strategy: StrategyName; readonly windowMs: number } | undefined
  readonly members: readonly SelectableMember[]
  readonly isFirstChoice: boolean
  /** The longest that any of them rings. */
  readonly ringTimeoutSeconds: number
  readonly sticky: { readonly caller: string; readonly ms: number } | undefined
}
export interface SelectionReply {
  readonly agentId?: string | undefined
  readonly verdicts: readonly MemberVerdict[]
}

/** Where the call goes now, and how that came about. */
export interface Routing {
  /** The target as followed to its end: never a group. */
  readonly target: Target
  readonly agent: RoutableAgent | undefined
  readonly group: RoutableGroup | undefined
  readonly ringTimeoutSeconds: number
  /** Attempts in `group`, this one included. */
  readonly groupAttempts: number
  readonly steps: RoutingStep[]
}

/** What was tried in this call so far, and when it is asked. */
export interface Tried {
  readonly agentIds: readonly string[]
  /** Numbers dialled: like an agent, none is dialled twice. */
  readonly numbers: readonly string[]
  /** Attempts of any kind, numbers included. */
  readonly attempts: number
  /** Attempts made in each group, for a group that is asked again later on the way. */
  readonly attemptsByGroup: ReadonlyMap<string, number>
  /** When each group made its first attempt, by the clock on the wall. */
  readonly startedByGroup: ReadonlyMap<string, number>
  readonly caller: string
  /** Now, by the clock on the wall: schedules and time budgets go by it. */
  readonly atMs: number
}

export const nothingTried: Omit<Tried, 'caller' | 'atMs'> = {
  agentIds: [],
  numbers: [],
  attempts: 0,
  attemptsByGroup: new Map(),
  startedByGroup: new Map(),
}

/** A shorter ring is not worth an attempt. */
const shortestRingSeconds = 5

const listedMembers = 50

type Walk = Generator<SelectionAsk, Routing, SelectionReply>

const barredAgent = (config: RoutingConfig, agent: RoutableAgent | undefined, tried: Tried): string | undefined => {
  if (!agent) return 'was deleted'
  if (!agent.enabled) return 'disabled'
  if (agent.draining) return 'draining: it takes no new calls'
  if (agent.circuit === 'open') return 'its circuit is held open'
  if (tried.agentIds.includes(agent.id)) return 'already tried in this call'
  const provider = config.providers.get(agent.provider)
  if (!provider) return `its provider ${agent.provider} is not in the catalogue`
  if (!provider.enabled) return `its provider ${provider.displayName} is disabled`
  return outOfSchedule(config, agent.scheduleId, tried.atMs)
}

/** What the runtime state needs to know of an agent. */
const runtimeFacts = (agent: RoutableAgent | undefined) => ({
  provider: agent?.provider ?? '',
  maxConcurrentCalls: agent?.maxConcurrentCalls,
  ignoresCircuit: agent?.circuit === 'closed',
})

const memberOf = (config: RoutingConfig, member: RoutableGroup['members'][number], tried: Tried): SelectableMember => {
  const agent = config.agents.get(member.agentId)
  const barred = barredAgent(config, agent, tried) ?? (member.enabled ? undefined : 'disabled in this group')
  return { ...member, ...runtimeFacts(agent), barred }
}

const explainMembers = (
  config: RoutingConfig,
  group: RoutableGroup,
  verdicts: readonly MemberVerdict[],
): Partial<RoutingStep> => {
  const members = new Map(group.members.map((member) => [member.agentId, member]))
  // Of a long list the chosen one and the first ones are worth keeping.
  const kept =
    verdicts.length <= listedMembers
      ? verdicts
      : verdicts.filter((verdict, i) => i < listedMembers - 1 || verdict.chosen)
  return {
    members: kept.map(({ agentId, eligible, chosen, verdict, activeCalls, firstChoices, lastUsedAtMs, behind }) => {
      const member = members.get(agentId)
      return {
        agentId,
        name: config.agents.get(agentId)?.name ?? agentId,
        eligible,
        verdict,
        chosen,
        activeCalls,
        firstChoices,
        ...(member && { weight: member.weight, priority: member.priority }),
        ...(lastUsedAtMs !== undefined && { lastUsedAtMs }),
        ...(behind !== undefined && { behind: Math.round(behind * 1000) / 1000 }),
      }
    }),
    ...(kept.length < verdicts.length && { moreMembers: verdicts.length - kept.length }),
  }
}

/** Follows a target through groups, fallbacks and the tenant's default until something can be answered. */
export function* followTarget(
  config: RoutingConfig,
  start: Target,
  because: string,
  tried: Tried,
  steps: RoutingStep[] = [],
): Walk {
  const seenGroups = new Set<string>()
  let target: Target = start
  let usedDefault = start === config.defaultTarget
  const isFirstChoice = tried.attempts === 0
  for (;;) {
    let dead: string
    if (target.type === 'agent') {
      const agent = config.agents.get(target.id)
      const barred = barredAgent(config, agent, tried)
      const reply: SelectionReply = agent
        ? yield {
            group: undefined,
            members: [
              {
                agentId: agent.id,
                weight: 1,
                priority: 1,
                position: 1,
                ...runtimeFacts(agent),
                barred,
              },
            ],
            isFirstChoice,
            ringTimeoutSeconds: config.ringTimeoutSeconds,
            sticky: undefined,
          }
        : { verdicts: [] }
      const [verdict] = reply.verdicts
      const name = agent?.name ?? target.id
      if (agent && reply.agentId === agent.id) {
        steps.push({ type: 'agent', id: agent.id, name, because, outcome: `${name} is dialled` })
        return {
          target,
          agent,
          group: undefined,
          ringTimeoutSeconds: config.ringTimeoutSeconds,
          groupAttempts: 1,
          steps,
        }
      }
      dead = `voice agent ${name} passed over: ${verdict?.verdict ?? barred}`
      steps.push({ type: 'agent', id: target.id, name, because, outcome: dead })
    } else if (target.type === 'group') {
      const group = config.groups.get(target.id)
      if (!group || seenGroups.has(target.id)) {
        dead = group ? `agent group ${group.name} was asked before` : `agent group ${target.id} was deleted`
        steps.push({ type: 'group', id: target.id, because, outcome: dead })
      } else {
        seenGroups.add(group.id)
        const before = tried.attemptsByGroup.get(group.id) ?? 0
        const routing: Routing | string = yield* askGroup(config, group, because, tried, before, steps)
        if (typeof routing !== 'string') return routing
        dead = routing
        if (group.fallback) {
          because = `fallback of agent group ${group.name}: ${dead}`
          target = group.fallback
          continue
        }
      }
    } else if (target.type === 'number' && tried.numbers.includes(target.value)) {
      dead = `number ${target.value} was dialled before in this call`
      steps.push({ type: 'number', because, outcome: dead })
    } else {
      steps.push({ type: target.type, because, outcome: describeTarget(target) })
      return {
        target,
        agent: undefined,
        group: undefined,
        ringTimeoutSeconds: config.ringTimeoutSeconds,
        groupAttempts: 0,
        steps,
      }
    }
    because =
      usedDefault || !config.defaultTarget ? `nothing is left: ${dead}` : `default target of the tenant: ${dead}`
    target = usedDefault || !config.defaultTarget ? { type: 'hangup' } : config.defaultTarget
    usedDefault = true
  }
}

/** Asks one group for its next member; text says why there is none. */
function* askGroup(
  config: RoutingConfig,
  group: RoutableGroup,
  because: string,
  tried: Tried,
  groupAttempts: number,
  steps: RoutingStep[],
): Generator<SelectionAsk, Routing | string, SelectionReply> {
  const step = { type: 'group' as const, id: group.id, name: group.name, because, strategy: group.strategy }
  const none = (outcome: string, more: Partial<RoutingStep> = {}): string => {
    steps.push({ ...step, outcome, ...more })
    return outcome
  }
  if (group.members.length === 0) return none(`agent group ${group.name} has no members`)
  if (groupAttempts >= group.maxAttempts)
    return none(`its attempts are used up (${groupAttempts} of ${group.maxAttempts})`)
  const { maxMs, stickyMs } = group
  const leftSeconds =
    maxMs === undefined
      ? Infinity
      : Math.floor((maxMs + (tried.startedByGroup.get(group.id) ?? tried.atMs) - tried.atMs) / 1000)
  if (leftSeconds < shortestRingSeconds)
    return none(`its time is used up (${Math.max(0, leftSeconds)} s of ${Number(maxMs) / 1000} s are left)`)
  const ringSeconds = ({ ringTimeoutSeconds = group.ringTimeoutSeconds }: RoutableMember): number =>
    Math.min(ringTimeoutSeconds, leftSeconds)
  const reply = yield {
    group: { id: group.id, strategy: group.strategy, windowMs: group.windowMs },
    members: group.members.map((member) => memberOf(config, member, tried)),
    isFirstChoice: tried.attempts === 0,
    ringTimeoutSeconds: group.members.reduce((longest, member) => Math.max(longest, ringSeconds(member)), 0),
    sticky: stickyMs === undefined ? undefined : { caller: tried.caller, ms: stickyMs },
  }
  const compared = explainMembers(config, group, reply.verdicts)
  const agent = reply.agentId === undefined ? undefined : config.agents.get(reply.agentId)
  const member = group.members.find(({ agentId }) => agentId === reply.agentId)
  if (!agent || !member) return none(`no member of agent group ${group.name} is eligible`, compared)
  steps.push({ ...step, outcome: `${agent.name} chosen`, ...compared })
  return {
    target: { type: 'agent', id: agent.id },
    agent,
    group,
    ringTimeoutSeconds: ringSeconds(member),
    groupAttempts: groupAttempts + 1,
    steps,
  }
}

export interface Numbers {
  readonly from: ReadNumber
  readonly to: ReadNumber
}

/** What the dialled texts mean for this tenant. */
export const readNumbers = (config: RoutingConfig, from: string, to: string): Numbers => {
  const context = {
    defaultCountry: config.defaultCountry,
    isKnown: (number: string) => config.agentNumbers.has(number) || config.rules.isKnown(number),
  }
  // What is longer than any number can be is not worth keeping whole.
  const read = (text: string): ReadNumber => readNumber(text.slice(0, longestNumber), context)
  return { from: read(from), to: read(to) }
}

/**
 * A call is outbound when the platform says so, or when it comes from one of the tenant's agents and is not for one of the
 * tenant's own numbers: an agent that dials over its vendor's trunk arrives like an inbound call, only the numbers tell.
 */
export const classify = (config: RoutingConfig, platformSaysOutbound: boolean, numbers: Numbers): Direction =>
  platformSaysOutbound || (config.agentNumbers.has(numbers.from.number) && !config.rules.isDid(numbers.to.number))
    ? 'outbound'
    : 'inbound'

const explainRules = ({ considered, more }: RouteMatch): { rules: ConsideredRule[]; moreRules?: number } => ({
  rules: considered.map(({ route, passedOver }) => ({
    ruleId: route.ruleId,
    name: route.name,
    pattern: formatPattern(route.pattern),
    priority: route.priority,
    verdict: passedOver ?? 'chosen',
    chosen: passedOver === undefined,
  })),
  ...(more > 0 && { moreRules: more }),
})

export interface FirstRouting extends Routing {
  readonly ruleId: string | undefined
  readonly rules: ConsideredRule[]
  readonly moreRules?: number
}

/** Routes an inbound call by the rules: for the first time, or anew at a later stage, past whom it was tried with before. */
export function* routeInbound(
  config: RoutingConfig,
  numbers: Numbers,
  tried: Tried,
): Generator<SelectionAsk, FirstRouting, SelectionReply> {
  const match = config.rules.match(numbers.to.number, numbers.from.number, (scheduleId) =>
    outOfSchedule(config, scheduleId, tried.atMs),
  )
  const { route } = match
  const fallback: Target = config.defaultTarget ?? { type: 'hangup' }
  const because = route
    ? `inbound rule ${route.name}`
    : config.defaultTarget
      ? 'no inbound rule matches; the default target of the tenant'
      : 'no inbound rule matches and the tenant has no default target'
  const routing = yield* followTarget(config, route?.target ?? fallback, because, tried)
  return { ...routing, ruleId: route?.ruleId, ...explainRules(match) }
}

/** How a dial ended, and what had been tried by then. */
export interface Ended {
  readonly result: AttemptResult
  readonly groupId: string | undefined
  readonly groupAttempts: number
  readonly tried: Tried
}

/** Whether a result goes to somebody else, by the group's policy or the tenant's. */
const mayFailOver = (config: RoutingConfig, group: RoutableGroup | undefined, result: AttemptResult): boolean => {
  if (result === 'cancelled' && config.retriesCancelled) return true
  return (group?.retryOn ?? defaultRetryOn).includes(result)
}
export const defaultRetryOn: readonly AttemptResult[] = ['busy', 'no_answer', 'failed']

const stop = (because: string): Routing => ({
  target: { type: 'hangup' },
  agent: undefined,
  group: undefined,
  ringTimeoutSeconds: 0,
  groupAttempts: 0,
  steps: [{ type: 'hangup', because, outcome: 'hang-up' }],
})

/** Routes a call on after a dial ended. */
export function* routeOnward(config: RoutingConfig, ended: Ended): Walk {
  const { groupId, groupAttempts, result } = ended
  const group = groupId === undefined ? undefined : config.groups.get(groupId)
  const said = result.replace('_', ' ')
  if (result === 'answered') return stop('the agent answered and the conversation is over')
  if (!mayFailOver(config, group, result)) return stop(`a result of ${said} does not fail over`)
  const steps: RoutingStep[] = []
  let tried = ended.tried
  let dead = `the result was ${said}`
  if (group) {
    tried = { ...tried, attemptsByGroup: new Map(tried.attemptsByGroup).set(group.id, groupAttempts) }
    const routing: Routing | string = yield* askGroup(
      config,
      group,
      `failover after ${said}`,
      tried,
      groupAttempts,
      steps,
    )
    if (typeof routing !== 'string') return routing
    dead = routing
    if (group.fallback) {
      const because = `fallback of agent group ${group.name}: ${dead}`
      return yield* followTarget(config, group.fallback, because, tried, steps)
    }
  }
  return config.defaultTarget
    ? yield* followTarget(config, config.defaultTarget, `default target of the tenant: ${dead}`, tried, steps)
    : yield* followTarget(config, { type: 'hangup' }, `nothing is left: ${dead}`, tried, steps)
}

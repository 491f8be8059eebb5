import type { AttemptResult } from '../../../shared/vocabulary.ts'
import { askGroup, barredAgent, runtimeFacts } from './ask-group.ts'
import type { Numbers } from './call-numbers.ts'
import type { ConsideredRule, RoutingStep } from './explanation.ts'
import { outOfSchedule } from './out-of-schedule.ts'
import { formatPattern } from './pattern.ts'
import type { RouteMatch } from './route-table.ts'
import type { Routing, SelectionReply, Tried, Walk } from './routing.ts'
import type { RoutableGroup, RoutingConfig } from './routing-config.ts'
import { describeTarget, type Target } from './target.ts'

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
export function* routeInbound(config: RoutingConfig, numbers: Numbers, tried: Tried): Walk<FirstRouting> {
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

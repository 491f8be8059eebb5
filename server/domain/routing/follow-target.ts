import { askGroup, barredAgent, runtimeFacts } from './ask-group.ts'
import { askTrunks } from './ask-trunks.ts'
import { trunkIdsOf, whyNoneNamed } from './default-trunk.ts'
import type { RoutingStep } from './explanation.ts'
import type { Routing, SelectionReply, Tried, Walk } from './routing.ts'
import type { RoutingConfig } from './routing-config.ts'
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
    const trunkIds = target.type === 'number' ? trunkIdsOf(config, target) : []
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
    } else if (target.type === 'number' && tried.direction === 'outbound') {
      dead = `number ${target.value} passed over: only an outbound rule sends a call that goes out to a number`
      steps.push({ type: 'number', because, outcome: dead })
    } else if (target.type === 'number' && tried.numbers.includes(target.value)) {
      dead = `number ${target.value} was dialled before in this call`
      steps.push({ type: 'number', because, outcome: dead })
    } else if (target.type === 'number' && trunkIds.length > 0) {
      const dial = { number: target.value, trunkIds }
      const routing: Routing | string = yield* askTrunks(config, dial, because, steps)
      if (typeof routing !== 'string') return routing
      dead = routing
    } else {
      const how = target.type === 'number' ? `, ${whyNoneNamed(config, target)}` : ''
      steps.push({ type: target.type, because, outcome: `${describeTarget(target)}${how}` })
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

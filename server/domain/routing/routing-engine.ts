import type { AttemptResult } from '../../../shared/vocabulary.ts'
import type { TrunkPlan } from '../calls/call.ts'
import { askGroup } from './ask-group.ts'
import { askTrunks } from './ask-trunks.ts'
import type { Numbers } from './call-numbers.ts'
import type { RoutingStep } from './explanation.ts'
import { explainRules, type FirstRouting } from './first-routing.ts'
import { followTarget } from './follow-target.ts'
import { outOfSchedule } from './out-of-schedule.ts'
import type { Routing, Tried, Walk } from './routing.ts'
import type { RoutingConfig } from './routing-config.ts'
import type { Target } from './target.ts'
import { whyNoTrunk } from './why-no-trunk.ts'

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
  /** The number dialled, where it was through a trunk, for which number of the call, and what that attempt left to the next one. */
  readonly trunk?: { readonly number: string; readonly to: string; readonly plan: TrunkPlan } | undefined
  readonly tried: Tried
}

/** Whether a result goes to somebody else, by the policy of the group or of trunks, or the tenant's. */
const mayFailOver = (config: RoutingConfig, retryOn: readonly AttemptResult[], result: AttemptResult): boolean => {
  if (result === 'cancelled' && config.retriesCancelled) return true
  return retryOn.includes(result)
}
export const defaultRetryOn: readonly AttemptResult[] = ['busy', 'no_answer', 'failed']
/** Who is busy or does not answer is so through any trunk. */
export const defaultTrunkRetryOn: readonly AttemptResult[] = ['failed']

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
  const { groupId, groupAttempts, result, trunk } = ended
  const group = groupId === undefined ? undefined : config.groups.get(groupId)
  const said = result.replace('_', ' ')
  if (result === 'answered') return stop('the agent answered and the conversation is over')
  const asksTrunks = trunk !== undefined && mayFailOver(config, config.trunkRetryOn, result)
  const leavesTrunks = !trunk || ended.tried.direction === 'inbound'
  if (!asksTrunks && !(leavesTrunks && mayFailOver(config, group?.retryOn ?? defaultRetryOn, result)))
    return stop(`a result of ${said} does not fail over`)
  const steps: RoutingStep[] = []
  let tried = ended.tried
  let dead = `the result was ${said}`
  if (asksTrunks) {
    const { number, to, plan } = trunk
    const because = `next trunk after ${said}`
    // The lists and whose number may dial out can have changed meanwhile.
    const barred = leavesTrunks
      ? undefined
      : whyNoTrunk(config, {
          from: { number: tried.caller },
          to: { number: to, text: to },
          sign: plan.isAuthenticated ? 'authenticated' : undefined,
          dialled: number,
        })
    if (barred !== undefined) return stop(`${because}: ${barred}`)
    const { left: trunkIds, ...rest } = plan
    const routing: Routing | string = yield* askTrunks(
      config,
      { number, trunkIds, ...rest },
      because,
      steps,
      groupAttempts,
    )
    if (typeof routing !== 'string') return routing
    dead = routing
    // A default target is meant for callers, not for calls that go out.
    if (!leavesTrunks) return yield* followTarget(config, { type: 'hangup' }, `nothing is left: ${dead}`, tried, steps)
  }
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

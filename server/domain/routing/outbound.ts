import type { OutboundSign } from '../webhooks/read-voice-request.ts'
import { askTrunks } from './ask-trunks.ts'
import type { Numbers } from './call-numbers.ts'
import { followTarget } from './follow-target.ts'
import type { RoutingStep } from './explanation.ts'
import { explainRules, type FirstRouting } from './first-routing.ts'
import { formatPattern, matches, type Pattern } from './pattern.ts'
import type { Routing, Tried, Walk } from './routing.ts'
import type { RoutingConfig } from './routing-config.ts'
import type { TrunkWay } from './route.ts'

/** What a trunk may be given to dial. */
const dialable = /^\+?[0-9*#]{1,40}$/

/** The number as it is handed to a trunk. Its + goes with the first digit that is stripped or put before it. */
export const toDial = (number: string, { stripDigits, prepend }: Pick<TrunkWay, 'stripDigits' | 'prepend'>): string =>
  stripDigits === 0 && prepend === '' ? number : prepend + number.replace(/^\+/, '').slice(stripDigits)

/** The international number that the digits of a number are, for lists that name such ones. */
const readings = (number: string): string[] => [number, number.startsWith('+') ? number.slice(1) : `+${number}`]

const firstMatch = (patterns: readonly Pattern[], numbers: readonly string[]): Pattern | undefined =>
  patterns.find((pattern) => numbers.some((number) => matches(pattern, number)))

/** Why a call may not leave through a trunk; undefined when it may. */
const whyNoTrunk = (
  { numbers: own, outboundAllow, outboundDeny }: Pick<RoutingConfig, 'numbers' | 'outboundAllow' | 'outboundDeny'>,
  { from, to }: Numbers,
  sign: OutboundSign | undefined,
  dialled: string,
): string | undefined => {
  if (sign === 'answered')
    return 'the callee has answered already (outbound-api), so the call goes to an agent or a group, not back through a trunk'
  if (sign !== 'authenticated' && own.get(from.number)?.mayDialOut !== true)
    return `nothing but its number says who calls, and ${from.number} is not marked mayDialOut`
  if (outboundAllow.length === 0) return 'the setting outboundAllow is empty, so no number may be dialled'
  if (!firstMatch(outboundAllow, [to.number])) return `${to.number} matches nothing that outboundAllow names`
  const denied = firstMatch(outboundDeny, [to.number, ...readings(dialled)])
  return denied && `${to.number} matches ${formatPattern(denied)} of outboundDeny`
}

const rejection = (because: string, value: 'rejected' | 'congestion' = 'rejected'): Routing => ({
  target: { type: 'reject', value },
  agent: undefined,
  group: undefined,
  ringTimeoutSeconds: 0,
  groupAttempts: 0,
  steps: [{ type: 'reject', because, outcome: `reject (${value})` }],
})

function* throughTrunks(
  config: RoutingConfig,
  way: TrunkWay,
  because: string,
  numbers: Numbers,
  sign: OutboundSign | undefined,
): Walk {
  const number = toDial(numbers.to.number, way)
  const barred = whyNoTrunk(config, numbers, sign, number)
  if (barred !== undefined) return rejection(`${because}: ${barred}`)
  if (!dialable.test(number)) return rejection(`${because}: "${number}" is nothing that a trunk can dial`)
  const trunkIds =
    way.trunkIds.length > 0
      ? way.trunkIds
      : [...config.trunks.values()].filter(({ isDefault }) => isDefault).map(({ id }) => id)
  if (trunkIds.length === 0) return rejection(`${because}: it names no trunk, and there is no default trunk`)
  const asked: RoutingStep[] = []
  const routing: Routing | string = yield* askTrunks(
    config,
    { number, trunkIds, callerId: way.callerId },
    because,
    asked,
  )
  if (typeof routing !== 'string') return routing
  const refused = rejection(`${because}: ${routing}`, 'congestion')
  return { ...refused, steps: [...asked, ...refused.steps] }
}

/** Routes a call that goes out by the outbound rules. Without a rule it is rejected: no default target is meant for it. */
export function* routeOutbound(
  config: RoutingConfig,
  numbers: Numbers,
  sign: OutboundSign | undefined,
  tried: Tried,
): Walk<FirstRouting> {
  const match = config.outboundRules.match(numbers.to.number, numbers.from.number)
  const explained = explainRules(match)
  const { route } = match
  if (!route) return { ...rejection('outbound call; no outbound rule matches'), ruleId: undefined, ...explained }
  const because = `outbound rule ${route.name}`
  const way = route.target
  const routing: Routing =
    'stripDigits' in way
      ? yield* throughTrunks(config, way, because, numbers, sign)
      : yield* followTarget(config, way, because, tried)
  return { ...routing, ruleId: route.ruleId, ...explained }
}

import type { OutboundSign } from '../webhooks/read-voice-request.ts'
import { askTrunks } from './ask-trunks.ts'
import type { Numbers } from './call-numbers.ts'
import { defaultTrunkIds } from './default-trunk.ts'
import { followTarget } from './follow-target.ts'
import type { RoutingStep } from './explanation.ts'
import { explainRules, type FirstRouting } from './first-routing.ts'
import type { Routing, Tried, Walk } from './routing.ts'
import type { RoutingConfig } from './routing-config.ts'
import type { TrunkWay } from './route.ts'
import { whyNoTrunk } from './why-no-trunk.ts'

/** What a trunk may be given to dial. */
const dialable = /^\+?[0-9*#]{1,40}$/
/** What of it may come from the caller: star and number sign are codes to the network, which only a rule may send. */
const callersPart = /^\+?\d+$/

/** The number as it is handed to a trunk. Its + goes with the first digit that is stripped or put before it. */
export const toDial = (number: string, { stripDigits, prepend }: Pick<TrunkWay, 'stripDigits' | 'prepend'>): string =>
  stripDigits === 0 && prepend === '' ? number : prepend + number.replace(/^\+/, '').slice(stripDigits)

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
  const barred = whyNoTrunk(config, { ...numbers, sign, dialled: number })
  if (barred !== undefined) return rejection(`${because}: ${barred}`)
  const own = toDial(numbers.to.number, { ...way, prepend: '' })
  if (/[*#]/.test(own))
    return rejection(`${because}: "${own}" has a * or # in it, which only what the rule puts before may hold`)
  if (!callersPart.test(own) || !dialable.test(number))
    return rejection(`${because}: "${number}" is nothing that a trunk can dial`)
  const trunkIds = way.trunkIds.length > 0 ? way.trunkIds : defaultTrunkIds(config)
  if (trunkIds.length === 0) return rejection(`${because}: it names no trunk, and there is no default trunk`)
  const asked: RoutingStep[] = []
  const routing: Routing | string = yield* askTrunks(
    config,
    { number, trunkIds, callerId: way.callerId, isAuthenticated: sign === 'authenticated' || undefined },
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

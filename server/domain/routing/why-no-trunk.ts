import { whyNotInternational } from '../numbers/dialling.ts'
import type { ReadNumber } from '../numbers/read-number.ts'
import type { OutboundSign } from '../webhooks/read-voice-request.ts'
import { formatPattern, matches, type Pattern } from './pattern.ts'
import type { RoutingConfig } from './routing-config.ts'

/** A call that is to go out through a trunk. */
export interface OutboundDial {
  readonly from: Pick<ReadNumber, 'number'>
  readonly to: Pick<ReadNumber, 'number' | 'text'>
  readonly sign: OutboundSign | undefined
  /** What the trunk would get. */
  readonly dialled: string
}

/** The international number that the digits of a number are, for lists that name such ones. */
const readings = (number: string): string[] => [number, number.startsWith('+') ? number.slice(1) : `+${number}`]

const firstMatch = (patterns: readonly Pattern[], numbers: readonly string[]): Pattern | undefined =>
  patterns.find((pattern) => numbers.some((number) => matches(pattern, number)))

/** Why a call may not leave through a trunk; undefined when it may. */
export const whyNoTrunk = (
  { numbers: own, outboundAllow, outboundDeny }: Pick<RoutingConfig, 'numbers' | 'outboundAllow' | 'outboundDeny'>,
  { from, to, sign, dialled }: OutboundDial,
): string | undefined => {
  if (sign === 'answered')
    return 'the callee has answered already (outbound-api), so the call goes to an agent or a group, not back through a trunk'
  if (sign !== 'authenticated' && own.get(from.number)?.mayDialOut !== true)
    return `nothing but its number says who calls, and ${from.number} is not marked mayDialOut`
  if (outboundAllow.length === 0) return 'the setting outboundAllow is empty, so no number may be dialled'
  for (const number of [to.number, dialled]) {
    const problem = number.startsWith('+') ? whyNotInternational(number) : undefined
    if (problem !== undefined) return problem
  }
  if (!firstMatch(outboundAllow, [to.number])) return `${to.number} matches nothing that outboundAllow names`
  const denied = firstMatch(outboundDeny, [to.number, ...readings(dialled)])
  return denied && `${to.number} matches ${formatPattern(denied)} of outboundDeny`
}

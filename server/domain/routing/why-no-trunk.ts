import { meaningsOf, whyNotInternational } from '../numbers/dialling.ts'
import { asDialled, type ReadNumber } from '../numbers/read-number.ts'
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

const firstMatch = (patterns: readonly Pattern[], number: string): Pattern | undefined =>
  patterns.find((pattern) => matches(pattern, number))

/** Whether all digits of an international number are dialled as they are, with nothing but a rule's digits before them. */
const isIntact = (number: string, dialled: string): boolean =>
  number.startsWith('+') && dialled.endsWith(number.slice(1))

/** Why a call may not leave through a trunk; undefined when it may. */
export const whyNoTrunk = (
  config: Pick<RoutingConfig, 'numbers' | 'outboundAllow' | 'outboundDeny' | 'defaultCountry'>,
  { from, to, sign, dialled }: OutboundDial,
): string | undefined => {
  const { numbers: own, outboundAllow, outboundDeny, defaultCountry } = config
  if (sign === 'answered')
    return 'the callee has answered already (outbound-api), so the call goes to an agent or a group, not back through a trunk'
  if (sign !== 'authenticated' && own.get(from.number)?.mayDialOut !== true)
    return `nothing but its number says who calls, and ${from.number} is not marked mayDialOut`
  if (outboundAllow.length === 0) return 'the setting outboundAllow is empty, so no number may be dialled'
  for (const number of [to.number, dialled]) {
    const problem = number.startsWith('+') ? whyNotInternational(number) : undefined
    if (problem !== undefined) return problem
  }
  const meanings = isIntact(to.number, dialled)
    ? []
    : meaningsOf(dialled, defaultCountry).map((number) => ({
        number,
        said: `${number}, which is what the trunk may take ${dialled} for,`,
      }))
  const asked = { number: to.number, said: to.number }
  // A literal pattern such as 9* says nothing of where the digits behind it lead.
  const mustBeAllowed = to.number.startsWith('+') ? [asked] : [asked, ...meanings]
  const unnamed = mustBeAllowed.find(({ number }) => !firstMatch(outboundAllow, number))
  if (unnamed) return `${unnamed.said} matches nothing that outboundAllow names`
  const written = { number: asDialled(to.text), said: `${asDialled(to.text)}, as it was dialled,` }
  const handedOver = { number: dialled, said: `${dialled}, which is what the trunk would get,` }
  const withoutPlus = { number: dialled.replace('+', ''), said: `${dialled} without its +` }
  for (const { number, said } of [asked, written, handedOver, withoutPlus, ...meanings]) {
    const denied = firstMatch(outboundDeny, number)
    if (denied) return `${said} matches ${formatPattern(denied)} of outboundDeny`
  }
  return undefined
}

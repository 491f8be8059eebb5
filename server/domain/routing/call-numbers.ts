import type { Direction } from '../../../shared/vocabulary.ts'
import { cutNumber, readNumber, type ReadNumber } from '../numbers/read-number.ts'
import type { RoutingConfig } from './routing-config.ts'

export interface Numbers {
  readonly from: ReadNumber
  readonly to: ReadNumber
}

/** One of the tenant's numbers, or the value of one of its agents. */
const isOwn = ({ numbers, agentNumbers }: RoutingConfig, number: string): boolean =>
  numbers.has(number) || agentNumbers.has(number)

/** What the dialled texts mean for this tenant. */
export const readNumbers = (config: RoutingConfig, from: string, to: string): Numbers => {
  const context = {
    defaultCountry: config.defaultCountry,
    isKnown: (number: string) => isOwn(config, number) || config.rules.isKnown(number),
  }
  // What is longer than any number can be is not worth keeping whole.
  const read = (text: string): ReadNumber => readNumber(cutNumber(text), context)
  return { from: read(from), to: read(to) }
}

/** A number that calls come in by: listed as such, or named by an inbound rule of its own. */
const isDid = ({ numbers, rules }: RoutingConfig, number: string): boolean =>
  numbers.get(number)?.kind === 'did' || rules.isDid(number)

/**
 * A call is outbound when the platform says so, or when it comes from one of the tenant's own numbers and is not for one of
 * its DIDs: an agent that dials over its vendor's trunk arrives like an inbound call, only the numbers tell.
 */
export const classify = (config: RoutingConfig, platformSaysOutbound: boolean, numbers: Numbers): Direction =>
  platformSaysOutbound || (isOwn(config, numbers.from.number) && !isDid(config, numbers.to.number))
    ? 'outbound'
    : 'inbound'

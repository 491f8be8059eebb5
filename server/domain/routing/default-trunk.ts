import { readNumber } from '../numbers/read-number.ts'
import type { RoutingConfig } from './routing-config.ts'
import type { Target } from './target.ts'

type NumberTarget = Extract<Target, { type: 'number' }>

/** A short number without + can be a subscriber of the domain, whom no trunk reaches. */
const mayBeSubscriber = (number: string, defaultCountry: string): boolean =>
  !number.startsWith('+') && !readNumber(number, { defaultCountry, isKnown: () => false }).number.startsWith('+')

/** One at most. */
export const defaultTrunkIds = ({ trunks }: Pick<RoutingConfig, 'trunks'>): readonly string[] =>
  [...trunks.values()].filter(({ isDefault }) => isDefault).map(({ id }) => id)

/** Whether a number is for the default trunk to take, as far as there is one. */
export const isForDefaultTrunk = ({ value, trunkIds = [] }: NumberTarget, defaultCountry: string): boolean =>
  trunkIds.length === 0 && !mayBeSubscriber(value, defaultCountry)

/** The trunks that a number is dialled through: those it names, else the default one. None leaves that to the platform. */
export const trunkIdsOf = (
  config: Pick<RoutingConfig, 'trunks' | 'defaultCountry'>,
  target: NumberTarget,
): readonly string[] =>
  isForDefaultTrunk(target, config.defaultCountry) ? defaultTrunkIds(config) : (target.trunkIds ?? [])

/** Why no trunk is named where one could be. */
export const whyNoneNamed = (
  { defaultCountry }: Pick<RoutingConfig, 'defaultCountry'>,
  target: NumberTarget,
): string =>
  isForDefaultTrunk(target, defaultCountry)
    ? 'without a trunk, as there is no default trunk: Cloudonix tries all of its own'
    : 'without a trunk: it may be a subscriber'

import { createRandom, type Random } from '../chance.ts'
import { createDraw } from './draw.ts'

/** Where callers live: prefix, digits that follow, share. None of these is dialled. */
const areasOf: Readonly<Record<string, readonly (readonly [string, number, number])[]>> = {
  US: [
    ['+1212555', 4, 30],
    ['+1646555', 4, 18],
    ['+1202555', 4, 14],
    ['+1415555', 4, 12],
    ['+1312555', 4, 9],
    ['+1713555', 4, 7],
    ['+1305555', 4, 6],
    ['+1206555', 4, 4],
  ],
  GB: [
    ['+44207946', 4, 40],
    ['+441614960', 3, 20],
    ['+441214960', 3, 15],
    ['+447700900', 3, 25],
  ],
  DE: [
    ['+4930231', 5, 35],
    ['+4989999', 5, 25],
    ['+4940669', 5, 20],
    ['+4969900', 5, 20],
  ],
}
const home = 'US'
const abroadShare = 0.06
const usuallyWithheld = 0.03
const mostCallers = 200_000

export interface Caller {
  readonly number: string
  /** ISO 3166-1 alpha-2; undefined where the number is withheld. */
  readonly country?: string | undefined
}

const withheld: Caller = { number: 'anonymous' }

const drawArea = (countries: readonly string[]) =>
  createDraw(
    countries.flatMap((country) =>
      (areasOf[country] ?? []).map(([prefix, digits, share]) => [{ country, prefix, digits }, share] as const),
    ),
  )

/** People who call, some of them often, a few without showing their number. */
export const createCallers = (
  country: string,
  calls: number,
  seed: number,
  withheldShare = usuallyWithheld,
): ((random: Random) => Caller) => {
  const own = areasOf[country] ? country : home
  const drawOwn = drawArea([own])
  const drawForeign = drawArea(Object.keys(areasOf).filter((one) => one !== own))
  const people = Math.min(mostCallers, Math.max(50, Math.ceil(calls / 4)))

  const personAt = (index: number): Caller => {
    const random = createRandom(seed, 1, index)
    const { prefix, digits, country: livesIn } = (random() < abroadShare ? drawForeign : drawOwn)(random)
    const rest = Math.floor(random() * 10 ** digits).toString()
    return { number: prefix + rest.padStart(digits, '0'), country: livesIn }
  }
  return (random) => (random() < withheldShare ? withheld : personAt(Math.floor(people * random() ** 2)))
}

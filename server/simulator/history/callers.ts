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
const withheldShare = 0.03
const mostCallers = 200_000

/** People who call, some of them often, a few without showing their number. */
export const createCallers = (country: string, calls: number, seed: number): ((random: Random) => string) => {
  const own = areasOf[country] ? country : home
  const foreign = Object.keys(areasOf).filter((one) => one !== own)
  const nationals = createDraw((areasOf[own] ?? []).map((area) => [area, area[2]]))
  const strangers = createDraw(foreign.flatMap((one) => areasOf[one] ?? []).map((area) => [area, area[2]]))
  const people = Math.min(mostCallers, Math.max(50, Math.ceil(calls / 4)))

  const numberOf = (person: number): string => {
    const random = createRandom(seed, 1, person)
    const [prefix, digits] = (random() < abroadShare ? strangers : nationals)(random)
    return (
      prefix +
      Math.floor(random() * 10 ** digits)
        .toString()
        .padStart(digits, '0')
    )
  }
  return (random) => (random() < withheldShare ? 'anonymous' : numberOf(Math.floor(people * random() ** 2)))
}

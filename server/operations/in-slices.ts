import type { Clock } from '../ports/system.ts'

/** Calls wait this long at most for work that is done beside them. */
const sliceMicros = 5000

/** Lets whatever else waits have its turn. */
const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve))

/** Says when a slice is over: `await` it after every little piece of work. */
export const createSlices = (clock: Pick<Clock, 'micros'>): (() => Promise<void> | undefined) => {
  let startedAt = clock.micros()
  return () => {
    if (clock.micros() - startedAt < sliceMicros) return undefined
    return turn().then(() => {
      startedAt = clock.micros()
    })
  }
}

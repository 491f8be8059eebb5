/**
 * Remembers what was used last: at least `kept` entries, at most twice as many. They lie in two generations, because taking
 * the oldest entry out of one Map each time would walk over all the holes that earlier removals left.
 */
export const createRecentMap = <V>(kept: number) => {
  let young = new Map<string, V>()
  let old = new Map<string, V>()
  const set = (key: string, value: V): void => {
    if (young.size >= kept && !young.has(key)) {
      old = young
      young = new Map()
    }
    young.set(key, value)
  }
  return {
    get: (key: string): V | undefined => {
      const value = young.get(key)
      if (value !== undefined) return value
      const older = old.get(key)
      if (older !== undefined) set(key, older)
      return older
    },
    set,
    delete: (key: string): void => {
      young.delete(key)
      old.delete(key)
    },
    clear: (): void => {
      young.clear()
      old.clear()
    },
  }
}

/**
 * A map that keeps at most `limit` entries, and of those used last at least half as many. They lie in two generations: when
 * the young one is full it becomes the old one, and the old one is forgotten. (Removing the oldest entry of a single Map
 * each time would walk over all the holes that earlier removals left, up to its next rehash.)
 */
export const createBoundedMap = <V>(limit: number) => {
  const generation = Math.max(1, Math.floor(limit / 2))
  let young = new Map<string, V>()
  let old = new Map<string, V>()

  const set = (key: string, value: V): void => {
    if (young.size >= generation && !young.has(key)) {
      old = young
      young = new Map()
    }
    young.set(key, value)
  }
  return {
    get(key: string): V | undefined {
      const value = young.get(key)
      if (value !== undefined) return value
      const older = old.get(key)
      if (older !== undefined) {
        old.delete(key)
        set(key, older)
      }
      return older
    },
    set(key: string, value: V): void {
      old.delete(key)
      set(key, value)
    },
    delete(key: string): boolean {
      const wasYoung = young.delete(key)
      return old.delete(key) || wasYoung
    },
    deleteWhere(doomed: (key: string) => boolean): void {
      for (const entries of [young, old]) for (const key of entries.keys()) if (doomed(key)) entries.delete(key)
    },
  }
}

/** A map that forgets what was not used for longest once it is full. */
export const createBoundedMap = <V>(limit: number) => {
  const entries = new Map<string, V>()
  return {
    get(key: string): V | undefined {
      const value = entries.get(key)
      if (value !== undefined) {
        entries.delete(key)
        entries.set(key, value)
      }
      return value
    },
    set(key: string, value: V): void {
      entries.delete(key)
      entries.set(key, value)
      if (entries.size > limit) {
        const [oldest] = entries.keys()
        if (oldest !== undefined) entries.delete(oldest)
      }
    },
    delete: (key: string): boolean => entries.delete(key),
    deleteWhere(doomed: (key: string) => boolean): void {
      for (const key of entries.keys()) if (doomed(key)) entries.delete(key)
    },
  }
}

import type { UnitOfWork } from '../../../ports/call-store.ts'

/** Which units are on their way to the file, by what they can be asked for: session token, record id, answer key. */
export const createPendingKeys = () => {
  // In the order of sequences: a key noted again moves to the end.
  const newest = new Map<string, number>()
  let waiting: { readonly sequence: number; resolve(): void }[] = []
  let last = 0
  let done = 0

  const noteKey = (tenantId: string, key: string | undefined, sequence: number): void => {
    if (key === undefined) return
    const name = `${tenantId}\n${key}`
    newest.delete(name)
    newest.set(name, sequence)
  }

  const reached = (sequence: number): Promise<void> =>
    sequence <= done ? Promise.resolve() : new Promise((resolve) => void waiting.push({ sequence, resolve }))

  return {
    note: ({ tenantId, call, webhookEvent, answer }: UnitOfWork, sequence: number): void => {
      last = sequence
      noteKey(tenantId, call?.id, sequence)
      noteKey(tenantId, call?.token ?? webhookEvent?.token, sequence)
      noteKey(tenantId, answer?.key, sequence)
      noteKey(tenantId, answer?.otherKey, sequence)
    },
    settleUpTo: (sequence: number): void => {
      done = sequence
      for (const [name, noted] of newest) {
        if (noted > sequence) break
        newest.delete(name)
      }
      for (const one of waiting) if (one.sequence <= sequence) one.resolve()
      waiting = waiting.filter((one) => one.sequence > sequence)
    },
    reached,
    settled: (tenantId: string, key: string): Promise<void> => reached(newest.get(`${tenantId}\n${key}`) ?? 0),
    count: (): number => last - done,
  }
}

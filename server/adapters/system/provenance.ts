import { AsyncLocalStorage } from 'node:async_hooks'
import type { AskedBy, Provenance } from '../../ports/audit.ts'

export const createProvenance = (): Provenance => {
  const storage = new AsyncLocalStorage<AskedBy>({ name: 'asked by' })
  return { run: (by, work) => storage.run(by, work), current: () => storage.getStore() }
}

import { AsyncLocalStorage } from 'node:async_hooks'
import type { AskedBy } from '../../../ports/audit.ts'

/** On whose behalf a store thread does what it was asked, as the message said. */
export const askedBy = new AsyncLocalStorage<AskedBy>({ name: 'store asked by' })

import { describe } from 'vitest'
import { aSqliteStore, openInlineStore, openThreadedStore } from '../support/sqlite-store.ts'
import { accessStoreSuite, callStoreSuite, configurationStoreSuite, journalSuite } from './store-suites.ts'

describe.each([
  ['SQLite in threads', openThreadedStore],
  ['SQLite in this thread', openInlineStore],
])('store contract: %s', (_name, open) => {
  const makeStore = () => aSqliteStore(open)
  configurationStoreSuite(makeStore)
  accessStoreSuite(makeStore)
  callStoreSuite(makeStore)
  journalSuite(makeStore)
})

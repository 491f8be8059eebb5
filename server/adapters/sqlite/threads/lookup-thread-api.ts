import { createAnswerReader } from '../calls/answer-repository.ts'
import { createCallLookup } from '../calls/call-lookup.ts'
import { createKeyring } from '../keys/keyring.ts'
import { readSiteKey } from '../keys/site-key.ts'
import { openDatabase } from '../file/open-database.ts'
import type { ThreadOptions } from './thread-protocol.ts'

/** What a webhook waits for: rows by their key. Lists and copies of the log, which take their time, are another thread's. */
export const openLookup = ({ file, key }: ThreadOptions) => {
  const db = openDatabase(file, 'lookup')
  const keyring = createKeyring(db, readSiteKey(db, key, file))
  return {
    calls: createCallLookup(db, keyring),
    answers: { find: createAnswerReader(db, keyring) },
    thread: { close: (): void => void db.close() },
  }
}

export type LookupApi = ReturnType<typeof openLookup>

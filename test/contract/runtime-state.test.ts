import { expect, it } from 'vitest'
import { createEmbeddedRuntimeState } from '../../server/adapters/memory/embedded-runtime-state.ts'
import { recordingJournal } from '../support/recording-journal.ts'
import { runtimeStateContract } from './runtime-state.suite.ts'

runtimeStateContract('embedded', async () => {
  const journal = recordingJournal()
  return {
    open: (inFlight = []) => createEmbeddedRuntimeState(journal, inFlight),
    crash: async () => undefined,
    dispose: async () => undefined,
  }
})

it('the embedded runtime state holds so many answers in memory and no more', async () => {
  const state = await createEmbeddedRuntimeState(recordingJournal(), [])
  for (let n = 0; n < 60_000; n += 1) await state.saveAnswer('tenant-1', `k${n}`, { status: 200, body: String(n) })
  expect(await state.loadAnswer('tenant-1', 'k0')).toBeUndefined()
  expect((await state.loadAnswer('tenant-1', 'k59999'))?.body).toBe('59999')
})

/** Files that no coverage is counted for, each with the reason. They are exercised all the same, by the tests named. */
export const coverageExclusions: readonly { readonly file: string; readonly reason: string }[] = [
  {
    file: 'server/entry/headless.ts',
    reason: 'runs as a process of its own in test/integration/calls/kill.test.ts and refused-start.test.ts',
  },
  { file: 'server/entry/run-server.ts', reason: 'the same: it ends its process' },
  {
    file: 'server/entry/utility-process.ts',
    reason: 'runs in the desktop app’s utility process in test/e2e/*.desktop.spec.ts',
  },
  { file: 'server/entry/cli/index.ts', reason: 'runs as a process of its own: it reads the arguments of its process' },
  { file: 'server/entry/cli/serve.ts', reason: 'the same' },
  { file: 'server/entry/cli/token.ts', reason: 'the same' },
  { file: 'server/entry/cli/user.ts', reason: 'the same' },
  { file: 'server/entry/cli/with-access.ts', reason: 'the same' },
  {
    file: 'server/entry/cli/route.ts',
    reason: 'runs as a process of its own in test/integration/entry/route-command.test.ts',
  },
  {
    file: 'server/entry/cli/audit.ts',
    reason: 'runs as a process of its own in test/integration/audit/ways-in.test.ts',
  },
  {
    file: 'server/entry/cli/simulate.ts',
    reason: 'runs as a process of its own in test/integration/simulator/simulate-command.test.ts',
  },
  {
    file: 'server/entry/cli/history.ts',
    reason: 'runs as a process of its own in test/integration/simulator/history.test.ts',
  },
  {
    file: 'server/adapters/sqlite/threads/store-thread.ts',
    reason: 'the first line of a worker thread; what it starts is covered in-process and by every integration test',
  },
]

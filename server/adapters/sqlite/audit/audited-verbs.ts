import type { WriterApi } from '../threads/writer-thread-api.ts'

/** `true`: leaves a row in the audit log. Otherwise why it does not need one. */
type Said = true | `not: ${string}`

const ofCalls = 'not: what calls do is on record by itself'
const ofMachine = 'not: changes nothing that anybody has set'
const byAge = 'not: what retention says, whose changes are audited'
const ofErasure = 'not: a part of an erasure, which is audited as one'

/** Every verb of the writer; one that is missing here does not compile, and one that says `true` is tried by a test. */
export const auditedVerbs: {
  readonly [Noun in keyof WriterApi]: { readonly [Verb in keyof WriterApi[Noun]]: Said }
} = {
  tenants: { create: true, update: true, delete: true },
  providers: { create: true, update: true, delete: true },
  voiceAgents: { create: true, update: true, delete: true },
  agentGroups: { create: true, update: true, delete: true },
  inboundRules: { create: true, update: true, delete: true },
  outboundRules: { create: true, update: true, delete: true },
  trunks: { create: true, update: true, delete: true, bringUpToDate: true },
  numbers: { create: true, update: true, delete: true },
  schedules: { create: true, update: true, delete: true },
  testCases: { create: true, update: true, delete: true },
  savedFilters: { create: true, update: true, delete: true },
  bulk: { change: true, reorder: true },
  users: { create: true, update: true, updateAndSignOut: true, delete: true, noteSignIn: 'not: the session is' },
  tokens: { create: true, delete: true, noteUse: ofMachine },
  sessions: {
    create: true,
    delete: true,
    deleteOf: true,
    createCode: true,
    takeCode: 'not: what comes of it is, a session or a refusal',
    noteSeen: ofMachine,
    renew: ofMachine,
  },
  siteKeys: { seal: true, bytes: ofMachine },
  answers: { dropBefore: 'not: the same answer is promised for a day', dropOf: true },
  exports: {
    create: true,
    delete: true,
    end: true,
    claim: ofMachine,
    save: ofMachine,
    forgetBefore: 'not: of what has ended some time ago nothing but its name is left',
  },
  dialect: { add: ofCalls, clear: true },
  erasure: {
    put: true,
    list: ofMachine,
    get: ofMachine,
    interrupt: 'not: says of erasures that their process had ended',
    calls: ofErasure,
    answers: ofErasure,
    rewrite: ofErasure,
    emptyLog: ofErasure,
    clear: ofErasure,
  },
  retention: { putArchive: true, keep: true, restore: 'not: keep says so', drop: byAge, dropRollups: byAge },
  meta: { set: true, claim: 'not: what the first start makes up for itself' },
  audit: { note: true },
  batch: { commit: ofCalls },
  calls: { settle: ofCalls },
  webhookEvents: { packBodies: ofMachine },
  analytics: { request: 'not: sums are made anew of what is on record', work: ofMachine, stop: ofMachine },
  nodes: { sign: ofMachine, leave: ofMachine },
  requestBudget: { take: ofMachine, end: ofMachine, hold: ofMachine },
  storage: { shrink: ofMachine },
  wal: { finish: ofMachine },
  thread: { close: ofMachine },
}

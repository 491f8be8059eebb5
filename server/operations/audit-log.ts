import type { AuditProblem, AuditVerification } from '../../shared/contract/audit-log.ts'
import type { Handlers } from '../../shared/contract/index.ts'
import type { AuditPlace, AuditStore } from '../ports/audit.ts'
import type { Log } from '../ports/system.ts'

type AuditLogHandlers = Pick<Handlers, Extract<keyof Handlers, `auditLog.${string}`>>

const mostProblems = 100

/** A slice at a time: whoever reads and writes meanwhile waits for no more than one of them. */
export const verifyAuditLog = async (store: Pick<AuditStore, 'verifySlice' | 'head'>): Promise<AuditVerification> => {
  const problems: AuditProblem[] = []
  let problemCount = 0
  let rows = 0
  let place: AuditPlace | undefined
  for (let isDone = false; !isDone;) {
    const slice = await store.verifySlice(place)
    rows += slice.rows
    problemCount += slice.problems.length
    problems.push(...slice.problems.slice(0, mostProblems - problems.length))
    place = slice.place
    isDone = slice.isDone
  }
  const head = await store.head()
  return { isIntact: problemCount === 0, rows, ...(head && { head }), problems, problemCount }
}

export const createAuditLogHandlers = (store: AuditStore): AuditLogHandlers => {
  let verifying: Promise<AuditVerification> | undefined
  return {
    async 'auditLog.list'(actor, { limit = 50, cursor, ...filter }) {
      return store.list({ ...filter, tenantId: actor.tenantId ?? filter.tenantId }, { limit, cursor })
    },
    // Who asks while it is being found out gets the same answer.
    'auditLog.verify': () =>
      (verifying ??= verifyAuditLog(store).finally(() => {
        verifying = undefined
      })),
  }
}

/** Tells of the end of the chain where whoever can write the file cannot change it, when it is another one than before. */
export const createHeadTeller = (store: Pick<AuditStore, 'head'>, log: Pick<Log, 'info'>): (() => Promise<void>) => {
  let told = 0
  return async () => {
    const head = await store.head()
    if (!head || head.seq === told) return
    told = head.seq
    log.info({ ...head }, 'So far the audit log goes')
  }
}

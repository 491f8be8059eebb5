import type { Actor } from '../../shared/contract/index.ts'
import type { AskedBy, AuditNote, AuditStore, Origin, Provenance } from '../ports/audit.ts'
import type { Clock, Log } from '../ports/system.ts'

/** Rows that refusals may add in a minute: whoever tries something by the thousand does not fill the audit log. */
const mostInMinute = 20
const minuteMs = 60_000

export interface RefusalNotes {
  /** Somebody who is signed in asked for what their role does not allow. */
  forbidden(actor: Actor, operation: string, tenantId: string | undefined, origin: Origin): void
  /** A sign-in link that opened nothing. */
  signIn(origin: Origin): void
  /** Resolves when all of them are stored. */
  settled(): Promise<void>
}

/** Writes refusals down in the audit log. Nobody waits for it, and one that cannot be stored is told of in the log instead. */
export const createRefusalNotes = ({
  store,
  provenance,
  clock,
  log,
}: {
  readonly store: Pick<AuditStore, 'note'>
  readonly provenance: Pick<Provenance, 'run'>
  readonly clock: Pick<Clock, 'steadyMs'>
  readonly log: Pick<Log, 'warn'>
}): RefusalNotes => {
  let sinceMs = -Infinity
  let noted = 0
  let leftOut = 0
  let storing: Promise<void> = Promise.resolve()

  const note = (by: AskedBy, { after, ...rest }: AuditNote): void => {
    const nowMs = clock.steadyMs()
    if (nowMs - sinceMs >= minuteMs) {
      sinceMs = nowMs
      noted = 0
    }
    if (noted >= mostInMinute) {
      leftOut += 1
      return
    }
    noted += 1
    const told = { ...rest, after: { ...after, ...(leftOut > 0 && { leftOutBefore: leftOut }) } }
    leftOut = 0
    const stored = provenance
      .run(by, () => store.note(told))
      .catch((error: unknown) => log.warn({ err: error, ...rest }, 'A refusal could not be written to the audit log'))
    storing = Promise.all([storing, stored]).then(() => undefined)
  }

  return {
    forbidden: ({ kind, name, role, userId, tokenId }, operation, tenantId, origin) =>
      note(
        { actor: { kind, name, role, userId, tokenId }, origin },
        { noun: 'refusals', action: 'forbidden', tenantId, after: { operation } },
      ),
    signIn: (origin) =>
      note({ actor: { kind: 'session', name: 'Nobody' }, origin }, { noun: 'sessions', action: 'sign-in-refused' }),
    settled: () => storing,
  }
}

import type { KeyObject } from 'node:crypto'
import type { Database } from 'better-sqlite3'
import { pickFields, toldFields } from '../../../domain/audit/changed-fields.ts'
import { createRedaction, type Hide, secretsOf } from '../../../domain/audit/redact.ts'
import type { AuditNote } from '../../../ports/audit.ts'
import type { SyncConfigRepository } from '../configuration/config-repository.ts'
import { inTransaction } from '../file/transaction.ts'
import type { Keyring } from '../keys/keyring.ts'
import { createAuditWriter } from './audit-writer.ts'
import { createHiding } from './hide.ts'

type Verb<Args extends unknown[], Result> = (...args: Args) => Result

/** One thing as it was and as it is; neither: it was not there. */
export interface Change {
  /** Where it is another one than that of the verb. */
  readonly noun?: string
  readonly action: string
  readonly tenantId?: string | undefined
  readonly subjectId?: string | undefined
  /** The subject is a secret itself. */
  readonly isSubjectSecret?: boolean
  readonly before?: object | undefined
  readonly after?: object | undefined
}

interface IdentifiedRow {
  readonly id: string
  readonly tenantId?: string | undefined
}

const audited = new WeakSet<object>()

/** Whether a verb of the writer leaves a row in the audit log with what it changes. */
export const isAudited = (verb: unknown): boolean => typeof verb === 'function' && audited.has(verb)

const fieldsOf = (value: object | undefined) => value as Readonly<Record<string, unknown>> | undefined

/** Adds to what changes something that it is written down: in the same transaction, so there is never one without the other. */
export const createAuditing = (db: Database, keyring: Keyring, siteKey: KeyObject) => {
  const write = createAuditWriter(db)
  const hidingOf = createHiding(keyring, siteKey)

  const record = (noun: string, change: Change, hide: Hide = hidingOf(change.tenantId)): void => {
    const { action, tenantId, subjectId, isSubjectSecret = false } = change
    const [before, after] = [fieldsOf(change.before), fieldsOf(change.after)]
    const told = toldFields(before, after)
    const redact = createRedaction(hide, secretsOf(before, after))
    const shown = (fields: typeof before) => fields && redact(pickFields(fields, told))
    write({
      noun,
      action,
      tenantId,
      subjectId: isSubjectSecret && subjectId !== undefined ? hide(subjectId) : subjectId,
      before: shown(before),
      after: shown(after),
    })
  }

  /** `work` in a transaction, with what it says has changed. */
  const auditing = <Args extends unknown[], Result>(
    noun: string,
    work: (tell: (change: Change, hide?: Hide) => void, ...args: Args) => Result,
  ): Verb<Args, Result> => {
    const verb = inTransaction(db, (...args: Args) =>
      work((change, hide) => record(change.noun ?? noun, change, hide), ...args),
    )
    audited.add(verb)
    return verb
  }

  /** What goes on for longer than a transaction: it is written down before. */
  const auditedFirst = <Args extends unknown[], Result>(
    noun: string,
    tell: (...args: Args) => Change,
    work: Verb<Args, Result>,
  ): Verb<Args, Result> => {
    const first = auditing(noun, (told, ...args: Args) => told(tell(...args)))
    const verb = (...args: Args): Result => {
      first(...args)
      return work(...args)
    }
    audited.add(verb)
    return verb
  }

  return {
    auditing,
    auditedFirst,
    /** A verb that calls an audited one. */
    through: <Args extends unknown[], Result>(inner: object, outer: Verb<Args, Result>): Verb<Args, Result> => {
      if (!isAudited(inner)) throw new Error('What this goes through is not audited')
      audited.add(outer)
      return outer
    },
    /** Audited verbs in one transaction. */
    together: <Args extends unknown[], Result>(work: Verb<Args, Result>): Verb<Args, Result> => {
      const verb = inTransaction(db, work)
      audited.add(verb)
      return verb
    },
    /** The writing verbs of a noun. `others` tells which rows a change may take along. */
    noun: <Row extends IdentifiedRow>(
      noun: string,
      { get, create, update, delete: remove }: SyncConfigRepository<Row>,
      { tenantOf = (row: Row) => row.tenantId, others = () => [] as Row[] }: Partial<NounOptions<Row>> = {},
    ) => {
      const tellOthers = (tell: (change: Change) => void, rows: readonly Row[]): void => {
        for (const before of rows) {
          const after = get(before.tenantId, before.id)
          if (JSON.stringify(before) !== JSON.stringify(after))
            tell({ action: 'update', tenantId: tenantOf(before), subjectId: before.id, before, after })
        }
      }
      return {
        create: auditing(noun, (tell, row: Row): void => {
          const along = others(row)
          create(row)
          tell({ action: 'create', tenantId: tenantOf(row), subjectId: row.id, after: get(row.tenantId, row.id) })
          tellOthers(tell, along)
        }),
        update: auditing(noun, (tell, row: Row): boolean => {
          const along = others(row)
          const before = get(row.tenantId, row.id)
          if (!update(row)) return false
          const after = get(row.tenantId, row.id)
          tell({ action: 'update', tenantId: tenantOf(row), subjectId: row.id, before, after })
          tellOthers(tell, along)
          return true
        }),
        delete: auditing(noun, (tell, tenantId: string | undefined, id: string): boolean => {
          const before = get(tenantId, id)
          // With a tenant goes its key.
          const hide = before && hidingOf(tenantOf(before))
          if (!remove(tenantId, id)) return false
          if (before) tell({ action: 'delete', tenantId: tenantOf(before), subjectId: id, before }, hide)
          return true
        }),
      }
    },
    /** What changes many rows of a noun at once: a row each. */
    rows: <Row extends IdentifiedRow, Result>(
      noun: string,
      { get }: Pick<SyncConfigRepository<Row>, 'get'>,
      tenantId: string,
      ids: readonly string[],
      work: () => Result,
    ): Result => {
      const before = ids.map((id) => get(tenantId, id))
      const result = work()
      for (const [n, id] of ids.entries()) {
        const [was, is] = [before[n], get(tenantId, id)]
        if (JSON.stringify(was) === JSON.stringify(is)) continue
        const action = is ? (was ? 'update' : 'create') : 'delete'
        record(noun, { action, tenantId, subjectId: id, before: was, after: is })
      }
      return result
    },
    note: auditing('notes', (tell, note: AuditNote): void => tell(note)),
  }
}
export type Auditing = ReturnType<typeof createAuditing>

interface NounOptions<Row> {
  readonly tenantOf: (row: Row) => string | undefined
  readonly others: (row: Row) => readonly Row[]
}

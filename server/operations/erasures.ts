import type { ErasureFinding, Erasure, ErasureReport } from '../../shared/contract/erasures.ts'
import type { Handlers } from '../../shared/contract/index.ts'
import { DomainError } from '../domain/errors.ts'
import { whyNotInternational } from '../domain/numbers/dialling.ts'
import { createNumberFinder } from '../domain/numbers/number-finder.ts'
import { asDialled } from '../domain/numbers/read-number.ts'
import type { ArchiveFiles } from '../ports/archive-files.ts'
import type { ConfigurationStore } from '../ports/configuration.ts'
import type { ErasureStore, SoughtNumber } from '../ports/erasure-store.ts'
import type { RetentionStore } from '../ports/retention-store.ts'
import type { RuntimeState } from '../ports/runtime-state.ts'
import type { Log, NewId, NewSecret } from '../ports/system.ts'
import { createArchiveEraser } from './erase-archives.ts'
import { createExportEraser, type ExportEraserDeps } from './erase-exports.ts'
import { allOf } from './rows.ts'
import { assertKnownTenant, tenantInForce, type TenantDirectory } from './tenant-directory.ts'
import type { RememberingCallLog } from './unsaved-units.ts'

type ErasureHandlers = Pick<Handlers, Extract<keyof Handlers, `erasures.${string}`>>

interface ErasureDeps extends ExportEraserDeps {
  readonly erasures: ErasureStore
  readonly retention: Pick<RetentionStore, 'archives' | 'putArchive'>
  readonly archives: ArchiveFiles
  readonly store: ConfigurationStore
  readonly directory: TenantDirectory
  readonly runtime: Pick<RuntimeState, 'forgetAnswers' | 'forgetCalls' | 'forgetCallers'>
  readonly callLog: Pick<RememberingCallLog, 'retry' | 'unsaved'>
  /** The latest events, of all nodes. */
  readonly forgetEvents: () => void
  readonly newId: NewId
  readonly newSecret: NewSecret
  readonly log: Log
  /** One at a time, in all processes. */
  readonly alone: <T>(work: () => Promise<T>) => Promise<T>
}

const erasedLabel = 'erased'
const hidden = '…'
/** Says nothing of the number, is one in all that an erasure changes, and has no digits to be taken for a number. */
const newLabel = (newSecret: NewSecret): string => {
  const letters = Array.from(newSecret(128), (letter) => String.fromCharCode(97 + (letter.charCodeAt(0) % 26)))
  return `anon-${letters.join('').slice(0, 16)}`
}

const nouns = [
  ['voice agent', 'voiceAgents'],
  ['agent group', 'agentGroups'],
  ['inbound rule', 'inboundRules'],
  ['outbound rule', 'outboundRules'],
  ['trunk', 'trunks'],
  ['number', 'numbers'],
  ['schedule', 'schedules'],
  ['test case', 'testCases'],
  ['saved filter', 'savedFilters'],
] as const

export const createErasureHandlers = (
  deps: ErasureDeps,
): {
  handlers: ErasureHandlers
  /** Says of erasures whose process ended that they were interrupted, unless somebody is at one. */
  interruptLost: () => Promise<void>
  /** Resolves when no erasure is under way here any more. */
  settled: () => Promise<unknown>
} => {
  const {
    erasures,
    retention,
    archives,
    store,
    directory,
    runtime,
    callLog,
    forgetEvents,
    clock,
    newId,
    newSecret,
    log,
    alone,
  } = deps
  const running = new Map<string, Promise<void>>()
  const eraseExports = createExportEraser(deps)

  const soughtOf = (tenantId: string, text: string): SoughtNumber => {
    const { tenant } = tenantInForce(directory, tenantId)
    const number = asDialled(text)
    // What is dialled without + may be read in several ways, and what is erased does not come back.
    const problem = number.startsWith('+')
      ? whyNotInternational(number)
      : `${number} is no international number; write it with + and the country code`
    if (problem !== undefined) throw new DomainError('INVALID_INPUT', problem)
    return { number, country: tenant.defaultCountry }
  }

  /** What holds the number and is for people to decide about. */
  const configurationWith = async (tenantId: string, { number, country }: SoughtNumber): Promise<ErasureFinding[]> => {
    const finder = createNumberFinder(number, { country })
    const { tenant } = tenantInForce(directory, tenantId)
    const { name, defaultTarget, settings } = tenant
    const found: ErasureFinding[] = finder.holds(JSON.stringify([name, defaultTarget, settings]))
      ? [{ kind: 'tenant', id: tenant.id, name: finder.replace(name, hidden) }]
      : []
    for (const [kind, noun] of nouns) {
      const rows: readonly { readonly id: string }[] = await allOf<{ readonly id: string }>((query) =>
        store[noun].list(tenantId, query),
      )
      for (const row of rows) {
        if (!finder.holds(JSON.stringify(row))) continue
        const { name: called, number: itself } = row as { name?: string; number?: string }
        // The report is kept, and the number is not to be.
        found.push({ kind, id: row.id, name: finder.replace(called ?? itself ?? row.id, hidden) })
      }
    }
    return found
  }

  const holderOf = ({ number, country }: SoughtNumber) => createNumberFinder(number, { country }).holds

  /** What waits to be stored would bring the number back. */
  const storeAll = async (): Promise<void> => {
    await callLog.retry()
    if (callLog.unsaved() > 0)
      throw new DomainError(
        'UNAVAILABLE',
        'Calls wait to be stored; ask again when /readyz names no problem of the store',
      )
  }

  const erase = async (tenantId: string, sought: SoughtNumber, keep: boolean): Promise<ErasureReport> => {
    const label = keep ? newLabel(newSecret) : erasedLabel
    const holds = holderOf(sought)
    await storeAll()
    await archives.settle(tenantId, await retention.archives(tenantId))
    const { counts, tokens } = await erasures.erase(tenantId, sought, label, keep, (ofCalls) =>
      runtime.forgetCalls(tenantId, ofCalls),
    )
    await runtime.forgetCallers(tenantId, holds)
    // What is still good is found in the file.
    await runtime.forgetAnswers(tenantId)
    forgetEvents()
    // One that is damaged keeps the number from going there, and nowhere else.
    const [archived] = await Promise.allSettled([
      createArchiveEraser(archives, sought)(tenantId, {
        label,
        keep,
        tokens: new Set(tokens),
        replace: (file) => retention.putArchive(tenantId, file, clock.nowMs()),
      }),
    ])
    const exported = await eraseExports(tenantId, holds)
    const scrubbed = await erasures.scrub(sought)
    if (archived.status === 'rejected') throw archived.reason
    return {
      ...counts,
      archives: archived.value,
      exports: exported,
      configuration: await configurationWith(tenantId, sought),
      backups: [],
      ...scrubbed,
    }
  }

  const run = async (tenantId: string, erasure: Erasure, sought: SoughtNumber): Promise<void> => {
    try {
      const report = await alone(() => erase(tenantId, sought, erasure.mode === 'anonymise'))
      await erasures.put(tenantId, { ...erasure, state: 'done', report, finishedAtMs: clock.nowMs() })
    } catch (error) {
      log.error({ err: error, tenantId, erasure: erasure.id }, 'An erasure failed; ask for it again')
      const said = error instanceof DomainError ? error.message : 'Internal error; the log says more. Ask again'
      await erasures.put(tenantId, { ...erasure, state: 'failed', error: said, finishedAtMs: clock.nowMs() })
    }
  }

  const handlers: ErasureHandlers = {
    async 'erasures.preview'(_actor, { tenantId, number }) {
      const sought = soughtOf(tenantId, number)
      return {
        ...(await erasures.count(tenantId, sought)),
        archives: await createArchiveEraser(archives, sought)(tenantId, { label: '', keep: true, tokens: new Set() }),
        exports: (await archives.exportsWith(tenantId, holderOf(sought))).length,
        configuration: await configurationWith(tenantId, sought),
        backups: [],
      }
    },
    async 'erasures.create'(actor, { tenantId, number, mode }) {
      const sought = soughtOf(tenantId, number)
      if (running.has(tenantId))
        throw new DomainError('CONFLICT', 'An erasure of this tenant is under way; ask again when it is done')
      const erasure: Erasure = { id: newId(), mode, state: 'running', requestedAtMs: clock.nowMs() }
      const started = erasures.put(tenantId, erasure)
      running.set(
        tenantId,
        started
          .then(() => run(tenantId, erasure, sought))
          .catch((error: unknown) => log.error({ err: error, tenantId }, 'An erasure could not be recorded'))
          .finally(() => running.delete(tenantId)),
      )
      await started
      log.info({ tenantId, erasure: erasure.id, mode, actor: actor.name }, 'A number is erased from the records')
      return erasure
    },
    async 'erasures.list'(_actor, { tenantId }) {
      assertKnownTenant(directory, tenantId)
      return { items: [...(await erasures.list(tenantId))] }
    },
    async 'erasures.get'(_actor, { tenantId, id }) {
      assertKnownTenant(directory, tenantId)
      const erasure = await erasures.get(tenantId, id)
      if (!erasure) throw new DomainError('NOT_FOUND', `There is no erasure ${id}`)
      return erasure
    },
  }
  return {
    handlers,
    interruptLost: () =>
      alone(async () => {
        if (running.size === 0) await erasures.interrupt(clock.nowMs())
      }).catch((error: unknown) => {
        if (!(error instanceof DomainError && error.code === 'UNAVAILABLE')) throw error
      }),
    settled: () => Promise.all(running.values()),
  }
}

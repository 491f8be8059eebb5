import { open } from 'node:fs/promises'
import { dirname } from 'node:path'
import type { AccessStore } from '../../ports/access.ts'
import type { AnalyticsStore } from '../../ports/analytics.ts'
import type { AuditStore } from '../../ports/audit.ts'
import type { CallLog, CallLogHealth, CallStore } from '../../ports/call-store.ts'
import type { ConfigurationStore } from '../../ports/configuration.ts'
import type { DialectStore } from '../../ports/dialect-store.ts'
import type { ExportSource, ExportStore } from '../../ports/exports.ts'
import type { ErasureStore } from '../../ports/erasure-store.ts'
import type { NodeRegister } from '../../ports/node-register.ts'
import type { RequestBudget } from '../../ports/request-budget.ts'
import type { RetentionStore, Storage } from '../../ports/retention-store.ts'
import type { RuntimeJournal } from '../../ports/runtime-state.ts'
import type { Log } from '../../ports/system.ts'
import { createAnalyticsStore } from './store/analytics-store.ts'
import { createCallLog } from './store/call-log.ts'
import { createCallSettler } from './store/call-settler.ts'
import { createCallStore } from './store/call-store.ts'
import { createAccessStore } from './store/access-store.ts'
import { createConfigurationStore } from './store/configuration-store.ts'
import { syncDirectory } from './file/data-directory.ts'
import { createExportStore } from './store/export-store.ts'
import type { ExporterApi } from './threads/export-thread-api.ts'
import { createErasureStore } from './store/erasure-store.ts'
import type { LookupApi } from './threads/lookup-thread-api.ts'
import { packUnit } from './calls/packed-unit.ts'
import type { ReaderApi } from './threads/reader-thread-api.ts'
import { createScrub } from './file/scrub.ts'
import { createSeenTokens } from './store/seen-tokens.ts'
import type { StoreThread } from './threads/store-thread-client.ts'
import { secretFor } from './keys/site-key.ts'
import { createTallyJournal } from './store/tally-journal.ts'
import { createWalKeeper } from './store/wal-keeper.ts'
import { createWalSync } from './store/wal-sync.ts'
import type { ThreadOptions } from './threads/thread-protocol.ts'
import type { WriterApi } from './threads/writer-thread-api.ts'

export interface Store {
  readonly configuration: ConfigurationStore
  readonly access: AccessStore
  readonly calls: CallStore
  readonly analytics: AnalyticsStore
  readonly audit: AuditStore
  readonly exports: ExportStore
  readonly exportSource: ExportSource
  readonly erasures: ErasureStore
  readonly retention: RetentionStore
  readonly storage: Storage
  readonly callLog: CallLog & { flush(): Promise<void>; health(): CallLogHealth }
  readonly dialect: DialectStore
  readonly journal: RuntimeJournal
  readonly nodes: NodeRegister
  readonly requestBudget: RequestBudget
  readonly meta: {
    get(key: string): Promise<string | undefined>
    set(key: string, value: string): Promise<void>
    /** What is there, or else what is handed in, which is there from then on for all nodes. */
    claim(key: string, value: string): Promise<string>
  }
  readonly keys: {
    /** Has the database opened by another master key (32 bytes) from now on. */
    seal(masterKey: Uint8Array): Promise<void>
    /** 32 bytes for one purpose, the same on all nodes whatever becomes of the master key. */
    secretFor(purpose: string): Uint8Array
  }
  close(): Promise<void>
}

export interface StoreThreads {
  readonly writer: StoreThread<WriterApi>
  readonly reader: StoreThread<ReaderApi>
  readonly lookup: StoreThread<LookupApi>
  readonly exporter: StoreThread<ExporterApi>
}

/** Does all of them in turn, whatever becomes of each; rejects with what the first one said that failed. */
const inTurn = async (steps: readonly (() => Promise<unknown>)[]): Promise<void> => {
  const errors: unknown[] = []
  for (const step of steps) await step().catch((error: unknown) => errors.push(error))
  if (errors.length > 0) throw errors[0]
}

/** The store as the rest of the server sees it, over its threads, which this starts and ends. */
export const connectStore = async ({
  threads: { writer, reader, lookup, exporter },
  options,
  log,
  isOccupant,
}: {
  threads: StoreThreads
  options: ThreadOptions
  log: Log
  /** Others of this directory count on it to do what is left to be done. */
  isOccupant: boolean
}): Promise<Store> => {
  const closeThreads = () => inTurn([reader, lookup, exporter, writer].map((thread) => () => thread.close()))
  const openFiles = async () => {
    // The writer first: it makes the tables that the others' statements name.
    await writer.open(options)
    const site = await writer.call('siteKeys', 'bytes')
    const later = { ...options, key: { site } }
    writer.reopenWith(later)
    await Promise.all([reader.open(later), lookup.open(later), exporter.open(later)])
    // Closing any descriptor of a database file would drop SQLite's locks on it, so this one is closed after SQLite's own.
    return { site, database: await open(options.file, 'r+'), wal: await open(`${options.file}-wal`, 'r+') }
  }
  const files = await openFiles().catch(async (error: unknown) => {
    await closeThreads()
    throw error
  })
  // Had all threads been gone at once, the log would be a new file by now.
  writer.onReopen(async () => {
    const before = files.wal
    files.wal = await open(`${options.file}-wal`, 'r+')
    await syncDirectory(dirname(options.file))
    await before.close()
  })

  let closing: Promise<void> | undefined
  const seen = createSeenTokens(await reader.call('seenTokens', 'estimate'))
  const fill = (client: Pick<typeof reader, 'call'>): Promise<void> =>
    client.call('seenTokens', 'fill', seen.first).then(seen.markFilled, (error: unknown) => {
      if (!closing)
        log.warn({ error }, 'The known session tokens could not be read; every new call is looked up in the file')
    })
  let filling = fill(reader)
  reader.onReopen((client) => {
    if (!seen.isFilled()) filling = fill(client)
  })

  const keeper = createWalKeeper({
    copy: () => reader.call('wal', 'copy'),
    syncDatabase: () => files.database.datasync(),
    finish: () => writer.call('wal', 'finish'),
    log,
    nowMs: Date.now,
  })
  const settler = createCallSettler({
    settle: (...asked) => writer.call('calls', 'settle', ...asked),
    log,
    nowMs: Date.now,
  })
  const tallies = createTallyJournal(() => callLog.wake())
  const callLog = createCallLog({
    commit: async ({ units, journal }) => {
      const { wal, ...report } = await writer.call('batch', 'commit', { units: units.map(packUnit), journal })
      keeper.note(wal)
      settler.wake()
      return report
    },
    sync: createWalSync({ datasync: () => files.wal.datasync() }),
    journal: tallies,
    seen,
    log,
    nowMs: Date.now,
  })
  // What a process that ended left behind.
  if (isOccupant) settler.wake()
  const scrub = createScrub({ reader, writer }, files.database.fd)
  // What moves pages would take them past who looks for what is left in them.
  let moving: Promise<unknown> = Promise.resolve()
  const inPlace = <T>(work: () => Promise<T>): Promise<T> => {
    const done = moving.then(work)
    moving = done.catch(() => undefined)
    return done
  }
  const health = (): CallLogHealth => {
    const told = callLog.health()
    const fault = writer.fault() ?? lookup.fault() ?? reader.fault() ?? settler.fault()
    if (!fault) return told
    return {
      ...told,
      lastError: told.lastError ?? fault.message,
      failingSinceMs: Math.min(fault.sinceMs, told.failingSinceMs ?? fault.sinceMs),
    }
  }

  const close = (): Promise<void> =>
    inTurn([
      () => callLog.flush(),
      () => settler.stop(),
      () => keeper.idle(),
      closeThreads,
      () => filling,
      () => files.wal.close(),
      () => files.database.close(),
    ])

  return {
    configuration: createConfigurationStore({ reader, writer }),
    access: createAccessStore({ reader, writer }),
    calls: createCallStore({
      reader,
      lookup,
      writer,
      callLog,
      seen: options.isShared ? { mayContain: () => true } : seen,
    }),
    analytics: createAnalyticsStore({ reader, writer }),
    audit: {
      list: (filter, page) => reader.call('audit', 'list', filter, page),
      head: () => reader.call('audit', 'head'),
      verifySlice: (from) => reader.call('audit', 'verifySlice', from),
      note: (note) => writer.call('audit', 'note', note),
    },
    exports: createExportStore({ reader, writer }),
    exportSource: {
      count: (...asked) => exporter.call('exports', 'count', ...asked),
      read: (...asked) => exporter.call('exports', 'read', ...asked),
    },
    storage: {
      size: (withTables) => reader.call('storage', 'size', withTables),
      shrink: () => inPlace(() => writer.call('storage', 'shrink')),
    },
    retention: {
      archives: (tenantId) => reader.call('retention', 'archives', tenantId),
      oldestDay: (...of) => reader.call('retention', 'oldestDay', ...of),
      slice: (...of) => reader.call('retention', 'slice', ...of),
      putArchive: (...of) => writer.call('retention', 'putArchive', ...of),
      drop: (...of) => writer.call('retention', 'drop', ...of),
      dropRollups: (...of) => writer.call('retention', 'dropRollups', ...of),
      restore: (...of) => writer.call('retention', 'restore', ...of),
      keep: (...of) => writer.call('retention', 'keep', ...of),
    },
    erasures: createErasureStore({ reader, writer, callLog, scrub: (sought) => inPlace(() => scrub(sought)) }),
    callLog: { ...callLog, health },
    dialect: {
      add: (tenantId, counts) => writer.call('dialect', 'add', tenantId, counts),
      list: (tenantId) => reader.call('dialect', 'list', tenantId),
      clear: (tenantId) => writer.call('dialect', 'clear', tenantId),
    },
    journal: {
      saveTally: tallies.save,
      deleteTally: tallies.delete,
      load: () => reader.call('journal', 'load'),
    },
    nodes: {
      sign: (sign) => writer.call('nodes', 'sign', sign),
      leave: (nodeId) => writer.call('nodes', 'leave', nodeId),
    },
    requestBudget: {
      take: (key, limit) => writer.call('requestBudget', 'take', key, limit),
      end: (placeNo, limit) => writer.call('requestBudget', 'end', placeNo, limit),
      hold: (key, forMs) => writer.call('requestBudget', 'hold', key, forMs),
    },
    meta: {
      get: (key) => reader.call('meta', 'get', key),
      set: (key, value) => writer.call('meta', 'set', key, value),
      claim: async (key, value) => (await reader.call('meta', 'get', key)) ?? writer.call('meta', 'claim', key, value),
    },
    keys: {
      seal: async (masterKey) => {
        await writer.call('siteKeys', 'seal', masterKey)
        // Before anybody lets go of the key of before: a power cut must not bring that back alone.
        await files.wal.datasync()
      },
      secretFor: (purpose) => secretFor(files.site, purpose),
    },
    close: () => (closing ??= close()),
  }
}

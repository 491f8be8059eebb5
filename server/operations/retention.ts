import type { Handlers } from '../../shared/contract/index.ts'
import type { RemovedRecords } from '../../shared/contract/retention.ts'
import { DomainError } from '../domain/errors.ts'
import type { ArchiveFiles } from '../ports/archive-files.ts'
import type { StoredTenant } from '../ports/configuration.ts'
import type { RecordKind, RecordSlice, RetentionStore, Storage } from '../ports/retention-store.ts'
import type { Clock, Log } from '../ports/system.ts'
import { createSiteRetention, type SiteTexts } from './site-retention.ts'
import { assertKnownTenant, tenantInForce, type TenantDirectory } from './tenant-directory.ts'

type RetentionHandlers = Pick<Handlers, Extract<keyof Handlers, `retention.${string}`>>

interface RetentionDeps {
  readonly retention: RetentionStore
  readonly storage: Pick<Storage, 'size'>
  readonly archives: ArchiveFiles
  readonly directory: Pick<TenantDirectory, 'all' | 'byId'>
  /** Other nodes may know of tenants that this one does not know of yet. */
  readonly isTenant: (tenantId: string) => Promise<boolean>
  /** For the whole site. */
  readonly meta: SiteTexts
  readonly clock: Pick<Clock, 'nowMs'>
  readonly log: Log
  /** One at a time, in all processes. */
  readonly alone: <T>(work: () => Promise<T>) => Promise<T>
}

const dayMs = 86_400_000
const restoreRows = 100
const keptDays = 30
/** What changed in a record may take so long to be stored. */
const settledMs = 600_000

const dayOf = (atMs: number): string => new Date(atMs).toISOString().slice(0, 10)
const startOfDay = (day: string): number => {
  const atMs = Date.parse(day)
  // 2026-02-31 would be taken for the 3rd of March.
  if (Number.isNaN(atMs) || dayOf(atMs) !== day) throw new DomainError('INVALID_INPUT', `There is no day ${day}`)
  return atMs
}

const idOf = (kind: RecordKind, line: string): string => {
  const record = JSON.parse(line) as { id?: string; call?: { id: string } }
  return String(kind === 'calls' ? record.call?.id : record.id)
}

export const createRetentionHandlers = ({
  retention,
  storage,
  archives,
  directory,
  isTenant,
  meta,
  clock,
  log,
  alone,
}: RetentionDeps): { handlers: RetentionHandlers; run: () => Promise<void> } => {
  const site = createSiteRetention(meta, clock)

  async function* stored(
    tenantId: string,
    kind: RecordKind,
    day: number,
  ): AsyncGenerator<RecordSlice['lines'][number]> {
    let after: RecordSlice['next']
    do {
      const slice = await retention.slice(tenantId, kind, day, after)
      yield* slice.lines
      after = slice.next
    } while (after)
  }

  /** What the file has already and the store has no more, then what the store has: an end halfway loses nothing. */
  async function* merged(tenantId: string, kind: RecordKind, day: number, isThere: boolean): AsyncGenerator<string> {
    if (isThere) {
      const ids = new Set<string>()
      for await (const { id } of stored(tenantId, kind, day)) ids.add(id)
      for await (const line of archives.read(tenantId, kind, day)) if (!ids.has(idOf(kind, line))) yield line
    }
    for await (const { text } of stored(tenantId, kind, day)) yield text
  }

  const archive = async (tenantId: string, kind: RecordKind, day: number): Promise<void> => {
    const isThere = (await archives.list(tenantId)).some((one) => one.kind === kind && one.dayMs === day)
    await archives.write(tenantId, kind, day, merged(tenantId, kind, day, isThere), (file) =>
      retention.putArchive(tenantId, file, clock.nowMs()),
    )
  }

  /** Day by day, the oldest first: written to its archive, and only then deleted, a few rows at a time. */
  const removeBefore = async (tenantId: string, kind: RecordKind, untilMs: number, isArchived: boolean) => {
    let removed = 0
    for (let fromMs = 0; ;) {
      const nowMs = clock.nowMs()
      const day = await retention.oldestDay(tenantId, kind, fromMs, untilMs, nowMs)
      if (day === undefined) return removed
      if (isArchived) await archive(tenantId, kind, day)
      for (let dropped = -1; dropped !== 0; removed += dropped)
        dropped = await retention.drop(tenantId, kind, day, nowMs - settledMs)
      // What changed lately may be newer than what was archived: it goes next time.
      fromMs = day + dayMs
    }
  }

  const runFor = async ({ id, settings }: StoredTenant): Promise<RemovedRecords> => {
    const kept = { ...(await site.read()), ...settings.retention }
    const { callDays, webhookEventDays, rollupDays, archive: isArchived = true } = kept
    await archives.settle(id, await retention.archives(id))
    const before = (days: number): number => Math.floor((clock.nowMs() - days * dayMs) / dayMs) * dayMs
    const removed = {
      calls: callDays === undefined ? 0 : await removeBefore(id, 'calls', before(callDays), isArchived),
      webhookEvents:
        webhookEventDays === undefined
          ? 0
          : await removeBefore(id, 'webhook_events', before(webhookEventDays), isArchived),
    }
    if (rollupDays !== undefined) while (await retention.dropRollups(id, before(rollupDays)));
    if (removed.calls + removed.webhookEvents > 0)
      log.info({ tenantId: id, ...removed, isArchived }, 'Old records were removed')
    return removed
  }

  const restore = async (tenantId: string, kind: RecordKind, day: string, keepDays: number) => {
    const start = startOfDay(day)
    const known = await retention.archives(tenantId)
    const found = known.find((one) => one.kind === kind && one.dayMs === start)
    if (!found) throw new DomainError('NOT_FOUND', `There is no archive of ${kind} of ${day}`)
    await archives.settle(tenantId, known)
    const keptUntilMs = clock.nowMs() + keepDays * dayMs
    // First: otherwise what is brought back could be removed again before the rest is.
    await retention.keep(tenantId, kind, start, keptUntilMs)
    let restored = 0
    let lines: string[] = []
    const put = async (): Promise<void> => {
      restored += await retention.restore(tenantId, kind, lines.splice(0))
    }
    for await (const line of archives.read(tenantId, kind, start, found.sha256))
      if (lines.push(line) === restoreRows) await put()
    await put()
    lines = []
    return { restored, keptUntilMs }
  }

  return {
    run: async () => {
      for (const { tenant } of directory.all())
        await alone(() => runFor(tenant)).catch((error: unknown) =>
          log.error({ err: error, tenantId: tenant.id }, 'Old records of a tenant could not be removed'),
        )
      await alone(() => archives.removeOrphans(isTenant))
    },
    handlers: {
      ...site.handlers,
      async 'retention.archives'(_actor, { tenantId }) {
        assertKnownTenant(directory, tenantId)
        const items = await retention.archives(tenantId)
        return { items: items.map(({ dayMs: start, ...one }) => ({ ...one, day: dayOf(start) })) }
      },
      async 'retention.restore'(actor, { tenantId, kind, day, keepDays = keptDays }) {
        assertKnownTenant(directory, tenantId)
        const done = await alone(() => restore(tenantId, kind, day, keepDays))
        log.info({ tenantId, kind, day, ...done, actor: actor.name }, 'An archive was restored')
        return done
      },
      async 'retention.size'(_actor, { tables = false }) {
        return { ...(await storage.size(tables)), ...(await archives.sizes()) }
      },
      async 'retention.run'(_actor, { tenantId }) {
        const { tenant } = tenantInForce(directory, tenantId)
        return alone(() => runFor(tenant))
      },
    },
  }
}

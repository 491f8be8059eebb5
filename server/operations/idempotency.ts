import type { Handlers } from '../../shared/contract/index.ts'
import { webhookKinds, type WebhookKind } from '../../shared/vocabulary.ts'
import type { CallStore } from '../ports/call-store.ts'
import type { RuntimeState } from '../ports/runtime-state.ts'
import type { Clock, Log } from '../ports/system.ts'
import { assertKnownTenant, type TenantDirectory } from './tenant-directory.ts'

type IdempotencyHandlers = Pick<Handlers, Extract<keyof Handlers, `idempotency.${string}`>>

/** How often webhooks came that had come before. */
export interface DuplicateCounts {
  readonly sinceMs: number
  note(tenantId: string, kind: WebhookKind): void
  of(tenantId: string): { kind: WebhookKind; count: number }[]
}

export const countDuplicates = (clock: Pick<Clock, 'nowMs'>): DuplicateCounts => {
  const counts = new Map<string, Map<WebhookKind, number>>()
  return {
    sinceMs: clock.nowMs(),
    note(tenantId, kind) {
      const ofTenant = counts.get(tenantId) ?? new Map<WebhookKind, number>()
      counts.set(tenantId, ofTenant.set(kind, (ofTenant.get(kind) ?? 0) + 1))
    },
    of: (tenantId) => webhookKinds.map((kind) => ({ kind, count: counts.get(tenantId)?.get(kind) ?? 0 })),
  }
}

export const createIdempotencyHandlers = ({
  calls,
  runtime,
  duplicates,
  directory,
  log,
}: {
  readonly calls: Pick<CallStore, 'answersKept' | 'deleteAnswersOf'>
  readonly runtime: Pick<RuntimeState, 'forgetAnswers'>
  readonly duplicates: DuplicateCounts
  readonly directory: Pick<TenantDirectory, 'byId'>
  readonly log: Log
}): IdempotencyHandlers => ({
  async 'idempotency.get'(_actor, { tenantId }) {
    assertKnownTenant(directory, tenantId)
    const { count, oldestAtMs } = await calls.answersKept(tenantId)
    return {
      answers: count,
      ...(oldestAtMs !== undefined && { oldestAtMs }),
      sinceMs: duplicates.sinceMs,
      duplicates: duplicates.of(tenantId),
    }
  },
  async 'idempotency.reset'(actor, { tenantId }) {
    assertKnownTenant(directory, tenantId)
    // The file first: what is asked for in between is looked up in memory before.
    const forgotten = await calls.deleteAnswersOf(tenantId)
    await runtime.forgetAnswers(tenantId)
    log.info({ tenantId, forgotten, actor: actor.name }, 'The answers kept of a tenant were forgotten')
    return { forgotten }
  },
})

import type { Handlers } from '../../shared/contract/index.ts'
import { DomainError } from '../domain/errors.ts'
import type { CallStore, StoredWebhookEvent } from '../ports/call-store.ts'
import type { DialectStore } from '../ports/dialect-store.ts'
import type { Log } from '../ports/system.ts'
import type { ReadStoredPayload } from '../ports/webhooks.ts'
import { assertKnownTenant, tenantInForce, type TenantDirectory } from './tenant-directory.ts'
import { differencesOfEvents } from './webhook-diff.ts'
import type { DialectMonitor } from './webhooks/dialect-monitor.ts'
import type { createReplay } from './webhooks/replay.ts'

type WebhookEventHandlers = Pick<Handlers, Extract<keyof Handlers, `webhookEvents.${string}`>>

export interface WebhookEventDeps {
  readonly calls: Pick<CallStore, 'listWebhookEvents' | 'getWebhookEvent'>
  readonly directory: Pick<TenantDirectory, 'byId'>
  readonly readPayload: ReadStoredPayload
  readonly replay: ReturnType<typeof createReplay>
  readonly dialect: DialectStore
  readonly monitor: Pick<DialectMonitor, 'flush' | 'drop'>
  readonly log: Log
}

/** Two megabytes that have nothing in common are no help to anybody. */
const mostDifferences = 1000

export const createWebhookEventHandlers = ({
  calls,
  directory,
  readPayload,
  replay,
  dialect,
  monitor,
  log,
}: WebhookEventDeps): WebhookEventHandlers => {
  const known = async (tenantId: string, id: string): Promise<StoredWebhookEvent> => {
    assertKnownTenant(directory, tenantId)
    const event = await calls.getWebhookEvent(tenantId, id)
    if (!event) throw new DomainError('NOT_FOUND', `There is no webhook event ${id}`)
    return event
  }
  return {
    async 'webhookEvents.list'(_actor, { tenantId, limit = 50, cursor, ...filter }) {
      assertKnownTenant(directory, tenantId)
      const page = await calls.listWebhookEvents(tenantId, filter, { limit, cursor })
      return { ...page, items: [...page.items] }
    },
    async 'webhookEvents.get'(_actor, { tenantId, id }) {
      const { transitionsBefore: _, ...event } = await known(tenantId, id)
      return event
    },
    async 'webhookEvents.diff'(_actor, { tenantId, id, with: other }) {
      const all = differencesOfEvents(await known(tenantId, id), await known(tenantId, other), readPayload)
      const items = all.slice(0, mostDifferences)
      return { items, total: all.length }
    },
    async 'webhookEvents.replay'(_actor, { tenantId, id }) {
      const event = await known(tenantId, id)
      return replay(tenantInForce(directory, tenantId), event)
    },
    async 'webhookEvents.dialect'(_actor, { tenantId }) {
      assertKnownTenant(directory, tenantId)
      await monitor.flush()
      return { items: [...(await dialect.list(tenantId))] }
    },
    async 'webhookEvents.resetDialect'(actor, { tenantId }) {
      assertKnownTenant(directory, tenantId)
      monitor.drop(tenantId)
      const forgotten = await dialect.clear(tenantId)
      log.info({ tenantId, forgotten, actor: actor.name }, 'What webhooks said that nobody documented was forgotten')
      return { forgotten }
    },
  }
}

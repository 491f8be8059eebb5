import type { Handlers } from '../../shared/contract/index.ts'
import { DomainError } from '../domain/errors.ts'
import type { CallStore } from '../ports/call-store.ts'
import { assertKnownTenant, type TenantDirectory } from './tenant-directory.ts'

type WebhookEventHandlers = Pick<Handlers, Extract<keyof Handlers, `webhookEvents.${string}`>>

export const createWebhookEventHandlers = (
  calls: CallStore,
  directory: Pick<TenantDirectory, 'byId'>,
): WebhookEventHandlers => ({
  async 'webhookEvents.list'(_actor, { tenantId, limit = 50, cursor, ...filter }) {
    assertKnownTenant(directory, tenantId)
    const page = await calls.listWebhookEvents(tenantId, filter, { limit, cursor })
    return { ...page, items: [...page.items] }
  },
  async 'webhookEvents.get'(_actor, { tenantId, id }) {
    assertKnownTenant(directory, tenantId)
    const event = await calls.getWebhookEvent(tenantId, id)
    if (!event) throw new DomainError('NOT_FOUND', `There is no webhook event ${id}`)
    return event
  },
})

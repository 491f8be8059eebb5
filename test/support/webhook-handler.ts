import { createEmbeddedRuntimeState } from '../../server/adapters/memory/embedded-runtime-state.ts'
import { createEventBus } from '../../server/adapters/memory/event-bus.ts'
import { systemCrypto } from '../../server/adapters/system/crypto.ts'
import { newId } from '../../server/adapters/system/ids.ts'
import type { RoutingConfig } from '../../server/domain/routing/routing-config.ts'
import { createAgentResults } from '../../server/operations/agent-results.ts'
import { createHealth } from '../../server/operations/health.ts'
import { countDuplicates } from '../../server/operations/idempotency.ts'
import type { WebhookDeps } from '../../server/operations/webhooks/context.ts'
import { createWebhookHandler } from '../../server/operations/webhooks/handle-webhook.ts'
import type { TenantInForce } from '../../server/operations/tenant-directory.ts'
import type { WebhookRequest } from '../../server/ports/webhooks.ts'
import { fakeClock } from './fake-clock.ts'
import { recordingJournal } from './recording-journal.ts'
import { actionOf } from './site.ts'

const nothing = (): void => undefined

/** The handling of webhooks of one tenant, with time of its own and a store that takes everything and is never asked. */
export const aWebhookHandler = async (routing: RoutingConfig) => {
  const clock = fakeClock()
  const events = createEventBus()
  const tenant = {
    id: 'tenant-1',
    tenantKey: 'the-key',
    settings: {},
    previousKeys: [],
    signingKeys: [{ id: 'k1', secret: 'c2VjcmV0' }],
  }
  const inForce = { tenant, routing, ruleName: () => undefined } as unknown as TenantInForce
  const handle = createWebhookHandler({
    directory: { byKey: () => ({ inForce, validUntilMs: undefined }), byId: () => inForce },
    runtime: await createEmbeddedRuntimeState(recordingJournal(), []),
    calls: { find: () => Promise.resolve(undefined), findAnswer: () => Promise.resolve(undefined) },
    callLog: { append: () => Promise.resolve(), backlog: () => 0 },
    events,
    health: createHealth(clock, events),
    results: createAgentResults(),
    duplicates: countDuplicates(clock),
    dialect: { note: nothing },
    refusals: { note: nothing },
    clock,
    crypto: systemCrypto,
    chance: () => 0.5,
    newId,
    log: {
      info: nothing,
      warn: nothing,
      error: ({ err }: { err: unknown }) => {
        throw err
      },
    },
    publicUrl: undefined,
  } as unknown as WebhookDeps)
  const send = async (kind: WebhookRequest['kind'], fields: object, query: Record<string, string> = {}) => {
    const asked = { kind, tenantKey: 'key', headers: {}, fields, query, payload: '{}', receivedAtMicros: 0 }
    return (await handle(asked)).body
  }
  return {
    clock,
    events,
    ask: (token: string, to: string, more: object = {}) =>
      send('voice_request', { CallSid: token, From: '+12025550123', To: to, ...more }),
    /** The result of the dial that a document asked for. */
    report: (token: string, cxml: string, result: string, more: object = {}) =>
      send(
        'dial_result',
        { CallSid: token, DialCallStatus: result, ...more },
        Object.fromEntries(new URL(actionOf(cxml), 'http://localhost').searchParams),
      ),
    sessionUpdate: (token: string, status: string, modifiedAt: number) =>
      send('session_update', { token, status, modifiedAt: new Date(modifiedAt).toISOString() }),
  }
}

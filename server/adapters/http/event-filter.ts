import { events, type EventName } from '../../../shared/contract/events.ts'
import type { Actor, Failure } from '../../../shared/contract/index.ts'
import type { EventFilter } from '../../ports/event-log.ts'

const allNames = Object.keys(events) as EventName[]
/** Figures that count all tenants are not for whoever is bound to one. */
const namesOfOneTenant = allNames.filter((name) => name !== 'metrics.updated')

const isEventName = (name: string): name is EventName => Object.hasOwn(events, name)
const refusal = (code: Failure['code'], message: string): { readonly error: Failure } => ({ error: { code, message } })

const readNames = (asked: unknown): readonly string[] =>
  [asked].flat().flatMap((one) => (typeof one === 'string' ? one.split(',').map((name) => name.trim()) : ['']))

/** What this actor may hear of what the query asks for: `tenantId`, and `events` (names, by comma or repeated). */
export const readEventFilter = (
  actor: Actor | undefined,
  query: { readonly tenantId?: unknown; readonly events?: unknown },
  isKnownTenant: (id: string) => boolean,
): { readonly filter: EventFilter } | { readonly error: Failure } => {
  const { tenantId, events: asked } = query
  const bound = actor?.tenantId
  if ((tenantId !== undefined && typeof tenantId !== 'string') || tenantId === '')
    return refusal('INVALID_INPUT', '/tenantId must be the id of one tenant')
  if (tenantId !== undefined && ((bound !== undefined && tenantId !== bound) || !isKnownTenant(tenantId)))
    return refusal('NOT_FOUND', 'There is no such tenant')
  const names = asked === undefined ? undefined : readNames(asked)
  const unknown = names?.find((name) => !isEventName(name))
  if (unknown !== undefined)
    return refusal('INVALID_INPUT', `/events names "${unknown}", which is no event; there are ${allNames.join(', ')}`)
  const wanted = names?.filter(isEventName)
  return {
    filter: {
      tenantId: bound ?? tenantId,
      names: bound === undefined ? wanted : namesOfOneTenant.filter((name) => wanted?.includes(name) ?? true),
    },
  }
}

import Type from 'typebox'
import { CallRecord } from './calls.ts'
import { Export } from './exports.ts'
import { Id, Ms, oneOf } from './fields.ts'
import { Decision } from './routing.ts'
import { SystemHealth } from './system.ts'
import { CircuitChange } from './voice-agents.ts'

const changed = Type.Object({ tenantId: Id, id: Id, change: oneOf(['created', 'updated', 'deleted']) })

/** What the control plane tells its clients as it happens, over server-sent events and IPC alike. */
export const events = {
  'call.created': Type.Object({ tenantId: Id, call: CallRecord }),
  'call.stateChanged': Type.Object({ tenantId: Id, call: CallRecord }),
  'call.ended': Type.Object({ tenantId: Id, call: CallRecord }),
  'decision.made': Type.Object({
    tenantId: Id,
    callId: Id,
    token: Type.String(),
    decision: Type.Omit(Decision, ['cxml']),
  }),
  'tenant.changed': Type.Object({ tenantId: Id, change: oneOf(['created', 'updated', 'deleted']) }),
  'provider.changed': Type.Object({ id: Id, change: oneOf(['created', 'updated', 'deleted']) }),
  'agent.changed': changed,
  'agent.circuitChanged': Type.Object({ tenantId: Id, change: CircuitChange }),
  'group.changed': changed,
  'rule.changed': changed,
  'schedule.changed': changed,
  'trunk.changed': changed,
  'number.changed': changed,
  'export.changed': Type.Object({ tenantId: Id, export: Export }),
  'metrics.updated': Type.Object({ atMs: Ms, health: SystemHealth }),
  'system.degraded': Type.Object({ part: Type.String(), message: Type.String(), sinceMs: Ms }),
  'system.recovered': Type.Object({ part: Type.String(), atMs: Ms }),
} as const

export type EventName = keyof typeof events
export type EventPayload<N extends EventName> = Type.Static<(typeof events)[N]>
export type ControlPlaneEvent = {
  [N in EventName]: { readonly name: N; readonly payload: EventPayload<N> }
}[EventName]

/** Stands in the stream in place of events that cannot be told any more: who gets it reads again what it shows. */
export const Resync = Type.Object({
  reason: oneOf(
    ['unknown_id', 'too_far_behind', 'gap'],
    'unknown_id: the id is of another node or of before a restart; too_far_behind: what came after it is no longer kept; gap: this node did not hear what others told',
  ),
  message: Type.String(),
})
export type Resync = Type.Static<typeof Resync>

import Type from 'typebox'
import { CallRecord } from './calls.ts'
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
  'metrics.updated': Type.Object({ atMs: Ms, health: SystemHealth }),
  'system.degraded': Type.Object({ part: Type.String(), message: Type.String(), sinceMs: Ms }),
  'system.recovered': Type.Object({ part: Type.String(), atMs: Ms }),
} as const

export type EventName = keyof typeof events
export type EventPayload<N extends EventName> = Type.Static<(typeof events)[N]>
/** `seq` grows by one per event and node start; a client that reconnects names the last one it saw. */
export type ControlPlaneEvent = {
  [N in EventName]: { readonly seq: number; readonly name: N; readonly payload: EventPayload<N> }
}[EventName]

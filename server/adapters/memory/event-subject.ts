import type { ControlPlaneEvent } from '../../../shared/contract/events.ts'

/** What an event is about. The newest event about a subject says what the earlier ones said, and more. */
export const subjectOf = ({ name, payload }: ControlPlaneEvent): string => {
  switch (name) {
    case 'call.created':
    case 'call.stateChanged':
    case 'call.ended':
      return `call ${payload.call.id}`
    case 'decision.made':
      return `${name} ${payload.callId}`
    case 'agent.circuitChanged':
      return `${name} ${payload.change.subject.kind} ${payload.change.subject.id}`
    case 'tenant.changed':
      return `${name} ${payload.tenantId}`
    case 'export.changed':
      return `${name} ${payload.export.id}`
    case 'system.degraded':
    case 'system.recovered':
      return `part ${payload.part}`
    case 'metrics.updated':
      return name
    default:
      return `${name} ${payload.id}`
  }
}

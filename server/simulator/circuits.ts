import type { CircuitChange, VoiceAgent } from '../../shared/contract/voice-agents.ts'
import { readAll, tenantPath, type ControlPlaneAccess } from './control-plane.ts'

/** What the circuit of an agent or a provider did during a run. */
export interface CircuitCount {
  readonly kind: 'agent' | 'provider'
  /** The value that is dialled, or the key of the provider. */
  readonly name: string
  opened: number
  failedTrials: number
}

/** Of these agents and their providers; circuits that did not open are left out. */
export const countCircuits = async (
  access: ControlPlaneAccess,
  agents: readonly Pick<VoiceAgent, 'id' | 'value' | 'provider'>[],
  sinceMs: number,
): Promise<CircuitCount[]> => {
  const counts = new Map<string, CircuitCount>()
  const toldProviders = new Set<string>()
  for (const { id, value, provider } of agents) {
    let isBefore = false
    const take = ({ subject: { kind }, atMs, from, to }: CircuitChange): void => {
      isBefore = atMs < sinceMs
      // What a provider went through is told with each of its agents.
      if (isBefore || to !== 'open' || (kind === 'provider' && toldProviders.has(provider))) return
      const name = kind === 'agent' ? value : provider
      const count = counts.get(`${kind} ${name}`) ?? { kind, name, opened: 0, failedTrials: 0 }
      if (from === 'closed') count.opened += 1
      else count.failedTrials += 1
      counts.set(`${kind} ${name}`, count)
    }
    await readAll(access, `${tenantPath(access)}/voice-agents/${id}/circuit`, {}, take, () => isBefore)
    toldProviders.add(provider)
  }
  return [...counts.values()]
}

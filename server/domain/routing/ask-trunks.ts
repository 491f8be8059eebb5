import { isTrunkName } from '../cxml/dialable.ts'
import type { RoutingStep } from './explanation.ts'
import type { RoutableTrunk, RoutingConfig } from './routing-config.ts'
import type { Routing, TrunkDial, Walk } from './routing.ts'

const outboundDirections: readonly string[] = ['outbound', 'public-outbound']

/** Why calls never go out through a trunk as the configuration has it. */
export const barredTrunk = (trunk: RoutableTrunk | undefined): string | undefined => {
  if (!trunk) return 'was deleted'
  if (!trunk.enabled) return 'disabled'
  if (!outboundDirections.includes(trunk.direction)) return `takes no calls out, its direction is ${trunk.direction}`
  if (trunk.platformState === 'vanished') return 'Cloudonix does not have it any more'
  if (trunk.platformState !== undefined && trunk.platformState !== 'present')
    return `${trunk.platformState} at Cloudonix`
  return isTrunkName(trunk.name) ? undefined : `its name "${trunk.name}" cannot stand in a document`
}

/** By priority; equal ones as they are named. */
const inOrder = ({ trunks }: Pick<RoutingConfig, 'trunks'>, ids: readonly string[]) =>
  ids
    .map((id) => ({ id, trunk: trunks.get(id) }))
    .sort((a, b) => (a.trunk?.priority ?? Infinity) - (b.trunk?.priority ?? Infinity) || 0)

/** The first trunk that may be used, where nobody can be asked for a slot. */
export const firstTrunk = (config: Pick<RoutingConfig, 'trunks'>, ids: readonly string[]): RoutableTrunk | undefined =>
  inOrder(config, ids).find(({ trunk }) => barredTrunk(trunk) === undefined)?.trunk

/** Asks for the first trunk with room; text says why there is none. */
export function* askTrunks(
  config: RoutingConfig,
  { number, trunkIds, callerId, isAuthenticated }: TrunkDial,
  because: string,
  steps: RoutingStep[],
  attempts = 0,
): Walk<Routing | string> {
  const { trunkMaxAttempts, trunkRingTimeoutSeconds: ringTimeoutSeconds } = config
  if (attempts >= trunkMaxAttempts) {
    const outcome = `the attempts through trunks are used up (${attempts} of ${trunkMaxAttempts})`
    steps.push({ type: 'number', because, outcome })
    return outcome
  }
  const known = inOrder(config, trunkIds).map(({ id, trunk }) => ({ id, trunk, barred: barredTrunk(trunk) }))
  const usable = known.flatMap(({ trunk, barred }) => (trunk && barred === undefined ? [trunk] : []))
  const reply =
    usable.length > 0
      ? yield { trunks: usable.map(({ id, capacity }) => ({ id, capacity })), ringTimeoutSeconds }
      : { verdicts: [] }
  const trunk = usable.find(({ id }) => id === reply.trunkId)
  const found = new Map(reply.trunks?.map((verdict) => [verdict.trunkId, verdict]))
  const outcome = trunk ? `${number} through trunk ${trunk.name}` : `no trunk can take ${number}`
  steps.push({
    type: 'number',
    because,
    outcome,
    trunks: known.map(({ id, trunk: one, barred }) => ({
      trunkId: id,
      name: one?.name ?? id,
      eligible: barred === undefined && found.get(id)?.eligible === true,
      verdict: barred ?? (found.get(id)?.verdict as string),
      chosen: id === trunk?.id,
    })),
  })
  if (!trunk) return outcome
  const left = usable.map(({ id }) => id).filter((id) => id !== trunk.id)
  return {
    target: { type: 'number', value: number },
    agent: undefined,
    group: undefined,
    trunk,
    trunkPlan: { left, callerId, isAuthenticated },
    ringTimeoutSeconds,
    groupAttempts: attempts + 1,
    steps,
  }
}

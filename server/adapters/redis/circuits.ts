import { circuitAt, circuitState, type Circuit } from '../../domain/routing/circuit/circuit.ts'
import type {
  CircuitChange,
  CircuitStanding,
  CircuitSubject,
  EndedAttempt,
  OpenCircuit,
} from '../../ports/runtime-state.ts'
import type { NewId } from '../../ports/system.ts'
import { circuitKey, tenantPrefix } from './keys.ts'
import { endAttemptScript, noteAnswerScript, restoreCircuitScript } from './lua/scripts.ts'
import { script, type RedisClient } from './redis-client.ts'
import { toChanges, type ChangeWire } from './selection-wire.ts'

const endAttempt = script(endAttemptScript)
const noteAnswer = script(noteAnswerScript)
const restoreCircuit = script(restoreCircuitScript)

/** The circuits that all nodes share: what is told to them, how they stand, and how they come back. */
export const createSharedCircuits = ({ redis, run, runCalmly }: RedisClient, newId: NewId) => {
  const read = async (tenantId: string, { kind, id }: CircuitSubject): Promise<Circuit> => {
    const hash = await redis.hgetall(tenantPrefix(tenantId) + circuitKey(kind, id))
    const json = <T>(text: string | undefined, fallback: T): T =>
      text === undefined ? fallback : (JSON.parse(text) as T)
    return {
      row: json(hash['row'], {}),
      slices: json(hash['slices'], []),
      trials: json(hash['trials'], []),
      ...(hash['openedAtMs'] !== undefined && {
        openedAtMs: Number(hash['openedAtMs']),
        retryAtMs: Number(hash['retryAtMs']),
        reason: hash['reason'],
      }),
    }
  }

  return {
    /** Gives the slot back in the same step. */
    async endAttempt({ tenantId, ...ended }: EndedAttempt): Promise<CircuitChange[]> {
      const text = (await run(endAttempt, tenantPrefix(tenantId), [newId(), JSON.stringify(ended)])) as string
      return toChanges(JSON.parse(text) as ChangeWire[])
    },

    async noteAnswer(tenantId: string, agentId: string, provider: string, leaseKey: string, nowMs: number) {
      await run(noteAnswer, tenantPrefix(tenantId), [agentId, provider, leaseKey, nowMs])
    },

    async circuits(tenantId: string, subjects: readonly CircuitSubject[], nowMs: number): Promise<CircuitStanding[]> {
      const found = await Promise.all(
        subjects.map(async (subject) => ({ subject, circuit: circuitAt(await read(tenantId, subject), nowMs) })),
      )
      return found.flatMap(({ subject, circuit }) => {
        const { reason, openedAtMs, retryAtMs } = circuit
        return openedAtMs === undefined
          ? []
          : [{ subject, state: circuitState(circuit), reason, openedAtMs, retryAtMs }]
      })
    },

    /** Opens a circuit that Redis does not have open. */
    async restoreCircuit({ tenantId, subject, openedAtMs, retryAtMs, reason, trials }: OpenCircuit): Promise<void> {
      const place = circuitKey(subject.kind, subject.id)
      const args = [place, openedAtMs, retryAtMs, reason, JSON.stringify(trials)]
      await runCalmly(restoreCircuit, tenantPrefix(tenantId), args)
    },

    async forgetCircuits(tenantId: string, subjects: readonly CircuitSubject[]): Promise<void> {
      for (const { kind, id } of subjects) await redis.unlink(tenantPrefix(tenantId) + circuitKey(kind, id))
    },
  }
}

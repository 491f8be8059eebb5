import {
  beginAttempt,
  circuitAt,
  circuitState,
  closedCircuit,
  endAttempt,
  noteAnswer,
  type Circuit,
} from '../../domain/routing/circuit/circuit.ts'
import type {
  CircuitChange,
  CircuitStanding,
  CircuitSubject,
  EndedAttempt,
  OpenCircuit,
} from '../../ports/runtime-state.ts'

/** The circuits of one tenant's agents and providers. */
export interface Circuits {
  at(subject: CircuitSubject, nowMs: number): Circuit
  begin(subject: CircuitSubject, key: string, untilMs: number, nowMs: number): CircuitChange[]
  end(subject: CircuitSubject, ended: EndedAttempt): CircuitChange[]
  answer(subject: CircuitSubject, key: string, nowMs: number): void
  standing(subject: CircuitSubject, nowMs: number): CircuitStanding | undefined
  /** As it was known to stand when the process of before ended. */
  restore(subject: CircuitSubject, circuit: Pick<OpenCircuit, 'openedAtMs' | 'retryAtMs' | 'reason' | 'trials'>): void
  forget(subject: CircuitSubject): void
}

const keyOf = ({ kind, id }: CircuitSubject): string => `${kind}\n${id}`

export const createCircuits = (): Circuits => {
  const circuits = new Map<string, Circuit>()
  const stored = (subject: CircuitSubject): Circuit => circuits.get(keyOf(subject)) ?? closedCircuit
  const at = (subject: CircuitSubject, nowMs: number): Circuit => circuitAt(stored(subject), nowMs)

  /** Compared with what was last told of it, so that what time alone has changed is told as well. */
  const put = (subject: CircuitSubject, circuit: Circuit): CircuitChange[] => {
    const from = circuitState(stored(subject))
    const to = circuitState(circuit)
    circuits.set(keyOf(subject), circuit)
    return from === to ? [] : [{ subject, from, to, reason: circuit.reason }]
  }

  return {
    at,
    begin: (subject, key, untilMs, nowMs) => {
      const circuit = at(subject, nowMs)
      const begun = beginAttempt(circuit, key, untilMs)
      return begun === stored(subject) ? [] : put(subject, begun)
    },
    end(subject, { agentId, leaseKey: key, result, startedAtMs, policy, nowMs }) {
      const circuit = at(subject, nowMs)
      const attempt = { agentId, key, result, startedAtMs }
      const ended = endAttempt(circuit, attempt, subject.kind === 'provider', policy, nowMs)
      return ended === stored(subject) ? [] : put(subject, ended)
    },
    answer(subject, key, nowMs) {
      const circuit = at(subject, nowMs)
      if (circuit.trials.length > 0) circuits.set(keyOf(subject), noteAnswer(circuit, key, nowMs))
    },
    standing(subject, nowMs) {
      const circuit = at(subject, nowMs)
      if (circuit.openedAtMs === undefined) return undefined
      const { reason, openedAtMs, retryAtMs } = circuit
      return { subject, state: circuitState(circuit), reason, openedAtMs, retryAtMs }
    },
    restore: (subject, { openedAtMs, retryAtMs, reason, trials }) =>
      void circuits.set(keyOf(subject), { ...closedCircuit, openedAtMs, retryAtMs, reason, trials }),
    forget: (subject) => void circuits.delete(keyOf(subject)),
  }
}

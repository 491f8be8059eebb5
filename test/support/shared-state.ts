import { randomUUID } from 'node:crypto'
import { createEmbeddedRuntimeState } from '../../server/adapters/memory/embedded-runtime-state.ts'
import { createKeyedLock } from '../../server/adapters/memory/keyed-lock.ts'
import { createAnswerSeal } from '../../server/adapters/redis/answer-seal.ts'
import { joinNodes } from '../../server/adapters/redis/nodes.ts'
import { connectRedis } from '../../server/adapters/redis/redis-client.ts'
import { createRemoteState } from '../../server/adapters/redis/remote-state.ts'
import { createSharedRuntimeState } from '../../server/adapters/redis/shared-runtime-state.ts'
import type { Call } from '../../server/domain/calls/call.ts'
import type { NodeRegister, NodeSign } from '../../server/ports/node-register.ts'
import type { OpenCircuit, RuntimeState } from '../../server/ports/runtime-state.ts'
import type { Log } from '../../server/ports/system.ts'
import { recordingJournal } from './recording-journal.ts'

const quiet: Log = { info: () => undefined, warn: () => undefined, error: () => undefined }

/** In memory, for the nodes of one test. */
const aRegister = (): NodeRegister => {
  const signs = new Map<string, NodeSign>()
  return {
    sign(one) {
      signs.set(one.nodeId, one)
      return Promise.resolve([...signs.values()].filter(({ nodeId }) => nodeId !== one.nodeId))
    },
    leave: (nodeId) => Promise.resolve(void signs.delete(nodeId)),
  }
}
const registers = new Map<string, NodeRegister>()
const registerOf = (url: string): NodeRegister => {
  const register = registers.get(url) ?? aRegister()
  registers.set(url, register)
  return register
}

/** The runtime state of one node on a Redis. */
export const sharedState = (
  url: string,
  inFlight: () => readonly Call[] = () => [],
  told: {
    onLost?: (reason: string) => void
    onBack?: () => void
    onUnfit?: (problem: string | undefined) => void
    log?: Log
    openCircuits?: readonly OpenCircuit[]
    site?: string
    /** What the nodes have in common, where each has a way of its own to Redis. */
    common?: string
  } = {},
  timeoutMs?: number,
): Promise<RuntimeState> => {
  const { log = quiet, openCircuits = [], site = 'site-1' } = told
  const client = connectRedis(url, timeoutMs)
  return createSharedRuntimeState({
    client,
    remote: createRemoteState(client, site, createAnswerSeal(Buffer.alloc(32, 7)), randomUUID, log),
    nodes: joinNodes({
      client,
      register: registerOf(`${told.common ?? url} ${site}`),
      site,
      nodeId: randomUUID(),
      log,
      onUnfit: told.onUnfit ?? (() => undefined),
    }),
    lock: createKeyedLock(),
    inFlight: () => Promise.resolve(inFlight()),
    find: (tenantId, token) =>
      Promise.resolve(inFlight().find((call) => call.tenantId === tenantId && call.token === token)),
    openLocal: (calls) => createEmbeddedRuntimeState(recordingJournal(), calls),
    openCircuits: () => Promise.resolve(openCircuits),
    newId: randomUUID,
    log,
    onLost: told.onLost ?? (() => undefined),
    onBack: told.onBack ?? (() => undefined),
    // Tests have times of their own; none of their slots is over yet.
    steadyMs: () => 0,
  })
}

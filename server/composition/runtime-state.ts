import { createEmbeddedRuntimeState } from '../adapters/memory/embedded-runtime-state.ts'
import { createKeyedLock } from '../adapters/memory/keyed-lock.ts'
import { openRedis } from '../adapters/redis/open-redis.ts'
import { openChangeLock } from '../adapters/sqlite/open-sqlite-store.ts'
import type { Call } from '../domain/calls/call.ts'
import { createNodeListener, telling, type NodeMessage } from '../operations/node-events.ts'
import { toOpenCircuits } from '../operations/recovery.ts'
import type { EventBus } from '../ports/event-bus.ts'
import type { RuntimeJournal, RuntimeState } from '../ports/runtime-state.ts'
import type { Base } from './base.ts'

type Alone = <T>(work: () => Promise<T>) => Promise<T>

export interface Running {
  readonly runtime: RuntimeState
  /** Other nodes hear of these too. */
  readonly events: EventBus
  /** Undefined where this process is the only one. */
  readonly nodes: Nodes | undefined
}

export interface Nodes {
  /** While no other node changes the configuration. */
  readonly alone: Alone
  /** The same, and it knows what others have changed before. */
  readonly upToDate: Alone
  readonly catchUp: () => Promise<void>
  /** Listeners of the other nodes have to read anew. */
  readonly tellGap: () => void
}

/** The nodes' common Redis keeps what they count. */
const noJournal = { saveTally: () => undefined, deleteTally: () => undefined, load: () => Promise.resolve([]) }

const createOpeners = ({ store, directory, clock }: Base) => {
  const openCircuits = async (inFlight: readonly Call[]) =>
    toOpenCircuits(await store.calls.openCircuits(), inFlight, directory, clock.nowMs())
  return {
    openCircuits,
    openEmbedded: async (journal: RuntimeJournal, inFlight: readonly Call[]) =>
      createEmbeddedRuntimeState(journal, inFlight, await openCircuits(inFlight)),
  }
}

const openAlone = async (base: Base): Promise<Running> => {
  const { store, bus, onClose } = base
  const runtime = await createOpeners(base).openEmbedded(store.journal, await store.calls.inFlight())
  onClose(() => runtime.close())
  return { runtime, events: bus, nodes: undefined }
}

const openAmongNodes = async (base: Base, url: string): Promise<Running> => {
  const { config, store, bus, eventLog, directory, health, clock, log, newId, onClose } = base
  const { openCircuits, openEmbedded } = createOpeners(base)
  const listener = createNodeListener({
    bus,
    directory,
    store: store.configuration,
    onMissed: () => eventLog.noteGap(),
    log,
  })
  const shared = await openRedis({
    url,
    site: await store.meta.claim('installation', newId()),
    secret: store.keys.secretFor('answers in the runtime state'),
    lock: createKeyedLock(),
    inFlight: async () => {
      await store.callLog.flush()
      return store.calls.inFlight()
    },
    find: store.calls.find,
    register: store.nodes,
    openCircuits,
    openLocal: (inFlight) => openEmbedded(noJournal, inFlight),
    newId,
    log,
    steadyMs: clock.steadyMs,
    onLost: (reason) => health.degrade('redis', reason),
    onBack: () => health.recover('redis'),
    onMessage: (message) => void listener.hear(message as NodeMessage),
    onGap: () => {
      void listener
        .catchUp()
        .catch((error: unknown) =>
          log.error({ err: error }, 'Changes of other nodes could not be read; it is tried again'),
        )
      // It may be that a number was erased.
      eventLog.forget()
      eventLog.noteGap()
    },
    onUnfit: (problem) =>
      problem === undefined ? health.recover('redis_memory') : health.degrade('redis_memory', problem),
  })
  onClose(() => shared.close())
  const changes = await openChangeLock(config.dataDir)
  onClose(() => changes.close())
  return {
    runtime: shared.runtime,
    events: telling(bus, shared.channel.publish),
    nodes: {
      alone: (work) => changes.alone(work),
      upToDate: (work) =>
        changes.alone(async () => {
          await listener.catchUp()
          return work()
        }),
      catchUp: listener.catchUp,
      tellGap: shared.channel.tellGap,
    },
  }
}

/** What is kept of calls under way, of slots and turns: by this process, or in the Redis that several nodes share. */
export const openRuntimeState = (base: Base): Promise<Running> =>
  base.config.redisUrl === undefined ? openAlone(base) : openAmongNodes(base, base.config.redisUrl)

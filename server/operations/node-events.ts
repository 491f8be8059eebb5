import { events, type ControlPlaneEvent, type EventName, type EventPayload } from '../../shared/contract/events.ts'
import type { ConfigurationStore } from '../ports/configuration.ts'
import type { EventBus } from '../ports/event-bus.ts'
import type { Log } from '../ports/system.ts'
import type { TenantDirectory } from './tenant-directory.ts'

/** What one node tells the others. */
export type NodeMessage = Pick<ControlPlaneEvent, 'name' | 'payload'>

/** What is said of one process says nothing of the others. */
const ofOneNode: readonly EventName[] = ['metrics.updated', 'system.degraded', 'system.recovered']
const ofConfiguration: readonly EventName[] = [
  'provider.changed',
  'tenant.changed',
  'agent.changed',
  'group.changed',
  'rule.changed',
  'schedule.changed',
  'trunk.changed',
  'number.changed',
]

const tenantOf = (payload: object): string | undefined =>
  'tenantId' in payload && typeof payload.tenantId === 'string' ? payload.tenantId : undefined

/** A bus whose events the other nodes hear of as well. */
export const telling = (
  bus: EventBus,
  tell: (tenantId: string | undefined, message: NodeMessage) => void,
): EventBus => ({
  ...bus,
  publish<N extends EventName>(name: N, payload: EventPayload<N>) {
    bus.publish(name, payload)
    if (!ofOneNode.includes(name)) tell(tenantOf(payload), { name, payload })
  },
})

export const createNodeListener = ({
  bus,
  directory,
  store,
  onMissed,
  log,
}: {
  /** Of this node alone. */
  readonly bus: EventBus
  readonly directory: TenantDirectory
  readonly store: Pick<ConfigurationStore, 'tenantVersions'>
  /** What clients could not be told of when it was heard is in force now. */
  readonly onMissed: () => void
  readonly log: Log
}) => {
  let isMissed = false
  const bringUp = async (): Promise<void> => {
    const known = new Map(directory.all().map(({ tenant }) => [tenant.id, tenant.configVersion]))
    for (const { id, configVersion } of await store.tenantVersions()) {
      if (known.get(id) !== configVersion) await directory.reload(id)
      known.delete(id)
    }
    // Deleted meanwhile.
    for (const id of known.keys()) await directory.reload(id)
    if (!isMissed) return
    isMissed = false
    onMissed()
  }

  let running: Promise<void> | undefined
  let next: Promise<void> | undefined
  const start = (): Promise<void> => (running = bringUp().finally(() => (running = undefined)))
  /** Puts in force what other nodes changed. Who comes while it runs shares the next run: this one may have read before. */
  const catchUp = (): Promise<void> => {
    if (!running) return start()
    return (next ??= running
      .catch(() => undefined)
      .then(() => {
        next = undefined
        return start()
      }))
  }

  return {
    /** Another node told of an event: what it changed is put in force here, then this node's clients are told. */
    async hear({ name, payload }: NodeMessage): Promise<void> {
      if (!Object.hasOwn(events, name)) return
      try {
        if (ofConfiguration.includes(name)) await catchUp()
        bus.publish(name, payload)
      } catch (error) {
        isMissed ||= ofConfiguration.includes(name)
        log.error({ err: error, event: name }, 'What another node told could not be taken in; it is looked for again')
      }
    },
    /** Run now and again, because what nodes tell each other may be lost. */
    catchUp,
  }
}

import { isFilled, isPrintable } from '../domain/cxml/texts.ts'
import { DomainError } from '../domain/errors.ts'
import type { Target } from '../domain/routing/target.ts'
import type { ConfigurationStore, ConfigUser } from '../ports/configuration.ts'
import type { EventBus } from '../ports/event-bus.ts'
import type { RuntimeState } from '../ports/runtime-state.ts'
import type { Clock, Log, NewId, NewSecret } from '../ports/system.ts'
import type { TenantDirectory } from './tenant-directory.ts'

/** What operations on the configuration work with. */
export interface ConfigDeps {
  readonly store: ConfigurationStore
  readonly directory: TenantDirectory
  readonly runtime: RuntimeState
  readonly events: EventBus
  readonly clock: Clock
  readonly newId: NewId
  readonly newSecret: NewSecret
  readonly log: Log
  readonly publicUrl: string | undefined
}

export const assertTenant = async ({ store }: ConfigDeps, tenantId: string): Promise<void> => {
  if (!(await store.tenants.get(undefined, tenantId)))
    throw new DomainError('NOT_FOUND', `There is no tenant ${tenantId}`)
}

const invalid = (path: string, message: string): DomainError =>
  new DomainError('INVALID_INPUT', message, [{ path: `/${path}`, message }])

const assertSpoken = (path: string, owner: string, text: string): void => {
  if (!isFilled(text)) throw invalid(path, `${owner} speaks a message of blanks; write what the caller is to hear`)
  if (!isPrintable(text))
    throw invalid(path, `${owner} speaks a message with a control character in it, which no document can carry`)
}

/** A target must lead to something that exists. `owner` is whose target it is, for the message. */
export const assertTarget = async (
  { store }: ConfigDeps,
  tenantId: string,
  path: string,
  owner: string,
  target: Target | undefined,
): Promise<void> => {
  if (!target) return
  if (target.type === 'agent' && !(await store.voiceAgents.get(tenantId, target.id))) {
    throw invalid(
      path,
      `${owner} names voice agent ${target.id}, which does not exist; choose one of this tenant's voice agents`,
    )
  }
  if (target.type === 'group' && !(await store.agentGroups.get(tenantId, target.id))) {
    throw invalid(
      path,
      `${owner} names agent group ${target.id}, which does not exist; choose one of this tenant's agent groups`,
    )
  }
  if (target.type === 'message') assertSpoken(path, owner, target.value)
  if (target.type === 'number') {
    if (!/^\+?\d{2,20}$/.test(target.value))
      throw invalid(path, `${owner} names the number "${target.value}"; write it like +12025550100`)
    await assertTrunks({ store }, tenantId, path, owner, target.trunkIds)
  }
}

export const assertTrunks = async (
  { store }: Pick<ConfigDeps, 'store'>,
  tenantId: string,
  path: string,
  owner: string,
  trunkIds: readonly string[] = [],
): Promise<void> => {
  for (const id of trunkIds) {
    if (!(await store.trunks.get(tenantId, id)))
      throw invalid(path, `${owner} names trunk ${id}, which does not exist; choose one of this tenant's trunks`)
  }
}

/** `owner` is whose schedule it is to be, for the message. */
export const assertSchedule = async (
  { store }: ConfigDeps,
  tenantId: string,
  owner: string,
  scheduleId: string | null | undefined,
): Promise<void> => {
  if (scheduleId === undefined || scheduleId === null || (await store.schedules.get(tenantId, scheduleId))) return
  throw invalid(
    'scheduleId',
    `${owner} names schedule ${scheduleId}, which does not exist; choose one of this tenant's schedules, or none`,
  )
}

/** Refuses to take away what is in use, naming who uses it. */
export const assertUnused = (
  noun: string,
  name: string,
  users: readonly ConfigUser[],
  force: boolean | undefined,
  wayOut = 'change those first, or delete with force=true',
): void => {
  if (users.length === 0 || force) return
  const named = users.slice(0, 5).map((user) => `${user.kind} ${user.name}`)
  const more = users.length > named.length ? ` and ${users.length - named.length} more` : ''
  throw new DomainError(
    'CONFLICT',
    `${noun} ${name} is in use by ${named.join(', ')}${more}; ${wayOut}`,
    users.map((user) => ({
      path: `/${user.kind.replaceAll(' ', '-')}/${user.id}`,
      message: `${user.kind} ${user.name}`,
    })),
  )
}

import { DomainError } from '../domain/errors.ts'
import { any, parsePattern, type Pattern } from '../domain/routing/pattern.ts'
import { createRouteTableBuilder, type RouteTable } from '../domain/routing/route-table.ts'
import type { RoutableAgent, RoutableGroup, RoutableProvider, RoutingConfig } from '../domain/routing/routing-config.ts'
import { defaultRetryOn } from '../domain/routing/routing-engine.ts'
import type { ConfigurationStore, StoredGroup, StoredTenant } from '../ports/configuration.ts'
import type { Log } from '../ports/system.ts'
import { allOf } from './rows.ts'

/** A tenant as the call path sees it: one immutable value, replaced as a whole when its configuration changes. */
export interface TenantInForce {
  readonly tenant: StoredTenant
  readonly routing: RoutingConfig
  /** Names for records and events, also of what the routing has no use for. */
  readonly ruleName: (ruleId: string) => string | undefined
}

export interface TenantDirectory {
  /** `validUntilMs` is set for a key of before its rotation. */
  byKey(tenantKey: string): { readonly inForce: TenantInForce; readonly validUntilMs: number | undefined } | undefined
  byId(tenantId: string): TenantInForce | undefined
  all(): readonly TenantInForce[]
  loadAll(): Promise<void>
  /** Resolves when what is stored now is in force. Requests that come while one waits share it. */
  reload(tenantId: string): Promise<void>
  reloadProviders(): Promise<void>
}

export const assertKnownTenant = (directory: Pick<TenantDirectory, 'byId'>, tenantId: string): void => {
  if (!directory.byId(tenantId)) throw new DomainError('NOT_FOUND', `There is no tenant ${tenantId}`)
}

export const defaults = {
  ringTimeoutSeconds: 25,
  timeLimitSeconds: 14_400,
  windowHours: 24,
  maxAttempts: 3,
  sayLanguage: 'en-US',
} as const

const pageSize = 5000

const toGroup = (group: StoredGroup, tenantRingSeconds: number): RoutableGroup => ({
  id: group.id,
  name: group.name,
  strategy: group.strategy,
  windowMs: group.settings.windowHours * 3_600_000,
  ringTimeoutSeconds: group.settings.ringTimeoutSeconds ?? tenantRingSeconds,
  maxAttempts: group.settings.maxAttempts,
  retryOn: group.settings.retryOn ?? defaultRetryOn,
  fallback: group.fallback,
  members: [...group.members].sort((a, b) => a.position - b.position),
})

/** Stored patterns were checked on save; one that no longer reads matches nothing but is not lost. */
const patternOf = (text: string | undefined, log: Log): Pattern => {
  const pattern = text === undefined ? any : parsePattern(text)
  if (typeof pattern !== 'string') return pattern
  log.error({ pattern: text }, `A stored rule has a pattern that cannot be read: ${pattern}`)
  return { kind: 'exact', value: '' }
}

export const createTenantDirectory = (store: ConfigurationStore, log: Log): TenantDirectory => {
  const byId = new Map<string, TenantInForce>()
  let byKey = new Map<string, { inForce: TenantInForce; validUntilMs: number | undefined }>()
  let providers: ReadonlyMap<string, RoutableProvider> = new Map()
  const running = new Map<string, Promise<void>>()
  const waiting = new Map<string, Promise<void>>()

  const indexKeys = (): void => {
    const keys: typeof byKey = new Map()
    for (const inForce of byId.values()) {
      for (const { key, validUntilMs } of inForce.tenant.previousKeys) keys.set(key, { inForce, validUntilMs })
      keys.set(inForce.tenant.tenantKey, { inForce, validUntilMs: undefined })
    }
    byKey = keys
  }

  const loadProviders = async (): Promise<void> => {
    providers = new Map(
      (await allOf((query) => store.providers.list(undefined, query))).map((provider) => [provider.key, provider]),
    )
  }

  /** Compiled a page at a time, so that calls are routed in between by the table of before. */
  const compileRules = async (tenantId: string): Promise<{ rules: RouteTable; names: Map<string, string> }> => {
    const builder = createRouteTableBuilder()
    const names = new Map<string, string>()
    let after = 0
    let age = 0
    for (;;) {
      const { rules, lastRowId } = await store.rulesAfter(tenantId, after, pageSize)
      for (const rule of rules) {
        names.set(rule.id, rule.name)
        builder.add({
          ruleId: rule.id,
          name: rule.name,
          pattern: patternOf(rule.pattern, log),
          callerPattern: rule.callerPattern === undefined ? undefined : patternOf(rule.callerPattern, log),
          priority: rule.priority,
          age: (age += 1),
          enabled: rule.enabled,
          target: rule.target,
        })
      }
      if (rules.length < pageSize) return { rules: builder.build(), names }
      after = lastRowId
    }
  }

  const load = async (tenantId: string): Promise<void> => {
    const tenant = await store.tenants.get(undefined, tenantId)
    if (!tenant) {
      byId.delete(tenantId)
      indexKeys()
      return
    }
    const agents = await allOf((query) => store.voiceAgents.list(tenantId, query))
    const groups = await allOf((query) => store.agentGroups.list(tenantId, query))
    const { rules, names } = await compileRules(tenantId)
    const ringTimeoutSeconds = tenant.settings.ringTimeoutSeconds ?? defaults.ringTimeoutSeconds
    const routableAgents = new Map<string, RoutableAgent>(agents.map((agent) => [agent.id, agent]))
    const routing: RoutingConfig = {
      tenantId,
      configVersion: tenant.configVersion,
      defaultCountry: tenant.defaultCountry,
      defaultTarget: tenant.defaultTarget,
      ringTimeoutSeconds,
      timeLimitSeconds: tenant.settings.timeLimitSeconds ?? defaults.timeLimitSeconds,
      retriesCancelled: tenant.settings.onCancelled === 'retry',
      sayLanguage: tenant.settings.sayLanguage ?? defaults.sayLanguage,
      providers,
      agents: routableAgents,
      groups: new Map(groups.map((group) => [group.id, toGroup(group, ringTimeoutSeconds)])),
      agentNumbers: new Set(agents.map(({ value }) => value).filter((value) => value.startsWith('+'))),
      rules,
    }
    byId.set(tenantId, { tenant, routing, ruleName: (ruleId) => names.get(ruleId) })
    indexKeys()
  }

  const reload = (tenantId: string): Promise<void> => {
    const queued = waiting.get(tenantId)
    if (queued) return queued
    const before = running.get(tenantId) ?? Promise.resolve()
    const mine = before
      .catch(() => undefined)
      .then(() => {
        waiting.delete(tenantId)
        const now = load(tenantId)
        running.set(tenantId, now)
        return now
      })
    waiting.set(tenantId, mine)
    return mine
  }

  return {
    byKey: (tenantKey) => byKey.get(tenantKey),
    byId: (tenantId) => byId.get(tenantId),
    all: () => [...byId.values()],
    async loadAll() {
      await loadProviders()
      for (const { id } of await allOf((query) => store.tenants.list(undefined, query))) await reload(id)
    },
    reload,
    async reloadProviders() {
      await loadProviders()
      for (const tenantId of byId.keys()) await reload(tenantId)
    },
  }
}

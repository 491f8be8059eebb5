import { DomainError } from '../domain/errors.ts'
import type { CircuitPolicy } from '../domain/routing/circuit/circuit.ts'
import { any, parsePattern, type Pattern } from '../domain/routing/pattern.ts'
import { createRouteTableBuilder, type RouteTable } from '../domain/routing/route-table.ts'
import type { OutboundWay } from '../domain/routing/route.ts'
import type { RoutableAgent, RoutableGroup, RoutableProvider, RoutingConfig } from '../domain/routing/routing-config.ts'
import { defaultRetryOn, defaultTrunkRetryOn } from '../domain/routing/routing-engine.ts'
import { compileSchedule } from '../domain/schedules/compile-schedule.ts'
import { createTimeZones } from '../domain/schedules/time-zone.ts'
import type { ConfigurationStore, StoredGroup, StoredOutboundRule, StoredTenant } from '../ports/configuration.ts'
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

export const tenantInForce = (directory: Pick<TenantDirectory, 'byId'>, tenantId: string): TenantInForce => {
  const inForce = directory.byId(tenantId)
  if (!inForce) throw new DomainError('NOT_FOUND', `There is no tenant ${tenantId}`)
  return inForce
}

export const assertKnownTenant = (directory: Pick<TenantDirectory, 'byId'>, tenantId: string): void =>
  void tenantInForce(directory, tenantId)

export const defaults = {
  ringTimeoutSeconds: 25,
  timeLimitSeconds: 14_400,
  windowHours: 24,
  maxAttempts: 3,
  trunkRingTimeoutSeconds: 60,
  sayLanguage: 'en-US',
} as const

export const defaultCircuitPolicy: CircuitPolicy = {
  failures: 3,
  failedResults: ['failed', 'no_answer'],
  coolOffMs: 30_000,
  windowMs: 300_000,
  minimumResults: 20,
}

const toCircuitPolicy = (settings: NonNullable<StoredTenant['settings']['circuit']> = {}): CircuitPolicy => ({
  failures: settings.failures ?? defaultCircuitPolicy.failures,
  failedResults: [
    'failed' as const,
    ...((settings.countNoAnswer ?? true) ? ['no_answer' as const] : []),
    ...(settings.countBusy ? ['busy' as const] : []),
  ],
  coolOffMs: settings.coolOffSeconds === undefined ? defaultCircuitPolicy.coolOffMs : settings.coolOffSeconds * 1000,
  failureRatio: settings.failureRatio,
  windowMs: settings.windowSeconds === undefined ? defaultCircuitPolicy.windowMs : settings.windowSeconds * 1000,
  minimumResults: settings.minimumResults ?? defaultCircuitPolicy.minimumResults,
})

/** A page is compiled in one go; calls wait that long. */
const pageSize = 1000
/** Readings of one configuration that was changed meanwhile; whoever changes it goes on to ask for one more. */
const mostReadings = 5

const times = (count: number | undefined, ms: number): number | undefined =>
  count === undefined ? undefined : count * ms

const toGroup = (group: StoredGroup, tenantRingSeconds: number): RoutableGroup => ({
  id: group.id,
  name: group.name,
  strategy: group.strategy,
  windowMs: group.settings.windowHours * 3_600_000,
  ringTimeoutSeconds: group.settings.ringTimeoutSeconds ?? tenantRingSeconds,
  maxAttempts: group.settings.maxAttempts,
  maxMs: times(group.settings.maxSeconds, 1000),
  stickyMs: times(group.settings.stickyMinutes, 60_000),
  retryOn: group.settings.retryOn ?? defaultRetryOn,
  fallback: group.fallback,
  members: [...group.members].sort((a, b) => a.position - b.position),
})

/** No number holds it, whatever is dialled. */
const unmatchable = '\u0000'

/** Stored patterns were checked on save; one that no longer reads matches nothing but is not lost. */
const patternOf = (text: string | undefined, log: Log): Pattern => {
  const pattern = text === undefined ? any : parsePattern(text)
  if (typeof pattern !== 'string') return pattern
  log.error({ pattern: text }, `A stored rule has a pattern that cannot be read: ${pattern}`)
  return { kind: 'exact', value: unmatchable }
}

export const wayOf = ({ target, trunkIds, stripDigits, prepend, callerId }: StoredOutboundRule): OutboundWay =>
  target ?? { trunkIds, stripDigits, prepend, callerId }

/** They come by priority and age, so that their order tells which of two with the same priority is older. */
const compileOutbound = (rules: readonly StoredOutboundRule[], log: Log): RouteTable<OutboundWay> => {
  const builder = createRouteTableBuilder<OutboundWay>()
  for (const [age, rule] of rules.entries()) {
    const { id, name, callerPattern, destinationPattern, priority, enabled } = rule
    builder.add({
      ruleId: id,
      name,
      pattern: patternOf(destinationPattern, log),
      callerPattern: callerPattern === undefined ? undefined : patternOf(callerPattern, log),
      priority,
      age,
      enabled,
      target: wayOf(rule),
    })
  }
  return builder.build()
}

/** Lets whatever else waits have its turn; messages from the store alone could keep the event loop for seconds. */
const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve))

export const createTenantDirectory = (store: ConfigurationStore, log: Log): TenantDirectory => {
  const byId = new Map<string, TenantInForce>()
  /** What a zone has been asked is kept across changes. */
  const zoneOf = createTimeZones()
  let byKey = new Map<string, { inForce: TenantInForce; validUntilMs: number | undefined }>()
  const compiled = new Map<string, { readonly rulesVersion: number; readonly table: RouteTable }>()
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

  const readProviders = async (): Promise<ReadonlyMap<string, RoutableProvider>> =>
    new Map(
      (await allOf((query) => store.providers.list(undefined, query))).map((provider) => [provider.key, provider]),
    )

  /** Compiled a page at a time, so that calls are routed in between by the table of before. */
  const compileRules = async (tenantId: string): Promise<RouteTable> => {
    const builder = createRouteTableBuilder()
    let age = 0
    let coming = store.rulesAfter(tenantId, 0, pageSize)
    for (;;) {
      const { rules, lastRowId } = await coming
      const isLast = rules.length < pageSize
      // The store reads the next page while this one is compiled.
      if (!isLast) coming = store.rulesAfter(tenantId, lastRowId, pageSize)
      for (const { id, name, pattern, callerPattern, priority, enabled, scheduleId, target } of rules) {
        builder.add({
          ruleId: id,
          name,
          pattern: patternOf(pattern, log),
          callerPattern: callerPattern === undefined ? undefined : patternOf(callerPattern, log),
          priority,
          age: (age += 1),
          enabled,
          scheduleId,
          target,
        })
      }
      if (isLast) return builder.build()
      await turn()
    }
  }

  /** All of one moment: what was changed while it was read is read again. */
  const read = async (tenantId: string) => {
    const known = compiled.get(tenantId)
    for (let reading = 1; ; reading += 1) {
      const tenant = await store.tenants.get(undefined, tenantId)
      if (!tenant) return undefined
      const parts = {
        providers: await readProviders(),
        agents: await allOf((query) => store.voiceAgents.list(tenantId, query)),
        groups: await allOf((query) => store.agentGroups.list(tenantId, query)),
        schedules: await allOf((query) => store.schedules.list(tenantId, query)),
        trunks: await allOf((query) => store.trunks.list(tenantId, query)),
        numbers: await allOf((query) => store.numbers.list(tenantId, query)),
        outboundRules: await allOf((query) => store.outboundRules.list(tenantId, query)),
        table: known?.rulesVersion === tenant.rulesVersion ? known.table : await compileRules(tenantId),
      }
      const after = await store.tenants.get(undefined, tenantId)
      if (after?.configVersion === tenant.configVersion || reading === mostReadings) return { tenant, ...parts }
    }
  }

  const load = async (tenantId: string): Promise<void> => {
    const stored = await read(tenantId)
    if (!stored) {
      byId.delete(tenantId)
      compiled.delete(tenantId)
      indexKeys()
      return
    }
    const { tenant, providers, agents, groups, schedules, trunks, numbers, table } = stored
    const outboundRules = compileOutbound(stored.outboundRules, log)
    const { outboundAllow = [], outboundDeny = [] } = tenant.settings
    compiled.set(tenantId, { rulesVersion: tenant.rulesVersion, table })
    const ringTimeoutSeconds = tenant.settings.ringTimeoutSeconds ?? defaults.ringTimeoutSeconds
    const routableAgents = new Map<string, RoutableAgent>(
      agents.map((agent) => [agent.id, { ...agent, circuit: agent.circuitOverride }]),
    )
    const routing: RoutingConfig = {
      tenantId,
      configVersion: tenant.configVersion,
      defaultCountry: tenant.defaultCountry,
      defaultTarget: tenant.defaultTarget,
      ringTimeoutSeconds,
      timeLimitSeconds: tenant.settings.timeLimitSeconds ?? defaults.timeLimitSeconds,
      retriesCancelled: tenant.settings.onCancelled === 'retry',
      sayLanguage: tenant.settings.sayLanguage ?? defaults.sayLanguage,
      circuitPolicy: toCircuitPolicy(tenant.settings.circuit),
      providerLimits: tenant.settings.providerLimits ?? {},
      providers,
      agents: routableAgents,
      groups: new Map(groups.map((group) => [group.id, toGroup(group, ringTimeoutSeconds)])),
      schedules: new Map(
        schedules.map((schedule) => [schedule.id, compileSchedule(schedule, zoneOf(schedule.timeZone))]),
      ),
      agentNumbers: new Set(agents.map(({ value }) => value).filter((value) => value.startsWith('+'))),
      numbers: new Map(numbers.map((number) => [number.number, number])),
      trunks: new Map(trunks.map((trunk) => [trunk.id, trunk])),
      trunkRetryOn: tenant.settings.trunkRetryOn ?? defaultTrunkRetryOn,
      trunkMaxAttempts: tenant.settings.trunkMaxAttempts ?? defaults.maxAttempts,
      trunkRingTimeoutSeconds: tenant.settings.trunkRingTimeoutSeconds ?? defaults.trunkRingTimeoutSeconds,
      outboundAllow: outboundAllow.map((text) => patternOf(text, log)),
      outboundDeny: outboundDeny.map((text) => patternOf(text, log)),
      rules: table,
      outboundRules,
    }
    byId.set(tenantId, { tenant, routing, ruleName: (ruleId) => table.nameOf(ruleId) ?? outboundRules.nameOf(ruleId) })
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
      for (const { id } of await allOf((query) => store.tenants.list(undefined, query))) await reload(id)
    },
    reload,
    async reloadProviders() {
      for (const tenantId of byId.keys()) await reload(tenantId)
    },
  }
}

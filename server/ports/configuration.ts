import type { AgentGroup, GroupSettings, Member } from '../../shared/contract/agent-groups.ts'
import type { Target } from '../../shared/contract/fields.ts'
import type { InboundRule } from '../../shared/contract/inbound-rules.ts'
import type { OwnNumber } from '../../shared/contract/numbers.ts'
import type { OutboundRule } from '../../shared/contract/outbound-rules.ts'
import type { Provider } from '../../shared/contract/providers.ts'
import type { SavedFilter } from '../../shared/contract/saved-filters.ts'
import type { Schedule } from '../../shared/contract/schedules.ts'
import type { RoutingTestCase } from '../../shared/contract/routing-tests.ts'
import type { Tenant } from '../../shared/contract/tenants.ts'
import type { Trunk } from '../../shared/contract/trunks.ts'
import type { VoiceAgent } from '../../shared/contract/voice-agents.ts'

export type { AgentGroup, GroupSettings, InboundRule, Member, Provider, Target }

/** A tenant as the server knows it, secrets in clear. Never leaves the server. */
export type StoredTenant = Omit<Tenant, 'hasWebhookApiKey' | 'hasCloudonixApiKey' | 'tenantKey'> & {
  readonly tenantKey: string
  /** Keys of before, still valid for voice requests until the time given. */
  readonly previousKeys: readonly { readonly key: string; readonly validUntilMs: number }[]
  readonly webhookApiKey?: string | undefined
  readonly cloudonixApiKey?: string | undefined
  /** Signs the state in dial action URLs; the key id travels in the state. Newest first. */
  readonly signingKeys: readonly { readonly id: string; readonly secret: string }[]
  /** Grows by one with every change of the tenant's configuration. */
  readonly configVersion: number
  /** Grows by one with every change of the tenant's rules. */
  readonly rulesVersion: number
}
export type TenantVersion = Pick<StoredTenant, 'id' | 'configVersion'>

export type StoredAgent = Omit<VoiceAgent, 'hasPassword' | 'health'> & { readonly password?: string | undefined }
export type StoredGroup = AgentGroup
export type StoredRule = InboundRule
export type StoredOutboundRule = OutboundRule
export type StoredTrunk = Trunk
export type StoredNumber = OwnNumber
export type StoredSchedule = Schedule
export type StoredTestCase = RoutingTestCase
export type StoredFilter = SavedFilter
/** What routing goes by. Equal targets may be one object. */
export type RoutingRule = Pick<
  StoredRule,
  'id' | 'name' | 'pattern' | 'callerPattern' | 'scheduleId' | 'target' | 'priority' | 'enabled'
>

export interface ListQuery {
  readonly limit: number
  readonly cursor?: string | undefined
  readonly search?: string | undefined
  /** Column equals value; undefined values are left out. */
  readonly where?: Readonly<Record<string, string | boolean | undefined>>
}
export interface Page<T> {
  items: T[]
  nextCursor?: string
  total?: number
}

/**
 * Rows of one noun. `tenantId` is undefined for site-wide nouns (tenants, providers). Every write bumps the tenant's
 * configVersion in its own transaction. Throws DomainError CONFLICT naming the thing when a unique name or key is taken.
 */
export interface ConfigRepository<Row> {
  list(tenantId: string | undefined, query: ListQuery): Promise<Page<Row>>
  get(tenantId: string | undefined, id: string): Promise<Row | undefined>
  create(row: Row): Promise<void>
  /** Stores `row` where the stored version is `row.version - 1`; false when it is not. */
  update(row: Row): Promise<boolean>
  /** False when there is none. */
  delete(tenantId: string | undefined, id: string): Promise<boolean>
}

export interface TrunkRepository extends ConfigRepository<StoredTrunk> {
  /**
   * Stores them in one transaction, all or none, whatever names they take from one another. False when the stored version
   * of one of `changed` is not the one before.
   */
  bringUpToDate(tenantId: string, changed: readonly StoredTrunk[], added: readonly StoredTrunk[]): Promise<boolean>
}

/** Something that refers to an agent, a group, a trunk …: what a refusal to delete lists. */
export interface ConfigUser {
  readonly kind:
    | 'voice agent'
    | 'group member'
    | 'group fallback'
    | 'inbound rule'
    | 'outbound rule'
    | 'number'
    | 'tenant default'
    | 'tenant emergency target'
  readonly id: string
  readonly name: string
}

export type RuleNoun = 'inboundRules' | 'outboundRules'
export type UsedType = 'agent' | 'group' | 'schedule' | 'trunk'

export interface ConfigurationStore {
  readonly tenants: ConfigRepository<StoredTenant>
  /** Of all tenants. */
  tenantVersions(): Promise<readonly TenantVersion[]>
  readonly providers: ConfigRepository<Provider>
  readonly voiceAgents: ConfigRepository<StoredAgent>
  readonly agentGroups: ConfigRepository<StoredGroup>
  readonly inboundRules: ConfigRepository<StoredRule>
  readonly outboundRules: ConfigRepository<StoredOutboundRule>
  /** Making one the default takes that from the one before. */
  readonly trunks: TrunkRepository
  readonly numbers: ConfigRepository<StoredNumber>
  readonly schedules: ConfigRepository<StoredSchedule>
  /** These bear on no routing: their writes give the configuration no new version. */
  readonly testCases: ConfigRepository<StoredTestCase>
  readonly savedFilters: ConfigRepository<StoredFilter>
  /** Changes many rows of a noun in one transaction; answers how many there were. */
  bulk(
    noun: 'voiceAgents' | RuleNoun,
    tenantId: string,
    ids: readonly string[],
    action: 'enable' | 'disable' | 'delete',
    nowMs: number,
  ): Promise<number>
  /** Gives the rules the priorities 10, 20, 30 … in this order; answers how many there were. */
  reorderRules(noun: RuleNoun, tenantId: string, ids: readonly string[], nowMs: number): Promise<number>
  usersOf(tenantId: string, type: UsedType, id: string): Promise<readonly ConfigUser[]>
  /** Rules by age (creation order), a page at a time, so that a million rules never sit in one message. */
  rulesAfter(tenantId: string, afterRowId: number, limit: number): Promise<{ rules: RoutingRule[]; lastRowId: number }>
  /** How many calls a tenant has on record. */
  countCalls(tenantId: string): Promise<number>
}

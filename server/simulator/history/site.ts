import type { AgentGroup } from '../../../shared/contract/agent-groups.ts'
import type { Target } from '../../../shared/contract/fields.ts'
import type { InboundRule } from '../../../shared/contract/inbound-rules.ts'
import type { OwnNumber } from '../../../shared/contract/numbers.ts'
import type { OutboundRule } from '../../../shared/contract/outbound-rules.ts'
import type { Trunk } from '../../../shared/contract/trunks.ts'
import type { VoiceAgent } from '../../../shared/contract/voice-agents.ts'

/** What the calls of a tenant go by. */
export interface HistorySite {
  readonly tenant: {
    readonly id: string
    readonly name: string
    readonly domain: string
    readonly timeZone: string
    readonly defaultCountry: string
    readonly defaultTarget?: Target | undefined
    readonly configVersion: number
  }
  readonly agents: readonly Pick<VoiceAgent, 'id' | 'name' | 'provider' | 'value' | 'enabled'>[]
  readonly groups: readonly Pick<AgentGroup, 'id' | 'name' | 'strategy' | 'settings' | 'members' | 'fallback'>[]
  readonly inboundRules: readonly Pick<
    InboundRule,
    'id' | 'name' | 'pattern' | 'callerPattern' | 'target' | 'priority' | 'enabled'
  >[]
  readonly outboundRules: readonly Pick<
    OutboundRule,
    'id' | 'name' | 'callerPattern' | 'destinationPattern' | 'trunkIds' | 'priority' | 'enabled'
  >[]
  readonly trunks: readonly Pick<Trunk, 'id' | 'name' | 'enabled' | 'isDefault'>[]
  readonly numbers: readonly Pick<OwnNumber, 'number' | 'kind'>[]
}

export type SiteAgent = HistorySite['agents'][number]
export type SiteGroup = HistorySite['groups'][number]
export type { Target }

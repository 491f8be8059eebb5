import type { Call, DialAttempt } from '../../server/domain/calls/call.ts'
import type { Cdr } from '../../server/domain/webhooks/read-cdr.ts'
import type { Pattern } from '../../server/domain/routing/pattern.ts'
import { parsePattern } from '../../server/domain/routing/pattern.ts'
import { createRouteTableBuilder, type Route, type RouteTable } from '../../server/domain/routing/route-table.ts'
import type {
  RoutableAgent,
  RoutableGroup,
  RoutableMember,
  RoutableProvider,
  RoutableTrunk,
  RoutingConfig,
} from '../../server/domain/routing/routing-config.ts'
import type { OutboundWay, TrunkWay } from '../../server/domain/routing/route.ts'
import { compileSchedule, type CompiledSchedule } from '../../server/domain/schedules/compile-schedule.ts'
import type { Schedule } from '../../server/domain/schedules/schedule.ts'
import { createTimeZones } from '../../server/domain/schedules/time-zone.ts'
import { closedCircuit, type CircuitPolicy } from '../../server/domain/routing/circuit/circuit.ts'
import type { Present, SelectableMember } from '../../server/domain/routing/select-member.ts'

/** Things as they usually are; a test says only what it is about. */

export const aPattern = (text: string): Pattern => {
  const pattern = parsePattern(text)
  if (typeof pattern === 'string') throw new Error(pattern)
  return pattern
}

export const aProvider = (over: Partial<RoutableProvider> = {}): RoutableProvider => ({
  key: 'vapi',
  displayName: 'VAPI',
  dialAs: 'service',
  valueKind: 'e164',
  credentials: 'optional',
  enabled: true,
  ...over,
})

export const aVoiceAgent = (over: Partial<RoutableAgent> = {}): RoutableAgent => ({
  id: 'agent-a',
  name: `Agent ${(over.id ?? 'agent-a').replace('agent-', '')}`,
  provider: 'vapi',
  value: '+12025550171',
  enabled: true,
  draining: false,
  circuit: 'auto',
  ...over,
})

export const aMember = (over: Partial<RoutableMember> = {}): RoutableMember => ({
  agentId: 'agent-a',
  priority: 1,
  weight: 1,
  position: 1,
  enabled: true,
  ...over,
})

/** Members with the weights given, named by position. */
export const membersOf = (
  weights: readonly number[],
  over: Partial<SelectableMember> = {},
): (SelectableMember & { enabled: boolean })[] =>
  weights.map((weight, i) => ({
    agentId: `agent-${i + 1}`,
    weight,
    priority: 1,
    position: i + 1,
    provider: 'vapi',
    enabled: true,
    ...over,
  }))

export const aCircuitPolicy = (over: Partial<CircuitPolicy> = {}): CircuitPolicy => ({
  failures: 3,
  failedResults: ['failed', 'no_answer'],
  coolOffMs: 30_000,
  windowMs: 300_000,
  minimumResults: 20,
  ...over,
})

/** Nobody is calling, and nothing was ever wrong. */
export const aPresent = (over: Partial<Present> = {}): Present => ({
  nowMs: 1_767_268_800_000,
  chance: 0,
  activeCallsOf: () => 0,
  callsOfProvider: () => 0,
  limitOfProvider: () => undefined,
  circuitOf: () => closedCircuit,
  circuitOfProvider: () => closedCircuit,
  ...over,
})

export const aGroup = (over: Partial<RoutableGroup> = {}): RoutableGroup => ({
  id: 'group-1',
  name: 'Sales',
  strategy: 'round_robin',
  windowMs: 86_400_000,
  ringTimeoutSeconds: 20,
  maxAttempts: 3,
  retryOn: ['busy', 'no_answer', 'failed'],
  members: [aMember()],
  ...over,
})

export const aRule = (
  over: Partial<Omit<Route, 'pattern' | 'callerPattern'>> & { pattern?: string; callerPattern?: string } = {},
): Route => ({
  ruleId: 'rule-1',
  name: 'Sales line',
  priority: 100,
  age: 1,
  enabled: true,
  target: { type: 'group', id: 'group-1' },
  ...over,
  pattern: aPattern(over.pattern ?? '+12025550100'),
  callerPattern: over.callerPattern === undefined ? undefined : aPattern(over.callerPattern),
})

export const aRouteTable = (...rules: readonly Route[]): RouteTable => {
  const builder = createRouteTableBuilder()
  for (const rule of rules) builder.add(rule)
  return builder.build()
}

export const aTrunk = (over: Partial<RoutableTrunk> = {}): RoutableTrunk => ({
  id: 'trunk-a',
  name: over.id ?? 'trunk-a',
  direction: 'outbound',
  priority: 100,
  enabled: true,
  isDefault: false,
  ...over,
})

export const aTrunkWay = (over: Partial<TrunkWay> = {}): TrunkWay => ({
  trunkIds: ['trunk-a'],
  stripDigits: 0,
  prepend: '',
  ...over,
})

/** Any destination, through trunk-a. */
export const anOutboundRule = (
  over: Partial<Omit<Route<OutboundWay>, 'pattern' | 'callerPattern'>> & {
    pattern?: string
    callerPattern?: string
  } = {},
): Route<OutboundWay> => ({
  ruleId: 'out-1',
  name: 'Out',
  priority: 100,
  age: 1,
  enabled: true,
  target: aTrunkWay(),
  ...over,
  pattern: aPattern(over.pattern ?? '*'),
  callerPattern: over.callerPattern === undefined ? undefined : aPattern(over.callerPattern),
})

export const anOutboundTable = (...rules: readonly Route<OutboundWay>[]): RouteTable<OutboundWay> => {
  const builder = createRouteTableBuilder<OutboundWay>()
  for (const rule of rules) builder.add(rule)
  return builder.build()
}

/** Monday to Friday, nine to five. */
export const aSchedule = (over: Partial<Schedule> = {}): Schedule => ({
  id: 'schedule-1',
  name: 'Office hours',
  timeZone: 'Europe/Berlin',
  weekly: [1, 2, 3, 4, 5].map((day) => ({ day, from: '09:00', to: '17:00' })),
  holidays: [],
  ...over,
})

const zoneOf = createTimeZones()

export const aCompiledSchedule = (over: Partial<Schedule> = {}): CompiledSchedule => {
  const schedule = aSchedule(over)
  return compileSchedule(schedule, zoneOf(schedule.timeZone))
}

type ConfigParts = Omit<
  Partial<RoutingConfig>,
  'agents' | 'groups' | 'providers' | 'rules' | 'schedules' | 'trunks' | 'outboundRules'
> & {
  agents?: readonly RoutableAgent[]
  groups?: readonly RoutableGroup[]
  providers?: readonly RoutableProvider[]
  rules?: readonly Route[]
  schedules?: readonly CompiledSchedule[]
  trunks?: readonly RoutableTrunk[]
  outboundRules?: readonly Route<OutboundWay>[]
}

export const aRoutingConfig = ({
  agents = [aVoiceAgent()],
  groups = [aGroup()],
  providers = [
    aProvider(),
    aProvider({ key: 'sip', displayName: 'SIP', dialAs: 'sip', valueKind: 'sipUri' }),
    aProvider({ key: 'stream', displayName: 'Stream', dialAs: 'stream', valueKind: 'wssUrl', credentials: 'none' }),
  ],
  rules = [aRule()],
  schedules = [],
  trunks = [],
  outboundRules = [],
  ...over
}: ConfigParts = {}): RoutingConfig => ({
  tenantId: 'tenant-1',
  configVersion: 1,
  defaultCountry: 'US',
  ringTimeoutSeconds: 25,
  timeLimitSeconds: 14_400,
  retriesCancelled: false,
  sayLanguage: 'en-US',
  circuitPolicy: aCircuitPolicy(),
  providerLimits: {},
  providers: new Map(providers.map((provider) => [provider.key, provider])),
  agents: new Map(agents.map((agent) => [agent.id, agent])),
  groups: new Map(groups.map((group) => [group.id, group])),
  schedules: new Map(schedules.map((schedule) => [schedule.id, schedule])),
  agentNumbers: new Set(agents.map(({ value }) => value).filter((value) => value.startsWith('+'))),
  numbers: new Map(),
  trunks: new Map(trunks.map((trunk) => [trunk.id, trunk])),
  trunkRetryOn: ['failed'],
  trunkMaxAttempts: 3,
  trunkRingTimeoutSeconds: 60,
  outboundAllow: [],
  outboundDeny: [],
  rules: aRouteTable(...rules),
  outboundRules: anOutboundTable(...outboundRules),
  ...over,
})

export const anAttempt = (over: Partial<DialAttempt> = {}): DialAttempt => ({
  n: 1,
  decisionId: 'decision-1',
  agentId: 'agent-a',
  provider: 'vapi',
  groupId: 'group-1',
  startedAtMs: 1000,
  leaseUntilMs: 60_000,
  ...over,
})

export const aCall = (over: Partial<Call> = {}): Call => ({
  id: 'call-1',
  tenantId: 'tenant-1',
  token: '0123456789abcdef0123456789abcdef',
  direction: 'inbound',
  from: '+12025550123',
  to: '+12025550100',
  state: 'received',
  startedAtMs: 1000,
  attempts: [],
  deadlineMs: 60_000,
  updatedAtMs: 1000,
  revision: 1,
  ...over,
})

export const aCdr = (over: Partial<Cdr> = {}): Cdr => ({
  from: '+12025550123',
  to: '+12025550100',
  direction: 'inbound',
  disposition: 'answered',
  word: 'ANSWER',
  isWordKnown: true,
  startedAtMs: undefined,
  answeredAtMs: undefined,
  endedAtMs: undefined,
  ringSeconds: undefined,
  talkSeconds: undefined,
  durationSeconds: undefined,
  quality: undefined,
  platformTrunkId: undefined,
  ...over,
})

/** The words everybody uses: API, database, console, logs. Lists are closed unless said otherwise. */

export const strategyNames = ['load_balanced', 'priority', 'round_robin', 'least_active', 'weighted_random'] as const
export type StrategyName = (typeof strategyNames)[number]

export const callStates = [
  'received',
  'queued',
  'routing',
  'connecting',
  'connected',
  'completed',
  'busy',
  'failed',
  'no_answer',
] as const
export type CallState = (typeof callStates)[number]

const terminalCallStates = ['completed', 'busy', 'failed', 'no_answer'] as const
export const isTerminal = (state: CallState): boolean => (terminalCallStates as readonly CallState[]).includes(state)

/** How a call ended in the platform's words, folded; `other` keeps unknown ones (the raw word stays in the CDR). */
export const dispositions = [
  'answered',
  'busy',
  'no_answer',
  'cancelled',
  'congestion',
  'failed',
  'lost',
  'other',
] as const
export type Disposition = (typeof dispositions)[number]

/** What became of one dial attempt. */
export const attemptResults = ['answered', 'busy', 'no_answer', 'failed', 'cancelled'] as const
export type AttemptResult = (typeof attemptResults)[number]

/** Whether calls go to an agent or a provider: all of them, none, or one at a time to find out. */
export const circuitStates = ['closed', 'half_open', 'open'] as const
export type CircuitState = (typeof circuitStates)[number]

/** What the admin says about a circuit: `auto` leaves it to the results. */
export const circuitOverrides = ['auto', 'open', 'closed'] as const
export type CircuitOverride = (typeof circuitOverrides)[number]

export const directions = ['inbound', 'outbound'] as const
export type Direction = (typeof directions)[number]

/** What a synchronisation found of a trunk at the platform. */
export const trunkPlatformStates = ['present', 'inactive', 'deleted', 'vanished'] as const
export type TrunkPlatformState = (typeof trunkPlatformStates)[number]

/** What one of the tenant's own numbers is: one that callers reach it by, or one that an agent calls from. */
export const numberKinds = ['did', 'agent'] as const
export type NumberKind = (typeof numberKinds)[number]

export const dialKinds = ['service', 'sip', 'stream'] as const
export type DialKind = (typeof dialKinds)[number]

export const valueKinds = ['e164', 'sipUri', 'wssUrl'] as const
export type ValueKind = (typeof valueKinds)[number]

export const credentialNeeds = ['none', 'optional', 'required'] as const
export type CredentialNeed = (typeof credentialNeeds)[number]

/** `<Reject reason>` values of the platform (CXML verb list). */
export const rejectReasons = ['rejected', 'busy', 'congestion', 'failed'] as const
export type RejectReason = (typeof rejectReasons)[number]

export const targetTypes = ['agent', 'group', 'number', 'message', 'reject', 'hangup'] as const
export type TargetType = (typeof targetTypes)[number]

/** From most to least powerful: each may do what the later ones may. */
export const roles = ['owner', 'admin', 'analyst'] as const
export type Role = (typeof roles)[number]

export const webhookKinds = ['voice_request', 'dial_result', 'session_update', 'cdr'] as const
export type WebhookKind = (typeof webhookKinds)[number]

/** What became of one webhook. `ignored` ones carry the reason (late, duplicate, out of order, …). */
export const webhookOutcomes = ['applied', 'ignored', 'duplicate', 'refused', 'unreadable', 'fault'] as const
export type WebhookOutcome = (typeof webhookOutcomes)[number]

export const errorCodes = [
  'INVALID_INPUT',
  'UNAUTHENTICATED',
  'FORBIDDEN',
  'NOT_FOUND',
  'CONFLICT',
  'TOO_LARGE',
  'TOO_MANY_REQUESTS',
  'UNAVAILABLE',
  'INTERNAL',
] as const
export type ErrorCode = (typeof errorCodes)[number]

/** Who may stand in the audit log: actors, and the server itself where nobody asked. */
export const auditActorKinds = ['local', 'token', 'session', 'system'] as const
export type AuditActorKind = (typeof auditActorKinds)[number]

/** The ways in by which something is changed. */
export const auditTransports = ['rest', 'ipc', 'cli', 'system'] as const
export type AuditTransport = (typeof auditTransports)[number]

/** What an analysis of the routing finds. */
export const findingKinds = [
  'shadowed',
  'duplicate',
  'conflicting',
  'unreachable',
  'odd_numbers_only',
  'dangling_target',
  'unanswerable_group',
  'fallback_cycle',
  'dangling_default',
  'unusable_trunk',
  'no_trunk',
  'schedule_gap',
] as const
export type FindingKind = (typeof findingKinds)[number]

export const findingSeverities = ['error', 'warning', 'info'] as const
export type FindingSeverity = (typeof findingSeverities)[number]

/** What calls can be broken down by. */
export const analyticsDimensions = ['agent', 'group', 'provider', 'rule', 'trunk', 'country', 'outcome'] as const
export type AnalyticsDimension = (typeof analyticsDimensions)[number]

/** How long the points of a series are, by the clock on the wall of its time zone. */
export const analyticsBuckets = ['15m', 'hour', 'day', 'week', 'month'] as const
export type AnalyticsBucket = (typeof analyticsBuckets)[number]

export const exportFormats = ['csv', 'json', 'xlsx'] as const
export type ExportFormat = (typeof exportFormats)[number]

/** `expired`: done once, its file deleted for its age. */
export const exportStates = ['queued', 'running', 'done', 'failed', 'cancelled', 'expired'] as const
export type ExportState = (typeof exportStates)[number]

/** What an export can tell of a call, with the words that head a column in a spreadsheet. */
export const exportFieldLabels = {
  id: 'Id',
  token: 'Session token',
  direction: 'Direction',
  from: 'From',
  to: 'To',
  state: 'State',
  disposition: 'Disposition',
  agentId: 'Agent id',
  agentName: 'Agent',
  groupId: 'Group id',
  groupName: 'Group',
  ruleId: 'Rule id',
  ruleName: 'Rule',
  trunkId: 'Trunk id',
  provider: 'Provider',
  startedAt: 'Started',
  answeredAt: 'Answered',
  endedAt: 'Ended',
  ringSeconds: 'Ring time (s)',
  talkSeconds: 'Talk time (s)',
  durationSeconds: 'Duration (s)',
  attemptCount: 'Attempts',
  configVersion: 'Configuration version',
  rxMos: 'MOS received',
  txMos: 'MOS sent',
  rttMs: 'Round trip (ms)',
  ssrc: 'RTP stream',
  country: 'Country',
  platformTrunkId: 'Platform trunk id',
  platformDisposition: 'Platform disposition',
  reason: 'Reason',
} as const
export type ExportField = keyof typeof exportFieldLabels
export const exportFields = Object.keys(exportFieldLabels) as readonly ExportField[]

import type { CallRecord } from '../../shared/contract/calls.ts'
import type { Call } from '../domain/calls/call.ts'
import type { TenantInForce } from './tenant-directory.ts'

/** The record of a call as clients see it, names included. */
export const toRecord = (call: Call, { routing, ruleName }: TenantInForce): CallRecord => ({
  id: call.id,
  tenantId: call.tenantId,
  token: call.token,
  direction: call.direction,
  from: call.from,
  to: call.to,
  state: call.state,
  disposition: call.disposition,
  agentId: call.agentId,
  agentName: call.agentId === undefined ? undefined : routing.agents.get(call.agentId)?.name,
  groupId: call.groupId,
  groupName: call.groupId === undefined ? undefined : routing.groups.get(call.groupId)?.name,
  ruleId: call.ruleId,
  ruleName: call.ruleId === undefined ? undefined : ruleName(call.ruleId),
  trunkId: call.trunkId,
  provider: call.provider,
  startedAtMs: call.startedAtMs,
  answeredAtMs: call.answeredAtMs,
  endedAtMs: call.endedAtMs,
  ringSeconds: call.ringSeconds,
  talkSeconds: call.talkSeconds,
  durationSeconds: call.durationSeconds,
  attemptCount: call.attempts.length,
  configVersion: call.configVersion,
  quality: call.quality,
  country: call.country,
  platformTrunkId: call.platformTrunkId,
  platformDisposition: call.platformDisposition,
  reason: call.reason,
})

import type { TSchema } from 'typebox'
import { AgentGroup, Distribution, GroupSettings, Member } from '../../../shared/contract/agent-groups.ts'
import { AuditEntry } from '../../../shared/contract/audit-log.ts'
import { Attempt, CallDetail, CallRecord, Transition } from '../../../shared/contract/calls.ts'
import { Export } from '../../../shared/contract/exports.ts'
import { Target } from '../../../shared/contract/fields.ts'
import { InboundRule } from '../../../shared/contract/inbound-rules.ts'
import { Provider } from '../../../shared/contract/providers.ts'
import { Decision, DecisionOutcome, Explanation, RoutingStep } from '../../../shared/contract/routing.ts'
import { SystemHealth, SystemInfo } from '../../../shared/contract/system.ts'
import { Tenant, TenantEndpoints, TenantSettings } from '../../../shared/contract/tenants.ts'
import { AgentHealth, VoiceAgent } from '../../../shared/contract/voice-agents.ts'
import { WebhookEvent, WebhookEventDetail } from '../../../shared/contract/webhook-events.ts'

export type Json = string | number | boolean | null | readonly Json[] | { readonly [key: string]: Json }
export type JsonObject = { readonly [key: string]: Json }

/** What deserves a name of its own in the document. */
const named: Readonly<Record<string, TSchema>> = {
  AgentGroup,
  AgentHealth,
  Attempt,
  AuditEntry,
  CallDetail,
  CallRecord,
  Decision,
  DecisionOutcome,
  Distribution,
  Explanation,
  Export,
  GroupSettings,
  InboundRule,
  Member,
  Provider,
  RoutingStep,
  SystemHealth,
  SystemInfo,
  Target,
  Tenant,
  TenantEndpoints,
  TenantSettings,
  Transition,
  VoiceAgent,
  WebhookEvent,
  WebhookEventDetail,
}

/** Through text, because schemas carry hidden properties that are no part of JSON Schema. */
const plain = (schema: TSchema): Json => JSON.parse(JSON.stringify(schema)) as Json

const nameByText = new Map(Object.entries(named).map(([name, schema]) => [JSON.stringify(plain(schema)), name]))

const isList = (json: Json): json is readonly Json[] => Array.isArray(json)

/** `isRoot`: the definition itself, which would otherwise refer to itself. */
const withReferences = (json: Json, isRoot: boolean): Json => {
  if (isList(json)) return json.map((item) => withReferences(item, false))
  if (typeof json !== 'object' || json === null) return json
  const name = isRoot ? undefined : nameByText.get(JSON.stringify(json))
  if (name !== undefined) return { $ref: `#/components/schemas/${name}` }
  const entries = Object.entries(json).map(([key, value]): [string, Json] => [key, withReferences(value, false)])
  // Readers of the document expect a type beside every list of texts.
  if ('enum' in json && !('type' in json)) entries.unshift(['type', 'string'])
  return Object.fromEntries(entries)
}

export const schemaOf = (schema: TSchema): Json => withReferences(plain(schema), false)

export const namedSchemas = (): JsonObject =>
  Object.fromEntries(Object.entries(named).map(([name, schema]) => [name, withReferences(plain(schema), true)]))

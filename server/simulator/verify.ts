import { ScenarioError } from './scenario.ts'
import { setTimeout as sleep } from 'node:timers/promises'
import type { AgentGroup } from '../../shared/contract/agent-groups.ts'
import type { CallRecord } from '../../shared/contract/calls.ts'
import type { Target } from '../../shared/contract/fields.ts'
import type { InboundRule } from '../../shared/contract/inbound-rules.ts'
import type { Tenant } from '../../shared/contract/tenants.ts'
import type { VoiceAgent } from '../../shared/contract/voice-agents.ts'
import type { PlayedCall } from './played-call.ts'
import type { ExpectedGroup } from './scenario.ts'

/** Compares what the control plane keeps of the calls with what was played. */

export interface ControlPlaneAccess {
  readonly url: string
  readonly token: string
  readonly tenantId: string
}

export interface Mismatch {
  readonly token: string
  readonly field: 'record' | 'state' | 'disposition' | 'attemptCount' | 'agent'
  readonly expected: string
  readonly found: string
}

export interface Verification {
  readonly compared: number
  /** Calls that went wrong or whose CDR never got through: nobody can say how their record must look. */
  readonly notComparable: number
  readonly mismatches: readonly Mismatch[]
}

interface Listed<T> {
  readonly items: readonly T[]
  readonly nextCursor?: string
}

const read = async <T>({ url, token }: ControlPlaneAccess, path: string): Promise<T | undefined> => {
  const response = await fetch(new URL(path, url), { headers: { authorization: `Bearer ${token}` } }).catch(
    (cause: unknown) => {
      throw new ScenarioError(`Nobody answers at ${url}, where the records are; say where the API is with --api`, {
        cause,
      })
    },
  )
  if (response.status === 404) return undefined
  if (!response.ok) throw new Error(`GET ${path} answered ${response.status}: ${(await response.text()).slice(0, 300)}`)
  return (await response.json()) as T
}

const tenantPath = ({ tenantId }: ControlPlaneAccess): string => `/api/v1/tenants/${encodeURIComponent(tenantId)}`

/** Page by page; stops early when `isEnough` says so. */
const readAll = async <T>(
  access: ControlPlaneAccess,
  path: string,
  query: Readonly<Record<string, string>>,
  take: (item: T) => void,
  isEnough: () => boolean = () => false,
): Promise<void> => {
  let cursor: string | undefined
  do {
    const search = new URLSearchParams({ ...query, limit: '200', ...(cursor === undefined ? {} : { cursor }) })
    const page: Listed<T> = (await read<Listed<T>>(access, `${path}?${search.toString()}`)) ?? { items: [] }
    for (const item of page.items) take(item)
    cursor = page.nextCursor
  } while (cursor !== undefined && !isEnough())
}

const withoutScheme = (value: string): string => value.replace(/^sips?:/, '')

const compare = (
  call: PlayedCall,
  record: CallRecord | undefined,
  agentIds: ReadonlyMap<string, string>,
): Mismatch[] => {
  const { token } = call
  if (!record) return [{ token, field: 'record', expected: 'a record', found: 'none' }]
  const found: Mismatch[] = []
  const check = (field: Mismatch['field'], expected: string, actual: unknown): void => {
    if (expected !== actual) found.push({ token, field, expected, found: String(actual) })
  }
  check('state', call.state, record.state)
  check('disposition', call.disposition, record.disposition ?? 'none')
  check('attemptCount', String(call.dials.length), String(record.attemptCount))
  const last = call.dials.at(-1)
  if (last?.isAgent) {
    const wanted = agentIds.get(withoutScheme(last.value))
    if (wanted === undefined || wanted !== record.agentId)
      check('agent', `${wanted ?? 'unknown agent'} (${last.value})`, record.agentId ?? 'none')
  }
  return found
}

/**
 * Reads the records of a run and compares them. The server may still be writing, and freezes an outcome only some
 * seconds after the last event, so what differs is looked at again until it agrees or `settleMs` are over.
 */
export const verifyCalls = async (
  calls: readonly PlayedCall[],
  access: ControlPlaneAccess,
  startedMs: number,
  settleMs = 20_000,
): Promise<Verification> => {
  const comparable = calls.filter(({ isComparable }) => isComparable)
  const agentIds = new Map<string, string>()
  await readAll<VoiceAgent>(access, `${tenantPath(access)}/voice-agents`, {}, ({ id, value }) =>
    agentIds.set(withoutScheme(value), id),
  )

  let open: readonly PlayedCall[] = comparable
  let mismatches: Mismatch[] = []
  const giveUpMs = Date.now() + settleMs
  for (;;) {
    const wanted = new Set(open.map(({ token }) => token))
    const records = new Map<string, CallRecord>()
    const take = (record: CallRecord): void => {
      if (wanted.has(record.token)) records.set(record.token, record)
    }
    if (open.length > 50) {
      // A minute of slack: the server may date a call by its own clock.
      const query = { startMs: String(Math.max(0, startedMs - 60_000)) }
      await readAll(access, `${tenantPath(access)}/calls`, query, take, () => records.size === wanted.size)
    } else {
      for (const { token } of open) await readAll(access, `${tenantPath(access)}/calls`, { token }, take)
    }
    mismatches = []
    open = open.filter((call) => {
      const found = compare(call, records.get(call.token), agentIds)
      mismatches.push(...found)
      return found.length > 0
    })
    if (open.length === 0 || Date.now() >= giveUpMs) break
    await sleep(1000)
  }
  return { compared: comparable.length, notComparable: calls.length - comparable.length, mismatches }
}

/** Every agent a target leads to by itself. */
const directAgents = (targets: readonly (Target | undefined)[]): string[] =>
  targets.flatMap((target) => (target?.type === 'agent' ? [target.id] : []))

/**
 * What the tenant's own configuration lets one expect: its domain, and the ideal shares of groups that keep exact ones.
 * A group is left out when one of its agents is also reached in another way, by another group or a rule of its own:
 * a first choice could not be told apart by the agent alone.
 */
export const fetchExpectations = async (
  access: ControlPlaneAccess,
): Promise<{ domain: string; groups: ExpectedGroup[] }> => {
  const path = tenantPath(access)
  const tenant = await read<Tenant>(access, path)
  if (!tenant) throw new Error(`There is no tenant ${access.tenantId}, or the token does not open it`)
  const values = new Map<string, string>()
  await readAll<VoiceAgent>(access, `${path}/voice-agents`, {}, ({ id, value }) => values.set(id, value))
  const groups: AgentGroup[] = []
  await readAll<AgentGroup>(access, `${path}/agent-groups`, {}, (group) => groups.push(group))
  const reached = directAgents([tenant.defaultTarget, ...groups.map(({ fallback }) => fallback)])
  await readAll<InboundRule>(access, `${path}/inbound-rules`, {}, ({ target }) =>
    reached.push(...directAgents([target])),
  )
  reached.push(...groups.flatMap(({ members }) => members.map(({ agentId }) => agentId)))
  const ways = new Map<string, number>()
  for (const id of reached) ways.set(id, (ways.get(id) ?? 0) + 1)
  const isExact = ({ strategy, members }: AgentGroup): boolean =>
    strategy !== 'priority' && members.every(({ agentId }) => ways.get(agentId) === 1)
  return {
    domain: tenant.domain,
    groups: groups.filter(isExact).map(({ name, members }) => ({
      name,
      weights: Object.fromEntries(
        members.filter(({ enabled }) => enabled).map(({ agentId, weight }) => [values.get(agentId) ?? agentId, weight]),
      ),
    })),
  }
}

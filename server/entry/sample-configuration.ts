import type { Input } from '../../shared/contract/index.ts'
import { startServer, type ServerConfig } from '../index.ts'
import { createCaller, ensureByName, readAll, type Call } from './set-up.ts'

/** Fictitious throughout, and made of what the console's pages want to show: several providers, strategies and fallbacks. */
const domain = 'sample.cloudonix.net'
const providers = ['vapi', 'retell', 'elevenlabs', 'ultravox', 'synthflow'] as const
const agentNames = [
  ...['Ava', 'Ruben', 'Elena', 'Silas', 'Uma', 'Dario', 'Nora', 'Felix', 'Ida', 'Milo'],
  ...['Vera', 'Otto', 'Lena', 'Hugo', 'Mara', 'Theo', 'Iris', 'Emil', 'Rosa', 'Jonas'],
]
const groups = [
  { name: 'Reception', strategy: 'load_balanced', members: [0, 1, 2, 3, 4, 5], weights: [4, 3, 2, 2, 1, 1] },
  { name: 'Sales', strategy: 'priority', members: [6, 7, 8, 9], weights: [1, 1, 1, 1] },
  { name: 'Support', strategy: 'round_robin', members: [10, 11, 12, 13, 14], weights: [1, 1, 1, 1, 1] },
  { name: 'Night desk', strategy: 'weighted_random', members: [15, 16, 17, 18], weights: [3, 2, 1, 1] },
] as const
const rules = [
  { name: 'Main number', pattern: '+12025550100', target: 'Reception' },
  { name: 'Sales lines', pattern: '+1202555011*', target: 'Sales' },
  { name: 'Support lines', pattern: '+1202555012*', target: 'Support' },
  { name: 'Orders', pattern: '+12025550130', target: 'Sales' },
  { name: 'Returns', pattern: '+12025550131', target: 'Support' },
  { name: 'Night line', pattern: '+12025550140', target: 'Night desk' },
  { name: 'Press', pattern: '+12025550150', target: 'Reception' },
  { name: 'Partners', pattern: '+1202555016*', target: 'Sales' },
  { name: 'Direct line', pattern: '+12025550170', target: 'Jonas' },
  { name: 'Old number', pattern: '+12025550199', target: 'message' },
] as const
const trunks = ['carrier-east', 'carrier-west'] as const
const message = 'All our assistants are speaking right now. Please call again later.'

const ensureTenant = async (call: Call, tenantId: string | undefined): Promise<string> => {
  if (tenantId !== undefined) return tenantId
  const tenants = await readAll((cursor) => call('tenants.list', { limit: 200, ...cursor }))
  const known = tenants.find((tenant) => tenant.domain === domain)
  if (known) return known.id
  const settings = { timeZone: 'America/New_York', defaultCountry: 'US' }
  return (await call('tenants.create', { name: 'Sample', domain, ...settings })).id
}

const fill = async (call: Call, tenantId: string): Promise<void> => {
  const scope = { tenantId }
  const page = { ...scope, limit: 200 }
  const agentIds = await ensureByName(
    await readAll((cursor) => call('voiceAgents.list', { ...page, ...cursor })),
    agentNames.map((name, n) => {
      const provider = providers[n % providers.length] ?? 'vapi'
      const value = `+1202555${String(200 + n).padStart(4, '0')}`
      return { name, create: () => call('voiceAgents.create', { ...scope, name, provider, value, tags: ['sample'] }) }
    }),
  )
  const agentIdOf = (n: number): string => agentIds.get(agentNames[n] ?? '') ?? ''
  const groupIds = await ensureByName(
    await readAll((cursor) => call('agentGroups.list', { ...page, ...cursor })),
    groups.map(({ name, strategy, members, weights }) => ({
      name,
      create: () =>
        call('agentGroups.create', {
          ...scope,
          name,
          strategy,
          settings: { ringTimeoutSeconds: 20 },
          fallback: { type: 'message', value: message },
          members: members.map((agent, n) => ({ agentId: agentIdOf(agent), priority: n + 1, weight: weights[n] ?? 1 })),
        }),
    })),
  )
  const targetOf = (name: string): Input<'inboundRules.create'>['target'] => {
    const [groupId, agentId] = [groupIds.get(name), agentIds.get(name)]
    if (groupId !== undefined) return { type: 'group', id: groupId }
    return agentId === undefined ? { type: 'message', value: message } : { type: 'agent', id: agentId }
  }
  await ensureByName(
    await readAll((cursor) => call('inboundRules.list', { ...page, ...cursor })),
    rules.map(({ target, ...rule }) => ({
      name: rule.name,
      create: () => call('inboundRules.create', { ...scope, ...rule, target: targetOf(target) }),
    })),
  )
  const trunkIds = await ensureByName(
    await readAll((cursor) => call('trunks.list', { ...page, ...cursor })),
    trunks.map((name) => ({
      name,
      create: () => call('trunks.create', { ...scope, name, direction: 'public-outbound' }),
    })),
  )
  await ensureByName(
    await readAll((cursor) => call('outboundRules.list', { ...page, ...cursor })),
    [{ name: 'Calls back', destinationPattern: '*' }].map((rule) => ({
      name: rule.name,
      create: () => call('outboundRules.create', { ...scope, ...rule, trunkIds: [...trunkIds.values()] }),
    })),
  )
}

/**
 * Fills a tenant with 20 agents of five providers, 4 groups, 10 inbound rules, 2 trunks and an outbound rule; without an id a
 * tenant of its own. What is there by name stays as it is. Answers the tenant's id.
 * Works through the operations of a server that listens on free ports of this machine for as long as that takes.
 */
export const makeSampleConfiguration = async (config: ServerConfig, tenantId?: string): Promise<string> => {
  const alone = { host: '127.0.0.1', port: 0, adminHost: '127.0.0.1', adminPort: 0, logLevel: 'warn' }
  const server = await startServer({ ...config, ...alone })
  try {
    const actor = { kind: 'local', name: 'Sample configuration', role: 'owner' } as const
    const call = createCaller({ dispatch: server.dispatch, actor, origin: { transport: 'cli' } })
    const id = await ensureTenant(call, tenantId)
    await fill(call, id)
    return id
  } finally {
    await server.close()
  }
}

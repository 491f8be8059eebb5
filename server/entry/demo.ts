import type { Input, Output } from '../../shared/contract/index.ts'
import { startSimulation } from '../simulator/index.ts'
import { createCaller, ensureByName, readAll, type Call, type SetUpParts } from './set-up.ts'

interface DemoParts extends SetUpParts {
  /** Where the webhook listener is. */
  readonly webhooksUrl: string
  readonly log: {
    info(fields: Record<string, unknown>, message: string): void
    warn(fields: Record<string, unknown>, message: string): void
    error(fields: Record<string, unknown>, message: string): void
  }
}

const domain = 'demo.cloudonix.net'

/** Fictitious numbers throughout. Some agents are less reliable than others, so that calls are seen to fail over. */
const agents = [
  { name: 'Ava', provider: 'vapi', value: '+12025550171', outcomes: { answered: 88, busy: 7, no_answer: 5 } },
  { name: 'Ruben', provider: 'retell', value: '+12025550172', outcomes: { answered: 85, busy: 5, no_answer: 10 } },
  {
    name: 'Elena',
    provider: 'elevenlabs',
    value: '+12025550173',
    outcomes: { answered: 90, no_answer: 8, cancelled: 2 },
  },
  { name: 'Silas', provider: 'synthflow', value: '+12025550174', outcomes: { answered: 65, busy: 15, no_answer: 20 } },
  { name: 'Uma', provider: 'ultravox', value: '+12025550175', outcomes: { answered: 80, failed: 15, busy: 5 } },
  { name: 'Dario', provider: 'dasha', value: '+12025550176', outcomes: { answered: 75, no_answer: 20, cancelled: 5 } },
] as const
type AgentName = (typeof agents)[number]['name']

interface DemoGroup extends Pick<Input<'agentGroups.create'>, 'name' | 'strategy' | 'fallback'> {
  readonly members: readonly { readonly agent: AgentName; readonly priority?: number; readonly weight?: number }[]
}
const groups: readonly DemoGroup[] = [
  {
    name: 'Reception',
    strategy: 'load_balanced',
    members: [{ agent: 'Ava', weight: 3 }, { agent: 'Ruben', weight: 2 }, { agent: 'Elena' }],
    fallback: {
      type: 'message',
      value: 'All our assistants are speaking right now. Please call again in a few minutes.',
    },
  },
  {
    name: 'Sales',
    strategy: 'priority',
    members: [
      { agent: 'Silas', priority: 1 },
      { agent: 'Uma', priority: 2 },
      { agent: 'Ava', priority: 3 },
    ],
    fallback: { type: 'reject', value: 'busy' },
  },
  {
    name: 'Support',
    strategy: 'round_robin',
    members: [{ agent: 'Dario' }, { agent: 'Elena' }, { agent: 'Uma' }],
    fallback: { type: 'message', value: 'Support is busy. Please try again later.' },
  },
]

const rules = [
  { name: 'Blocked caller', priority: 10, pattern: '*', callerPattern: '+12025550166', target: 'busy' },
  { name: 'Main number', priority: 100, pattern: '+12025550100', target: 'Reception' },
  { name: 'Sales lines', priority: 100, pattern: '+1202555011*', target: 'Sales' },
  { name: 'Support lines', priority: 100, pattern: '+1202555012*', target: 'Support' },
] as const

const scenario = {
  calls: 0,
  concurrency: 200,
  rate: 1,
  timeScale: 1,
  domain,
  from: [{ first: '+12025550140', last: '+12025550169' }],
  to: [
    { value: '+12025550100', weight: 4 },
    { first: '+12025550110', last: '+12025550114', weight: 3 },
    { first: '+12025550120', last: '+12025550124', weight: 3 },
    { value: '+12025550130', weight: 1 },
  ],
  ringSeconds: { min: 2, max: 6 },
  talkSeconds: { min: 5, max: 40 },
  outcomes: { agents: Object.fromEntries(agents.map(({ value, outcomes }) => [value, outcomes])) },
}

const ensureTenant = async (call: Call): Promise<Output<'tenants.get'>> => {
  const tenants = await readAll((cursor) => call('tenants.list', { limit: 200, ...cursor }))
  return (
    tenants.find((tenant) => tenant.domain === domain) ??
    (await call('tenants.create', { name: 'Demo', domain, timeZone: 'America/New_York', defaultCountry: 'US' }))
  )
}

const setUp = async (call: Call): Promise<string> => {
  const tenant = await ensureTenant(call)
  const scope = { tenantId: tenant.id }
  const agentIds = await ensureByName(
    await readAll((cursor) => call('voiceAgents.list', { ...scope, limit: 200, ...cursor })),
    agents.map(({ name, provider, value }) => ({
      name,
      create: () => call('voiceAgents.create', { ...scope, name, provider, value, tags: ['demo'] }),
    })),
  )
  const memberOf = ({ agent, ...settings }: DemoGroup['members'][number]) => ({
    agentId: agentIds.get(agent) ?? '',
    ...settings,
  })
  const groupIds = await ensureByName(
    await readAll((cursor) => call('agentGroups.list', { ...scope, limit: 200, ...cursor })),
    groups.map(({ members, ...group }) => ({
      name: group.name,
      create: () =>
        call('agentGroups.create', {
          ...scope,
          ...group,
          members: members.map(memberOf),
          settings: { ringTimeoutSeconds: 10 },
        }),
    })),
  )
  const targetOf = (name: string) => {
    const id = groupIds.get(name)
    return id === undefined ? ({ type: 'reject', value: 'busy' } as const) : ({ type: 'group', id } as const)
  }
  await ensureByName(
    await readAll((cursor) => call('inboundRules.list', { ...scope, limit: 200, ...cursor })),
    rules.map(({ target, ...rule }) => ({
      name: rule.name,
      create: () => call('inboundRules.create', { ...scope, ...rule, target: targetOf(target) }),
    })),
  )
  if (tenant.defaultTarget === undefined) {
    const { version } = await call('tenants.get', scope)
    await call('tenants.update', { ...scope, version, defaultTarget: targetOf('Reception') })
  }
  if (tenant.tenantKey === undefined)
    throw new Error('The demo could not be set up: its actor may not see the tenant key')
  return tenant.tenantKey
}

/** A tenant to look at, and calls that never stop: about one a second, played in real time. */
export const startDemo = async (parts: DemoParts): Promise<{ stop(): Promise<void> }> => {
  const { log, webhooksUrl } = parts
  const tenantKey = await setUp(createCaller(parts))
  let wrongAnswers = 0
  const simulation = startSimulation(
    // Another seed with every start: the demo is to be watched, not repeated.
    { ...scenario, seed: Date.now() % 2 ** 31 },
    { url: webhooksUrl, tenantKey },
    {
      onProgress(progress) {
        if (progress.wrongAnswers > wrongAnswers)
          log.warn({ wrongAnswers: progress.wrongAnswers }, 'The demo got answers it could not use')
        wrongAnswers = progress.wrongAnswers
      },
    },
  )
  log.info({ domain, callsPerSecond: scenario.rate }, 'The demo tenant is set up and receives simulated calls')
  const done = simulation.done.then(
    () => undefined,
    (error: unknown) => log.error({ err: error }, 'The simulated calls of the demo have stopped'),
  )
  return {
    async stop() {
      simulation.stop({ hangUp: true })
      await done
    },
  }
}

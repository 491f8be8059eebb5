import { setTimeout as wait } from 'node:timers/promises'
import { randomUUID } from 'node:crypto'
import { findRedisServer } from '../scripts/machine.ts'
import { startRedis } from '../test/support/redis.ts'
import { createKeyedLock } from '../server/adapters/memory/keyed-lock.ts'
import { openRedis } from '../server/adapters/redis/open-redis.ts'
import { startBare } from './http/bare.ts'
import { runFullLoad } from './http/full-load.ts'
import { createVoiceRequests } from './http/voice-requests.ts'
import { createEmbeddedRuntimeState } from '../server/adapters/memory/embedded-runtime-state.ts'
import { buildDocument } from '../server/domain/routing/build-document.ts'
import { classify } from '../server/domain/routing/call-numbers.ts'
import { nothingTried } from '../server/domain/routing/routing.ts'
import { defaultRetryOn, routeInbound } from '../server/domain/routing/routing-engine.ts'
import { createRouteTableBuilder, type RouteTable } from '../server/domain/routing/route-table.ts'
import type { OutboundWay } from '../server/domain/routing/route.ts'
import type { RoutingConfig } from '../server/domain/routing/routing-config.ts'
import { defaultCircuitPolicy } from '../server/operations/tenant-directory.ts'
import type { RuntimeState } from '../server/ports/runtime-state.ts'
import type { Bench, Figure } from './figures.ts'
import { percentile } from './figures.ts'
import { routeOf } from './routes.ts'
import { benchAgents, benchGroups, numberOf, quiet, tenantId } from './site.ts'

const sizes = [100, 10_000, 1_000_000] as const
const warmUp = 20_000
const decisions = 100_000

const tableOf = (rules: number): RouteTable => {
  const builder = createRouteTableBuilder()
  for (let n = 0; n < rules; n += 1) builder.add(routeOf(n))
  return builder.build()
}

const configOf = (rules: RouteTable): RoutingConfig => {
  const agents = benchAgents()
  return {
    tenantId,
    configVersion: 1,
    defaultCountry: 'US',
    ringTimeoutSeconds: 25,
    timeLimitSeconds: 14_400,
    retriesCancelled: false,
    circuitPolicy: defaultCircuitPolicy,
    providerLimits: {},
    sayLanguage: 'en-US',
    numbers: new Map(),
    trunks: new Map(),
    trunkRetryOn: [],
    trunkMaxAttempts: 3,
    trunkRingTimeoutSeconds: 60,
    outboundAllow: [],
    outboundDeny: [],
    outboundRules: createRouteTableBuilder<OutboundWay>().build(),
    providers: new Map([
      [
        'vapi',
        {
          key: 'vapi',
          displayName: 'Vapi',
          dialAs: 'service',
          valueKind: 'e164',
          credentials: 'optional',
          enabled: true,
        },
      ],
    ]),
    agents: new Map(agents.map((agent) => [agent.id, { ...agent, circuit: agent.circuitOverride }])),
    groups: new Map(
      benchGroups().map(({ settings, ...group }) => [
        group.id,
        {
          ...group,
          windowMs: settings.windowHours * 3_600_000,
          ringTimeoutSeconds: 25,
          maxAttempts: settings.maxAttempts,
          retryOn: defaultRetryOn,
        },
      ]),
    ),
    schedules: new Map(),
    agentNumbers: new Set(agents.map(({ value }) => value)),
    rules,
  }
}

const noJournal = { saveTally: () => undefined, deleteTally: () => undefined, load: () => Promise.resolve([]) }

const undisturbed = { trialMs: 35_000, providerLimits: {}, chance: 0.5 }

/** One decision with its explanation, its slot taken and counted, up to the document as data. Answers how long it took, in µs. */
const decide = async (config: RoutingConfig, runtime: RuntimeState, n: number, rules: number): Promise<number> => {
  const number = numberOf((n * 7919) % rules)
  const read = { text: number, number, how: 'international' }
  const numbers = { from: { text: '+12025550123', number: '+12025550123', how: 'international' }, to: read }
  const nowMs = 1_764_000_000_000 + n
  const leaseKey = `token-${n}\n1`
  const startedAt = process.hrtime.bigint()
  classify(config, false, numbers)
  const walk = routeInbound(config, numbers, { ...nothingTried, caller: '+12025550123', atMs: nowMs })
  let step = walk.next()
  while (!step.done) {
    if ('trunks' in step.value) throw new Error('an inbound rule to an agent group asks for no trunk')
    const { ringTimeoutSeconds, ...question } = step.value
    const leaseMs = (ringTimeoutSeconds + 14_460) * 1000
    step = walk.next(await runtime.select({ tenantId, ...question, ...undisturbed, leaseKey, leaseMs, nowMs }))
  }
  buildDocument(config, step.value, 'token', '/voice/key/dial-result?s=state')
  const micros = Number(process.hrtime.bigint() - startedAt) / 1000
  const { agent } = step.value
  if (agent) await runtime.release(tenantId, agent.id, agent.provider, leaseKey)
  return micros
}

const atOnce = 64

/** Decisions a second with that many under way. */
const throughput = async (config: RoutingConfig, runtime: RuntimeState, seconds: number): Promise<number> => {
  let n = 0
  const until = async (endsAt: number): Promise<void> => {
    while (performance.now() < endsAt) {
      await decide(config, runtime, (n += 1), 10_000)
      // What answers at once would never let the clock be read.
      if (n % 100 === 0) await wait(0)
    }
  }
  const run = (ms: number) => Promise.all(Array.from({ length: atOnce }, () => until(performance.now() + ms)))
  await run(1000)
  n = 0
  const startedAt = performance.now()
  await run(seconds * 1000)
  return (n / (performance.now() - startedAt)) * 1000
}

interface Closable {
  readonly runtime: RuntimeState
  close(): Promise<void>
}

const openSharedRuntimeState = async (url: string): Promise<Closable> => {
  const { runtime, close } = await openRedis({
    url,
    site: 'bench',
    secret: Buffer.alloc(32, 1),
    lock: createKeyedLock(),
    inFlight: () => Promise.resolve([]),
    find: () => Promise.resolve(undefined),
    openCircuits: () => Promise.resolve([]),
    register: { sign: () => Promise.resolve([]), leave: () => Promise.resolve() },
    openLocal: () => createEmbeddedRuntimeState(noJournal, []),
    newId: randomUUID,
    log: quiet,
    onLost: () => undefined,
    onBack: () => undefined,
    onMessage: () => undefined,
    onGap: () => undefined,
    onUnfit: () => undefined,
    steadyMs: () => 0,
  })
  return { runtime, close }
}

/** Both implementations of the runtime state against what the transport alone manages. */
const compareWithBare = async (seconds: number): Promise<Figure[]> => {
  const config = configOf(tableOf(10_000))
  const bare = await startBare('<Response/>')
  const redis = findRedisServer() === undefined ? undefined : await startRedis()
  try {
    const { perSecond } = await runFullLoad(bare.url, createVoiceRequests(new URL(bare.url).host, 10_000), {
      seconds,
      connections: 100,
    })
    const embedded = await createEmbeddedRuntimeState(noJournal, [])
    const states: [string, Closable][] = [['embedded', { runtime: embedded, close: () => embedded.close() }]]
    if (redis) states.push(['Redis on loopback', await openSharedRuntimeState(redis.url)])
    const figures: Figure[] = [{ what: 'bare Fastify route', value: perSecond, unit: 'requests/s' }]
    for (const [name, { runtime, close }] of states) {
      const decided = await throughput(config, runtime, seconds)
      figures.push(
        { what: `decisions, ${name}`, value: decided, unit: 'decisions/s' },
        { what: `decisions to bare requests, ${name}`, value: decided / perSecond, unit: '×' },
      )
      await close()
    }
    return figures
  } finally {
    await bare.child.stop()
    await redis?.dispose()
  }
}

/** The decision alone: matching, choice, explanation, document as data; no phone parsing, no XML, no transport, no store. */
export const benchRouting: Bench = async ({ seconds }) => {
  const medians = new Map<number, number>()
  const figures: Figure[] = []
  for (const rules of sizes) {
    const config = configOf(tableOf(rules))
    const runtime = await createEmbeddedRuntimeState(noJournal, [])
    for (let n = 0; n < warmUp; n += 1) await decide(config, runtime, n, rules)
    const micros: number[] = []
    for (let n = 0; n < decisions; n += 1) micros.push(await decide(config, runtime, warmUp + n, rules))
    const middle = percentile(micros, 0.5)
    medians.set(rules, middle)
    const label = `${rules.toLocaleString('en').replaceAll(',', ' ')} rules`
    figures.push(
      { what: `${label}, median`, value: middle, unit: 'µs', ...(rules === 10_000 && { target: { atMost: 10 } }) },
      { what: `${label}, p99`, value: percentile(micros, 0.99), unit: 'µs' },
    )
  }
  const ratio = (medians.get(1_000_000) ?? NaN) / (medians.get(100) ?? NaN)
  figures.push(...(await compareWithBare(seconds)))
  figures.push({ what: '1 000 000 rules to 100 rules, medians', value: ratio, unit: '×', target: { atMost: 2 } })
  return {
    title: 'One decision in process',
    figures,
    notes: [
      `${decisions.toLocaleString('en').replaceAll(',', ' ')} decisions each, one after the other; groups of ten members`,
      `${atOnce} under way at once where decisions a second are told, and each gives its slot back: two round trips to Redis`,
      'to a third exact numbers, else prefixes; explanation, slot and count of the rotation included',
    ],
  }
}

import { setTimeout as wait } from 'node:timers/promises'
import { type Bench, type Figure, median, type Section } from './figures.ts'
import { startRedis } from '../test/support/redis.ts'
import { startBare, type Target } from './http/bare.ts'
import { cpuTimes, residentMiB } from './http/child.ts'
import { type LoadResult, runFullLoad } from './http/full-load.ts'
import { runSteadyLoad } from './http/steady-load.ts'
import { ownerToken, startSwitchyard } from './http/switchyard.ts'
import { createVoiceRequests } from './http/voice-requests.ts'
import { makeSite } from './site.ts'

const ruleCount = 100_000
const connections = 100
const rounds = 3
const steadyPerSecond = 2000

interface Round extends LoadResult {
  /** Processor time per request: of the whole process, of its main thread, of the load generator. */
  readonly cpu: number
  readonly mainCpu: number
  readonly generatorCpu: number
}

const readMetric = async (admin: string, name: string): Promise<number> => {
  const answer = await fetch(`${admin}/metrics`, { headers: { authorization: `Bearer ${ownerToken}` } })
  return Number(new RegExp(`^${name} (\\S+)$`, 'm').exec(await answer.text())?.[1] ?? NaN)
}

const askOnce = async (url: string, next: () => Buffer): Promise<string> => {
  const [head = '', body = ''] = next().toString('latin1').split('\r\n\r\n')
  const headers = Object.fromEntries(
    head
      .split('\r\n')
      .slice(1)
      .map((line): [string, string] => [line.slice(0, line.indexOf(':')), line.slice(line.indexOf(':') + 2)])
      .filter(([name]) => !['Host', 'Connection', 'Content-Length'].includes(name)),
  )
  return (await fetch(url, { method: 'POST', headers, body })).text()
}

const runRound = async ({ child, url }: Target, seconds: number): Promise<Round> => {
  const next = createVoiceRequests(new URL(url).host, ruleCount)
  const before = cpuTimes(child.pid)
  const own = process.cpuUsage()
  const load = await runFullLoad(url, next, { seconds, connections })
  const after = cpuTimes(child.pid)
  const { user, system } = process.cpuUsage(own)
  const per = (micros: number) => micros / load.requests
  return {
    ...load,
    cpu: per((after?.process ?? NaN) - (before?.process ?? NaN)),
    mainCpu: per((after?.main ?? NaN) - (before?.main ?? NaN)),
    generatorCpu: per(user + system),
  }
}

const middle = (all: readonly Round[], pick: (round: Round) => number): number => median(all.map(pick))

/** Voice requests over real sockets against a bare Fastify route that parses the same body and returns the same document. */
const benchVoiceRequests = async (
  seconds: number,
  redis: { readonly url: string } | undefined,
  { ratio, p99 }: { readonly ratio: number; readonly p99: number },
): Promise<Section> => {
  const site = await makeSite(ruleCount)
  const switchyard = await startSwitchyard(site.dataDir, redis?.url)
  const document = await askOnce(switchyard.url, createVoiceRequests(new URL(switchyard.url).host, ruleCount))
  const bare = await startBare(document)
  try {
    for (const target of [bare, switchyard]) await runRound(target, seconds)
    const bareRounds: Round[] = []
    const ourRounds: Round[] = []
    const backlogs: number[] = []
    for (let n = 0; n < rounds; n += 1) {
      bareRounds.push(await runRound(bare, seconds))
      const ours = await runRound(switchyard, seconds)
      ourRounds.push(ours)
      backlogs.push((await readMetric(switchyard.admin, 'switchyard_write_backlog')) / ours.perSecond)
    }
    await wait(500)
    const { hostname, port } = new URL(switchyard.url)
    const steady = await runSteadyLoad(
      { host: hostname, port: Number(port) },
      createVoiceRequests(new URL(switchyard.url).host, ruleCount),
      { seconds, connections, perSecond: steadyPerSecond },
    )
    const perSecond = (all: readonly Round[]) => middle(all, (round) => round.perSecond)
    const failures = [...bareRounds, ...ourRounds].reduce((sum, round) => sum + round.failures, 0)
    const rss = residentMiB(switchyard.child.pid)
    const figures: Figure[] = [
      { what: 'bare Fastify route', value: perSecond(bareRounds), unit: 'requests/s' },
      { what: 'voice requests', value: perSecond(ourRounds), unit: 'requests/s' },
      {
        what: 'ratio to bare',
        value: perSecond(ourRounds) / perSecond(bareRounds),
        unit: '×',
        target: { atLeast: ratio },
      },
      { what: 'write backlog when the load ends', value: Math.max(...backlogs), unit: 's', target: { atMost: 1 } },
      { what: 'p99 under full load', value: middle(ourRounds, (round) => round.p99), unit: 'ms' },
      { what: 'processor time, bare', value: middle(bareRounds, (round) => round.cpu), unit: 'µs/request' },
      { what: 'processor time, whole server', value: middle(ourRounds, (round) => round.cpu), unit: 'µs/request' },
      { what: 'processor time, main thread', value: middle(ourRounds, (round) => round.mainCpu), unit: 'µs/request' },
      {
        what: 'processor time, generator',
        value: middle(ourRounds, (round) => round.generatorCpu),
        unit: 'µs/request',
      },
      { what: `p50 at ${steadyPerSecond} requests/s`, value: steady.p50, unit: 'ms' },
      { what: `p99 at ${steadyPerSecond} requests/s`, value: steady.p99, unit: 'ms', target: { atMost: p99 } },
      { what: `worst at ${steadyPerSecond} requests/s`, value: steady.worst, unit: 'ms', target: { atMost: 100 } },
      { what: 'resident memory after that', value: rss ?? NaN, unit: 'MiB' },
      {
        what: 'answers sent before they were written',
        value: await readMetric(switchyard.admin, 'switchyard_undurable_answers_total'),
        unit: '',
      },
      { what: 'failed or unanswered requests', value: failures + steady.unanswered, unit: '', target: { atMost: 0 } },
    ]
    return {
      title: `POST /voice/…/application: 1 000 agents, 100 groups, 100 000 rules, audit and explanation on, ${redis ? 'Redis on loopback' : 'embedded state'}`,
      figures,
      notes: [
        `autocannon, ${connections} connections, one process on the same cores; ${rounds} rounds of ${seconds} s each in turn, medians`,
        `steady pace: a sender of our own with evenly spaced requests (it sent ${Math.round(steady.perSecond)}/s)`,
      ],
    }
  } finally {
    await bare.child.stop()
    await switchyard.child.stop()
    await site.remove()
  }
}

export const benchHttp: Bench = ({ seconds }) => benchVoiceRequests(seconds, undefined, { ratio: 0.5, p99: 3 })

export const benchHttpOnRedis: Bench = async ({ seconds }) => {
  const redis = await startRedis()
  try {
    return await benchVoiceRequests(seconds, redis, { ratio: 0.35, p99: 5 })
  } finally {
    await redis.dispose()
  }
}

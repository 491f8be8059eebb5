import { readFile } from 'node:fs/promises'
import { Command } from 'commander'
import {
  assertListening,
  createRandom,
  createSessionBook,
  fetchExpectations,
  isGood,
  judgeShares,
  parseScenario,
  printSummary,
  randomFaults,
  ScenarioError,
  startFakeApi,
  startSimulation,
  verifyCalls,
  type PlayedCall,
  type Progress,
  type Scenario,
  type ScenarioInput,
  type SessionBook,
} from '../../simulator/index.ts'
import { addHistoryOptions, runHistory, strayHistoryOption, type HistoryOptions } from './history.ts'
import { localListener } from './local-listener.ts'
import { number } from './number.ts'

interface Options {
  readonly url: string
  readonly tenantKey: string
  readonly bearer?: string
  readonly scenario?: string
  readonly calls?: number
  readonly concurrency?: number
  readonly rate?: number
  readonly seed?: number
  readonly timeScale?: number
  readonly duplicates?: number
  readonly reorder?: number
  readonly to?: readonly string[]
  readonly domain?: string
  readonly verify?: true
  readonly api: string
  readonly token?: string
  readonly tenant?: string
  readonly apiPort?: number
  readonly apiKey?: string
  readonly json?: true
}

const readScenario = async (path: string): Promise<ScenarioInput> => {
  const text = await readFile(path, 'utf8').catch((cause: unknown) => {
    throw new ScenarioError(`Cannot read the scenario ${path}`, { cause })
  })
  try {
    return JSON.parse(text) as ScenarioInput
  } catch (cause) {
    throw new ScenarioError(
      `The scenario ${path} is not JSON: ${cause instanceof Error ? cause.message : String(cause)}`,
      { cause },
    )
  }
}

/** What the command line says wins over the file. */
const overrides = (options: Options): ScenarioInput =>
  Object.fromEntries(
    Object.entries({
      calls: options.calls,
      concurrency: options.concurrency,
      rate: options.rate,
      seed: options.seed,
      timeScale: options.timeScale,
      duplicates: options.duplicates,
      reorder: options.reorder,
      to: options.to,
      domain: options.domain,
    }).filter(([, value]) => value !== undefined),
  )

const apiAccess = ({ verify, api, token, tenant }: Options) => {
  if (!verify) return undefined
  if (token === undefined || tenant === undefined)
    throw new ScenarioError('--verify needs --token and --tenant as well')
  return { url: api, token, tenantId: tenant }
}

const showProgress = ({ callsDone, callsWanted, inFlight, callsPerSecond, wrongAnswers }: Progress): void => {
  const wanted = callsWanted === 0 ? '' : ` of ${callsWanted}`
  process.stderr.write(
    `${callsDone}${wanted} calls done, ${callsPerSecond}/s, ${inFlight} in flight, ${wrongAnswers} wrong answers\n`,
  )
}

const showReading = (calls: number): void => {
  process.stderr.write(`Reading why ${calls} calls went where they went\n`)
}

const serveApi = async (
  { apiPort, apiKey }: Options,
  { api, domain, seed }: Scenario,
  sessions: SessionBook,
): Promise<{ close(): Promise<void> } | undefined> => {
  if (apiPort === undefined) return undefined
  const { errors, slow, slowSeconds, requestsPerWindow } = api
  const served = await startFakeApi({
    port: apiPort,
    apiKey,
    domains: [domain],
    sessions,
    requestsPerWindow,
    fault: randomFaults({ errors, slow, slowMs: slowSeconds * 1000 }, createRandom(seed)),
  })
  process.stderr.write(`Cloudonix API: ${served.url} (start the server with SWITCHYARD_CLOUDONIX_URL=${served.url})\n`)
  return served
}

const simulate = async (options: Options): Promise<void> => {
  const access = apiAccess(options)
  await assertListening(options.url)
  const expectations = access && (await fetchExpectations(access))
  const file = options.scenario === undefined ? {} : await readScenario(options.scenario)
  const scenario = parseScenario({
    ...(expectations && { domain: expectations.domain }),
    ...file,
    ...overrides(options),
    ...(expectations && { expect: { groups: expectations.groups, ...file.expect } }),
  })
  const sessions = createSessionBook()
  const api = await serveApi(options, scenario, sessions)
  const played: PlayedCall[] = []
  const startedMs = Date.now()
  const simulation = startSimulation(
    scenario,
    { url: options.url, tenantKey: options.tenantKey, bearer: options.bearer },
    {
      onProgress: showProgress,
      onCallEnd: access && ((call) => played.push(call)),
      sessions: api && sessions,
    },
  )
  let interrupts = 0
  const interrupt = (): void => {
    interrupts += 1
    process.stderr.write(interrupts === 1 ? 'Finishing the calls in flight; once more to hang up\n' : 'Hanging up\n')
    simulation.stop({ hangUp: interrupts > 1 })
  }
  process.on('SIGINT', interrupt)
  process.on('SIGTERM', interrupt)
  const run = await simulation.done
  await api?.close()
  process.off('SIGINT', interrupt)
  process.off('SIGTERM', interrupt)

  const records = access && (await verifyCalls(played, access, startedMs))
  const shares =
    access && (await judgeShares(run.groups, scenario.expect.groups ?? [], played, access, startedMs, showReading))
  const summary = { ...run, groups: shares?.groups ?? run.groups }
  const verification = records && shares && { ...records, circuits: shares.circuits, foundNobody: shares.foundNobody }
  process.stdout.write(
    options.json
      ? `${JSON.stringify({ ...summary, verification }, null, 2)}\n`
      : `${printSummary(summary, verification)}\n`,
  )
  if (!isGood(summary) || (verification?.mismatches.length ?? 0) > 0) process.exitCode = 1
}

const playOptions = (command: Command): Command =>
  command
    .description('play Cloudonix against a running server and judge its answers, or write calls of the past')
    .option('--url <url>', 'webhook listener', localListener('SWITCHYARD_PORT', 8080))
    .option('--tenant-key <key>', "the tenant's key, as in its webhook URLs")
    .option('--bearer <key>', "the tenant's webhook API key, where one is set")
    .option('--scenario <file>', 'scenario as JSON; the options below win over it')
    .option('--calls <n>', 'how many calls; played ones go on until interrupted with 0', number)
    .option('--concurrency <n>', 'calls at the same time', number)
    .option('--rate <n>', 'new calls per second', number)
    .option('--seed <n>', 'the same seed makes the same decisions', number)
    .option('--time-scale <n>', 'how much faster than real time', number)
    .option('--duplicates <share>', 'share of requests sent twice', number)
    .option('--reorder <share>', 'share of calls whose events come out of order', number)
    .option('--to <number...>', 'numbers called')
    .option('--domain <domain>', 'the Cloudonix domain that calls')
    .option('--verify', 'compare the call records with what was played')
    .option('--api <url>', 'admin listener, for --verify', localListener('SWITCHYARD_ADMIN_PORT', 8081))
    .option('--token <token>', 'API token, for --verify')
    .option('--tenant <id>', 'tenant id, for --verify and --history')
    .option('--api-port <n>', 'serve the Cloudonix API of the calls on this port as well; 0 takes a free one', number)
    .option('--api-key <key>', 'the only key which that API lets in')
    .option('--json', 'summary as JSON')

const simulateOrWriteHistory = async (options: Partial<Options> & HistoryOptions, command: Command): Promise<void> => {
  if (options.history) return runHistory(options)
  const stray = strayHistoryOption(options)
  if (stray !== undefined) throw new ScenarioError(`option '${stray}' goes with --history`)
  // With --history there is no need for it, so it is not required of everybody.
  if (options.tenantKey === undefined) throw new ScenarioError("required option '--tenant-key <key>' not specified")
  return simulate(command.opts<Options>())
}

export const createSimulateCommand = (): Command =>
  addHistoryOptions(playOptions(new Command('simulate'))).action(
    async (options: Partial<Options> & HistoryOptions, command: Command) => {
      try {
        await simulateOrWriteHistory(options, command)
      } catch (error) {
        if (!(error instanceof ScenarioError)) throw error
        command.error(`error: ${error.message}`)
      }
    },
  )

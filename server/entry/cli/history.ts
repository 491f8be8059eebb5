import { randomInt } from 'node:crypto'
import { resolve } from 'node:path'
import { InvalidArgumentError, Option, type Command } from 'commander'
import { DomainError, openCallHistory } from '../../index.ts'
import { readConfig } from '../read-config.ts'
import { makeSampleConfiguration } from '../sample-configuration.ts'
import { writeHistory } from '../write-history.ts'
import { number } from './number.ts'

export interface HistoryOptions {
  readonly history?: true
  readonly days?: number
  readonly until?: number
  readonly dataDir?: string
  readonly payloadShare?: number
  readonly sampleConfiguration?: true
  readonly force?: true
  readonly calls?: number
  readonly seed?: number
  readonly tenant?: string
}

const dayMs = 86_400_000
const usual = { days: 30, calls: 100_000, seed: 1, payloadShare: 0.01 }

const time = (text: string): number => {
  const ms = Date.parse(text)
  if (Number.isNaN(ms)) throw new InvalidArgumentError('Not a time like 2026-03-31 or 2026-03-31T12:00:00Z.')
  return ms
}

/** What says something only to one of the two. */
const playedOnly = [
  ...['tenantKey', 'bearer', 'scenario', 'concurrency', 'rate', 'timeScale', 'duplicates', 'reorder', 'to', 'domain'],
  ...['url', 'verify', 'api', 'token', 'apiPort', 'apiKey', 'json'],
]
const historyOnly = ['days', 'until', 'dataDir', 'payloadShare', 'sampleConfiguration', 'force'] as const

export const addHistoryOptions = (command: Command): Command =>
  command
    .optionsGroup('Calls of the past:')
    .addOption(
      new Option('--history', 'write calls of the past into a data directory that no server works in').conflicts(
        playedOnly,
      ),
    )
    .option('--days <n>', `how many days of them (${usual.days})`, number)
    .option('--until <time>', 'when the last day ends; now unless set', time)
    .option('--data-dir <path>', 'the data directory; SWITCHYARD_DATA_DIR unless set')
    .option(
      '--payload-share <share>',
      `share of calls with decisions and webhook bodies (${usual.payloadShare})`,
      number,
    )
    .option('--sample-configuration', 'make agents, groups, rules and trunks first')
    .option('--force', 'add to calls that are there in that time')

/** An option that does nothing without --history; undefined when there is none. */
export const strayHistoryOption = (options: HistoryOptions): string | undefined => {
  const stray = historyOnly.find((name) => options[name] !== undefined)
  return stray && `--${stray.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`
}

const positive = (name: string, value: number, limit: number): number => {
  if (value > 0 && value <= limit) return value
  throw new DomainError('INVALID_INPUT', `${name} is ${value}; it wants more than 0 and at most ${limit}`)
}

const rangeOf = ({
  days = usual.days,
  until,
  calls = usual.calls,
  seed = usual.seed,
  payloadShare,
}: HistoryOptions) => {
  const endMs = until ?? Date.now()
  const share = payloadShare ?? usual.payloadShare
  if (!(share >= 0 && share <= 1))
    throw new DomainError('INVALID_INPUT', `--payload-share is ${share}; it wants a share from 0 to 1`)
  return {
    startMs: endMs - Math.round(positive('--days', days, 3660) * dayMs),
    endMs,
    calls: Math.floor(positive('--calls', calls, 1_000_000_000)),
    seed,
    run: randomInt(36 ** 4)
      .toString(36)
      .padStart(4, '0'),
    payloadShare: share,
  }
}

const say = (text: string): void => void process.stderr.write(`${text}\n`)

/** Writes a history, telling how far it is; a signal ends it after the transaction that is under way. */
export const runHistory = async (options: HistoryOptions): Promise<void> => {
  const range = rangeOf(options)
  const config = readConfig(process.env, options.dataDir === undefined ? {} : { dataDir: resolve(options.dataDir) })
  const tenantId = options.sampleConfiguration ? await makeSampleConfiguration(config, options.tenant) : options.tenant
  const history = await openCallHistory(config)
  const stopping = new AbortController()
  const stop = (): void => stopping.abort()
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, stop)
  try {
    const { calls, seconds, tenantName } = await writeHistory(
      history,
      { ...range, tenantId, force: options.force },
      {
        isStopped: () => stopping.signal.aborted,
        onProgress: ({ calls: done, callsWanted, callsPerSecond, reachedMs }) =>
          say(`${done} of ${callsWanted} calls, ${callsPerSecond}/s, up to ${new Date(reachedMs).toISOString()}`),
      },
    )
    const rate = `in ${seconds.toFixed(1)} s, ${Math.round(calls / seconds)}/s`
    if (stopping.signal.aborted) {
      say(
        `Interrupted: ${calls} of ${range.calls} calls are written; add the rest with --force, or begin with a new tenant`,
      )
      process.exitCode = 130
    } else process.stdout.write(`${calls} calls of tenant ${tenantName} written ${rate}, into ${config.dataDir}\n`)
  } finally {
    say('Closing the database')
    await history.close()
  }
}

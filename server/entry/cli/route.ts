import { readFile } from 'node:fs/promises'
import { Command, Option } from 'commander'
import { directions, type Direction } from '../../../shared/vocabulary.ts'
import { ApiError, findTenant, invoke } from './api-client.ts'
import { askingServer, orSay, type ApiOptions } from './api-command.ts'
import { tellCall, tellExplanation } from './story.ts'

interface AnswerOptions extends ApiOptions {
  readonly json?: true
}
interface TestOptions extends AnswerOptions {
  readonly to?: string
  readonly from: string
  readonly direction?: Direction
  readonly csv?: string
}

const print = (lines: readonly string[]): void => void process.stdout.write(`${lines.join('\n')}\n`)

const readCsv = async (file: string): Promise<string> =>
  readFile(file, 'utf8').catch((cause: unknown) => {
    throw new ApiError(`Cannot read ${file}`, { cause })
  })

const testMany = async (options: TestOptions, tenantId: string, file: string): Promise<void> => {
  const { items, badRows, csv } = await invoke({ url: options.api, token: options.token }, 'routing.testBatch', {
    tenantId,
    csv: await readCsv(file),
    format: 'csv',
    ...(options.direction && { direction: options.direction }),
  })
  process.stdout.write(options.json ? `${JSON.stringify({ items, badRows }, null, 2)}\n` : (csv ?? ''))
  for (const { line, problem } of items)
    if (problem !== undefined) process.stderr.write(`${file}, line ${line}: ${problem}\n`)
  if (badRows > 0) process.exitCode = 1
}

const test = async (options: TestOptions): Promise<void> => {
  const { to, from, direction, csv } = options
  if ((to === undefined) === (csv === undefined))
    throw new ApiError('Say which number is called with --to, or name a file of numbers with --csv')
  const access = { url: options.api, token: options.token }
  const tenantId = await findTenant(access, options.tenant)
  if (csv !== undefined) return testMany(options, tenantId, csv)
  const result = await invoke(access, 'routing.test', { tenantId, from, to: to ?? '', ...(direction && { direction }) })
  print(options.json ? [JSON.stringify(result, null, 2)] : [...tellExplanation(result.explanation), '', result.cxml])
}

const explain = async (call: string, options: AnswerOptions): Promise<void> => {
  const access = { url: options.api, token: options.token }
  const tenantId = await findTenant(access, options.tenant)
  const found = await invoke(access, 'calls.get', { tenantId, id: call })
  const explained = await invoke(access, 'calls.explain', { tenantId, id: call })
  print(
    options.json ? [JSON.stringify({ ...explained, stored: found.decisions }, null, 2)] : tellCall(found, explained),
  )
  if (explained.outcome === 'different') process.exitCode = 1
}

export const createRouteCommand = (): Command => {
  const route = new Command('route').description('ask a running server how it routes; nothing is changed')
  askingServer(route.command('test').description('what would happen to a call, or to each call of a CSV file'))
    .option('--to <number>', 'the number called')
    .option('--from <number>', 'the number that calls', '')
    .addOption(new Option('--direction <direction>', 'instead of finding out').choices(directions))
    .option('--json', 'answer as JSON')
    .option('--csv <file>', 'a file with the columns from and to; the answer is CSV too')
    .action((options: TestOptions, command: Command) => orSay(command, test(options)))
  askingServer(
    route.command('explain').description('what was decided for a call, why, and whether the same comes of it again'),
  )
    .argument('<call>', 'id or session token')
    .option('--json', 'answer as JSON')
    .action((call: string, options: AnswerOptions, command: Command) => orSay(command, explain(call, options)))
  return route
}

import type { Input, Output } from '../../shared/contract/index.ts'
import { mostTestRows, type TestedRow } from '../../shared/contract/routing-tests.ts'
import { DomainError } from '../domain/errors.ts'
import { longestNumber } from '../domain/numbers/read-number.ts'
import type { CsvDelimiter, CsvText } from '../ports/csv.ts'
import type { Clock } from '../ports/system.ts'
import type { DryRun } from './dry-run.ts'
import { createSlices } from './in-slices.ts'
import type { TenantInForce } from './tenant-directory.ts'

type Asked = Pick<Input<'routing.testBatch'>, 'rows' | 'csv' | 'format' | 'direction' | 'atMs'>
type Row = Pick<TestedRow, 'line' | 'from' | 'to' | 'problem'>

const refuse = (path: string, message: string): never => {
  throw new DomainError('INVALID_INPUT', message, [{ path, message }])
}

const columns = [
  'line',
  'from',
  'to',
  'problem',
  'fromNumber',
  'toNumber',
  'direction',
  'ruleId',
  'ruleName',
  'groupId',
  'groupName',
  'agentId',
  'agentName',
  'trunkId',
  'trunkName',
  'target',
  'summary',
] as const satisfies readonly (keyof TestedRow)[]

const cell = (value: TestedRow[keyof TestedRow]): string => {
  if (value === undefined) return ''
  if (typeof value !== 'object') return String(value)
  return 'id' in value
    ? `${value.type} ${value.id}`
    : 'value' in value
      ? `${value.type} ${value.value ?? ''}`
      : value.type
}

/** What is wrong with a number before anybody reads it. */
const check = (line: number, from: string, to: string | undefined): Row => {
  const long = [from, to ?? ''].some((text) => text.length > longestNumber)
  const problem = long
    ? `A number is longer than ${longestNumber} characters`
    : to === undefined || to === ''
      ? 'The number that is called is missing'
      : undefined
  return { line, from, to: to ?? '', ...(problem !== undefined && { problem }) }
}

/** A row is a line, whatever is in it, so that a stray quote spoils no other row. */
function* rowsOfText(csv: CsvText, text: string): Generator<Row> {
  const lines = text.replace(/^\ufeff/, '').split(/\r\n|\n|\r/)
  const isFilled = (line: string): boolean => line.trim() !== ''
  const first = lines.findIndex(isFilled)
  const header = lines[first] ?? ''
  const delimiter: CsvDelimiter = header.includes(';') && !header.includes(',') ? ';' : ','
  const names = csv.readLine(header, delimiter)
  const places = typeof names === 'string' ? [] : names.map((name) => name.toLowerCase())
  const [from, to] = [places.indexOf('from'), places.indexOf('to')]
  if (to < 0)
    refuse('/csv', 'The CSV text has no column "to"; begin it with a line that names the columns, as in from,to')
  for (const [i, line] of lines.entries()) {
    if (i <= first || !isFilled(line)) continue
    const cells = csv.readLine(line, delimiter)
    if (typeof cells === 'string') yield { line: i + 1, from: '', to: line, problem: cells }
    else yield check(i + 1, cells[from] ?? '', cells[to])
  }
}

function* rowsOf(csv: CsvText, asked: Asked): Generator<Row> {
  if ((asked.rows === undefined) === (asked.csv === undefined))
    refuse('/rows', 'Give the numbers either as rows or as csv')
  if (asked.csv !== undefined) yield* rowsOfText(csv, asked.csv)
  else for (const [i, { from = '', to }] of (asked.rows ?? []).entries()) yield check(i + 1, from, to)
}

export const createTestBatch =
  (dryRun: DryRun, csv: CsvText, clock: Pick<Clock, 'micros'>) =>
  async (inForce: TenantInForce, asked: Asked): Promise<Output<'routing.testBatch'>> => {
    const slice = createSlices(clock)
    const test = async (row: Row): Promise<TestedRow> => {
      if (row.problem !== undefined) return row
      const { from, to } = row
      const { decision, explanation } = await dryRun(inForce, {
        direction: asked.direction,
        atMs: asked.atMs,
        from,
        to,
      })
      const { agentId, agentName, groupId, ruleId, target, trunkId, trunkName } = decision
      return {
        ...row,
        fromNumber: explanation.from?.number,
        toNumber: explanation.to?.number,
        direction: explanation.direction,
        ruleId,
        ruleName: ruleId === undefined ? undefined : inForce.ruleName(ruleId),
        groupId,
        groupName: groupId === undefined ? undefined : inForce.routing.groups.get(groupId)?.name,
        agentId,
        agentName,
        trunkId,
        trunkName,
        target,
        summary: explanation.summary,
      }
    }
    const rows: Row[] = []
    for (const row of rowsOf(csv, asked)) {
      if (rows.push(row) > mostTestRows)
        refuse('/csv', `There are more than ${mostTestRows} rows; test them in several parts`)
      await slice()
    }
    const items: TestedRow[] = []
    for (const row of rows) {
      items.push(await test(row))
      await slice()
    }
    return {
      items,
      badRows: items.filter(({ problem }) => problem !== undefined).length,
      ...(asked.format === 'csv' && {
        csv: csv.write(
          columns,
          items.map((item) => columns.map((column) => cell(item[column]))),
        ),
      }),
    }
  }

import { spawn } from 'node:child_process'
import { parseArgs } from 'node:util'
import { formatSection, type Bench, type Section } from './figures.ts'
import { findRedisServer } from '../scripts/machine.ts'
import { benchHttp, benchHttpOnRedis } from './http.ts'
import { benchRebuild } from './rebuild.ts'
import { benchRecords } from './records.ts'
import { benchRouting } from './routing.ts'
import { benchStore } from './store.ts'

/**
 * `npm run bench [-- --only routing|rebuild|store|http|http-redis|records] [--seconds 5] [--json]`, and for the records
 * `[--quick | --records 10000000] [--data-dir path]`
 */
const benches: Readonly<Record<string, Bench>> = {
  routing: benchRouting,
  rebuild: benchRebuild,
  store: benchStore,
  http: benchHttp,
  ...(findRedisServer() && { 'http-redis': benchHttpOnRedis }),
  records: benchRecords,
}

const { values } = parseArgs({
  options: {
    only: { type: 'string' },
    seconds: { type: 'string', default: '5' },
    json: { type: 'boolean', default: false },
    quick: { type: 'boolean', default: false },
    records: { type: 'string' },
    'data-dir': { type: 'string' },
  },
})

const seconds = Number(values.seconds)
if (!(seconds >= 1)) throw new Error(`--seconds wants 1 or more, not "${values.seconds}"`)

const given = (['records', 'data-dir', 'quick'] as const).find((name) => values[name])
if (given && values.only !== undefined && values.only !== 'records')
  throw new Error(
    `--${given} goes with --only records, or without --only, which then has them too; ${values.only} has no records`,
  )
if (values.quick && values.records !== undefined) throw new Error('--quick and --records say two different numbers')
const dataDir = values['data-dir']
const records = Number(values.records ?? (values.quick ? 1_000_000 : 10_000_000))
if (!(Number.isInteger(records) && records >= 1000))
  throw new Error(`--records wants a number from 1000, not "${values.records}"`)

/** Each in a process of its own: what one leaves on the heap or taught the compiler must not bear on the next. */
const runApart = async (name: string): Promise<Section> => {
  const own = name === 'records' ? ['--records', String(records), ...(dataDir ? ['--data-dir', dataDir] : [])] : []
  const args = [import.meta.filename, '--only', name, '--seconds', String(seconds), '--json', ...own]
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] })
  let text = ''
  for await (const chunk of child.stdout) text += String(chunk)
  return (JSON.parse(text) as { sections: [Section] }).sections[0]
}

const run = async (names: readonly string[]): Promise<void> => {
  const sections: Section[] = []
  for (const name of names) {
    const bench = benches[name]
    if (!bench) throw new Error(`--only wants one of ${Object.keys(benches).join(', ')}, not "${name}"`)
    const section = names.length === 1 ? await bench({ seconds, records, dataDir }) : await runApart(name)
    sections.push(section)
    if (!values.json) console.log(`${formatSection(section)}\n`)
  }
  if (values.json) console.log(JSON.stringify({ node: process.version, seconds, sections }, undefined, 2))
}

/** Ten million records take most of an hour and ten gigabytes: only who names them gets them. */
const usual = Object.keys(benches).filter((name) => name !== 'records' || given !== undefined)
await run(values.only === undefined ? usual : [values.only])

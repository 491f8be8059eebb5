import { spawn } from 'node:child_process'
import { parseArgs } from 'node:util'
import { formatSection, type Bench, type Section } from './figures.ts'
import { findRedisServer } from '../scripts/machine.ts'
import { benchHttp, benchHttpOnRedis } from './http.ts'
import { benchRebuild } from './rebuild.ts'
import { benchRouting } from './routing.ts'
import { benchStore } from './store.ts'

/** `npm run bench [-- --only routing|rebuild|store|http|http-redis] [--seconds 5] [--json]` */
const benches: Readonly<Record<string, Bench>> = {
  routing: benchRouting,
  rebuild: benchRebuild,
  store: benchStore,
  http: benchHttp,
  ...(findRedisServer() && { 'http-redis': benchHttpOnRedis }),
}

const { values } = parseArgs({
  options: {
    only: { type: 'string' },
    seconds: { type: 'string', default: '5' },
    json: { type: 'boolean', default: false },
  },
})

const seconds = Number(values.seconds)
if (!(seconds >= 1)) throw new Error(`--seconds wants 1 or more, not "${values.seconds}"`)

/** Each in a process of its own: what one leaves on the heap or taught the compiler must not bear on the next. */
const runApart = async (name: string): Promise<Section> => {
  const args = [import.meta.filename, '--only', name, '--seconds', String(seconds), '--json']
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
    const section = names.length === 1 ? await bench({ seconds }) : await runApart(name)
    sections.push(section)
    if (!values.json) console.log(`${formatSection(section)}\n`)
  }
  if (values.json) console.log(JSON.stringify({ node: process.version, seconds, sections }, undefined, 2))
}

await run(values.only === undefined ? Object.keys(benches) : [values.only])

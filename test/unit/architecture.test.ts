import { execFile } from 'node:child_process'
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { dirname, join, resolve } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'

interface Violation {
  from: string
  to: string
  rule: { name: string }
}
interface Report {
  summary: { totalCruised: number; violations: Violation[] }
}

const root = resolve(import.meta.dirname, '../..')
const configuration = join(root, '.dependency-cruiser.cjs')
const { forbidden } = createRequire(import.meta.url)(configuration) as { forbidden: { name: string }[] }

const cruise = (folder: string) =>
  new Promise<Report>((settle, reject) => {
    const tool = join(root, 'node_modules/dependency-cruiser/bin/dependency-cruiser.mjs')
    const options = [tool, '--config', configuration, '--output-type', 'json', '.']
    // Violations make it exit with their number; only silence means that it did not work.
    execFile(process.execPath, options, { cwd: folder, maxBuffer: 64 * 1024 * 1024 }, (error, output, complaint) => {
      if (output) settle(JSON.parse(output) as Report)
      else reject(new Error(complaint || 'dependency-cruiser said nothing', { cause: error }))
    })
  })

/** One import per rule that only this rule has to catch: [rule, importing file, imported module]. */
const planted: [rule: string, from: string, to: string][] = [
  ['only ^shared/', 'shared/names.ts', 'dayjs'],
  ['only ^server/domain/', 'server/domain/agent.ts', 'node:fs'],
  ['only ^server/domain/', 'server/domain/group.ts', '../../shared/contract.ts'],
  ['only ^server/ports/', 'server/ports/clock.ts', '../operations/dispatch.ts'],
  ['only ^server/operations/', 'server/operations/calls.ts', '../adapters/memory/store.ts'],
  ['only ^server/sealing/', 'server/sealing/keys.ts', '../domain/rule.ts'],
  ['only ^preload/', 'preload/bridge.ts', 'typebox'],
  ['renderer sees shared alone', 'renderer/app.tsx', '../server/domain/rule.ts'],
  ['renderer runs in a browser', 'renderer/client.ts', 'node:http'],
  ['features do not meet', 'renderer/features/calls/page.tsx', '../agents/page.tsx'],
  ['adapters do not meet', 'server/adapters/http/app.ts', '../memory/store.ts'],
  ['adapters do not drive', 'server/adapters/http/routes.ts', '../../operations/dispatch.ts'],
  ['adapters do not drive', 'server/adapters/http/listen.ts', '../../index.ts'],
  ['adapters do not drive', 'server/adapters/http/boot.ts', '../../composition/base.ts'],
  ['entries use the front door', 'server/entry/headless.ts', '../adapters/memory/store.ts'],
  ['nobody calls an entry', 'server/adapters/system/boot.ts', '../../entry/cli.ts'],
  ['the server runs without the shell', 'server/adapters/system/tray.ts', '../../../main/tray.ts'],
  ['main is its own process', 'main/window.ts', '../server/index.ts'],
  ['the simulator stands outside', 'server/simulator/caller.ts', '../domain/rule.ts'],
  ['only entries run the simulator', 'server/adapters/http/demo.ts', '../../simulator/clock.ts'],
  ['electron only in the shell', 'server/adapters/system/shell.ts', 'electron'],
  ['fastify only in http', 'main/server.ts', 'fastify'],
  ['fastify only in http', 'server/adapters/system/files.ts', '@fastify/static'],
  ['sqlite only in sqlite', 'server/adapters/memory/disk.ts', 'better-sqlite3'],
  ['sqlite only in sqlite', 'server/adapters/memory/query.ts', 'kysely'],
  ['redis only in redis', 'server/adapters/memory/remote.ts', 'ioredis'],
  ['xml only in cxml', 'server/domain/numbers/document.ts', 'xmlbuilder2'],
  ['csv only in csv', 'server/adapters/memory/table.ts', 'csv-parse'],
  ['passwords only in system', 'server/operations/hash.ts', '@node-rs/argon2'],
  ['zip only in exports', 'server/adapters/http/archive.ts', 'yazl'],
  ['xml is read by the simulator alone', 'server/adapters/http/reader.ts', 'saxes'],
  ['phone numbers in one place', 'server/domain/cxml/dial.ts', 'libphonenumber-js'],
  ['calls out only to Cloudonix', 'main/update.ts', 'undici'],
  ['calls out only to Cloudonix', 'server/adapters/system/fetch.ts', 'undici'],
  ['logs are written in two places', 'main/log.ts', 'pino'],
  ['test and bench stay out', 'scripts/help.ts', '../test/support.ts'],
  ['test and bench stay out', 'server/adapters/system/load.ts', '../../../bench/load.ts'],
  ['no cycles', 'main/first.ts', './second.ts'],
  ['resolvable', 'main/lost.ts', './nowhere.ts'],
]

/** What may be imported, as small as it can be; nothing in here breaks a rule. */
const innocent: Record<string, string> = {
  'tsconfig.json':
    '{ "compilerOptions": { "module": "NodeNext", "allowImportingTsExtensions": true, "noEmit": true } }',
  'shared/vocabulary.ts': `import { Type } from 'typebox'\nexport const word = Type`,
  'shared/contract.ts': `import { word } from './vocabulary.ts'\nexport const contract = word`,
  'server/domain/rule.ts': `import { word } from '../../shared/vocabulary.ts'\nexport const rule = word`,
  'server/domain/cxml/render.ts': `import { create } from 'xmlbuilder2'\nexport const render = create`,
  'server/operations/dispatch.ts': `import { rule } from '../domain/rule.ts'\nexport const dispatch = rule`,
  'server/adapters/memory/store.ts': `import { rule } from '../../domain/rule.ts'\nexport const store = rule`,
  'server/adapters/sqlite/open.ts': `import open from 'better-sqlite3'\nexport const database = open`,
  'server/sealing/seal.ts': `import { createCipheriv } from 'node:crypto'\nexport const seal = createCipheriv`,
  'server/composition/base.ts': `import { store } from '../adapters/memory/store.ts'\nexport const base = store`,
  'server/index.ts': `import { base } from './composition/base.ts'\nexport const start = base`,
  'server/entry/cli.ts': `import { start } from '../index.ts'\nimport { clock } from '../simulator/clock.ts'\nexport const cli = [start, clock]`,
  'server/simulator/clock.ts': `import { word } from '../../shared/vocabulary.ts'\nexport const clock = word`,
  'main/tray.ts': `import { Tray } from 'electron'\nexport const tray = Tray`,
  'main/second.ts': `export const second = 2`,
  'renderer/features/agents/page.tsx': `import { contract } from '../../../shared/contract.ts'\nexport const page = contract`,
  'test/support.ts': `import { start } from '../server/index.ts'\nexport const support = start`,
  'bench/load.ts': `import { support } from '../test/support.ts'\nexport const load = support`,
}

const packages = [
  ...['dayjs', 'typebox', 'electron', 'fastify', '@fastify/static', 'better-sqlite3', 'kysely', 'ioredis'],
  ...['xmlbuilder2', 'saxes', 'libphonenumber-js', 'undici', 'pino', 'csv-parse', 'yazl', '@node-rs/argon2'],
]

const write = async (folder: string, files: Record<string, string>) => {
  for (const [name, text] of Object.entries(files)) {
    const file = join(folder, name)
    await mkdir(dirname(file), { recursive: true })
    await writeFile(file, text)
  }
}

describe('who may import whom', () => {
  let folder: string

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'switchyard-architecture-'))
    await write(folder, innocent)
    for (const name of packages) {
      const manifest = JSON.stringify({ name, version: '1.0.0', main: 'index.js', types: 'index.d.ts' })
      await write(join(folder, 'node_modules', name), {
        'package.json': manifest,
        'index.js': 'module.exports = {}',
        'index.d.ts': 'declare const it: any\nexport = it',
      })
    }
    const dependencies = Object.fromEntries(packages.map((name) => [name, '1.0.0']))
    await write(folder, { 'package.json': JSON.stringify({ name: 'planted', type: 'module', dependencies }) })
  })

  afterAll(() => rm(folder, { recursive: true, force: true }))

  it('is kept by all of the code', { timeout: 60_000 }, async () => {
    const { summary } = await cruise(root)
    expect(summary.violations.map(({ from, to, rule }) => `${rule.name}: ${from} → ${to}`)).toEqual([])
    expect(summary.totalCruised).toBeGreaterThan(30)
  })

  it('has no complaint about allowed imports', { timeout: 60_000 }, async () => {
    const { summary } = await cruise(folder)
    expect(summary.violations).toEqual([])
    expect(summary.totalCruised).toBeGreaterThan(Object.keys(innocent).length)
  })

  it('is broken by a wrong import, for every rule there is', { timeout: 60_000 }, async () => {
    await write(folder, {
      ...Object.fromEntries(planted.map(([, from, to]) => [from, `import * as it from '${to}'\nexport default it\n`])),
      'main/second.ts': `import * as it from './first.ts'\nexport default it\n`,
    })
    const { summary } = await cruise(folder)
    const caught = new Set(summary.violations.map(({ from, rule }) => `${rule.name}: ${from}`))
    for (const [rule, from] of planted) expect([...caught]).toContain(`${rule}: ${from}`)
    expect(new Set(planted.map(([rule]) => rule))).toEqual(new Set(forbidden.map(({ name }) => name)))
  })
})

describe('the compiler settings', () => {
  it('give the domain no ambient types', async () => {
    const read = async (file: string) => JSON.parse(await readFile(join(root, file), 'utf8')) as Record<string, never>
    expect(await read('tsconfig.json')).toHaveProperty('compilerOptions.types', [])
    expect(await read('server/domain/tsconfig.json')).not.toHaveProperty('compilerOptions')
  })
})

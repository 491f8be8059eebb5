import { readdirSync, readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { describe, expect, it } from 'vitest'
import { allowedLicences, consoleReasons, runtimeReasons, serverReasons } from '../../../scripts/dependency-reasons.ts'
import { isAllowed, renderLicences, shippedPackages, type Lock } from '../../../scripts/shipped-packages.ts'

const root = resolve(import.meta.dirname, '../../..')
const readJson = (file: string): unknown => JSON.parse(readFileSync(join(root, file), 'utf8')) as unknown
const manifest = readJson('package.json') as Record<'dependencies' | 'devDependencies', Record<string, string>>
const { packages } = readJson('package-lock.json') as { packages: Lock }
const shipped = shippedPackages(packages, root)

describe('what ships', () => {
  it('has a reason for each direct dependency, and no reason is for one that is gone', () => {
    expect(Object.keys(serverReasons).sort()).toEqual(Object.keys(manifest.dependencies).sort())
    for (const name of Object.keys({ ...consoleReasons, ...runtimeReasons }))
      expect(Object.keys(manifest.devDependencies)).toContain(name)
    for (const reason of Object.values({ ...serverReasons, ...consoleReasons, ...runtimeReasons }))
      expect(reason.split(' ').length).toBeGreaterThan(3)
  })

  it('names every package that the console is built with', () => {
    const files = readdirSync(join(root, 'renderer'), { recursive: true, encoding: 'utf8' })
    const imported = files
      .filter((file) => /\.tsx?$/.test(file))
      .flatMap((file) =>
        [
          ...readFileSync(join(root, 'renderer', file), 'utf8').matchAll(
            /(?:from|import) '((?:@[^/']+\/)?[^./'][^/']*)/g,
          ),
        ].map(([, name = '']) => name),
      )
    expect(imported.length).toBeGreaterThan(50)
    const known = { ...consoleReasons, ...serverReasons }
    expect([...new Set(imported)].filter((name) => !(name in known))).toEqual([])
  })

  it('has no licence that is not allowed', () => {
    expect(shipped.length).toBeGreaterThan(100)
    expect(shipped.filter(({ licence }) => !isAllowed(licence, allowedLicences))).toEqual([])
  })

  it('is all that npm would install for production', () => {
    const names = new Set(shipped.map(({ name, version }) => `${name}@${version}`))
    const production = Object.entries(packages as Record<string, { version?: string; dev?: boolean; peer?: boolean }>)
      .filter(([folder, { dev, peer }]) => folder !== '' && dev !== true && peer !== true)
      .map(([folder, { version }]) => `${folder.slice(folder.lastIndexOf('node_modules/') + 13)}@${version}`)
    expect(production.filter((one) => !names.has(one))).toEqual([])
  })

  it('is told in docs/licences.md as it is (else run: node scripts/list-licences.ts)', () => {
    // Tables are padded by the formatter.
    const tidy = (text: string): string => text.replace(/ +/g, ' ').replace(/-+/g, '-')
    expect(tidy(readFileSync(join(root, 'docs/licences.md'), 'utf8'))).toBe(
      tidy(renderLicences(shipped)).trimEnd() + '\n',
    )
  })
})

describe('licences', () => {
  it.each([
    ['MIT', true],
    ['GPL-3.0-only', false],
    ['(MIT OR GPL-3.0-only)', true],
    ['(MIT AND Zlib)', true],
    ['MIT AND AGPL-3.0-only', false],
    ['(MIT AND GPL-2.0) OR ISC', true],
    ['SEE LICENSE IN LICENSE', false],
    ['unknown', false],
    ['', false],
  ])('%s: %s', (licence, expected) => expect(isAllowed(licence, allowedLicences)).toBe(expected))

  it('of what others bring along are found where npm puts it, and a missing one counts as unknown', () => {
    const lock: Lock = {
      '': { dependencies: { fastify: '1', commander: '1' } },
      'node_modules/fastify': {
        version: '1.0.0',
        license: 'MIT',
        dependencies: { deep: '2' },
        optionalDependencies: { none: '1' },
      },
      'node_modules/fastify/node_modules/deep': {
        version: '2.0.0',
        license: 'ISC',
        dependencies: { deep: '1', shared: '1' },
      },
      'node_modules/deep': { version: '1.0.0', license: 'GPL-3.0' },
      'node_modules/shared': { version: '3.0.0', dependencies: { fastify: '1' } },
      'node_modules/commander': { version: '1.0.0', license: 'MIT', dependencies: { shared: '3' } },
      'node_modules/unasked': { version: '1.0.0', license: 'GPL-3.0' },
    }
    const server = shippedPackages(lock, '/nowhere').filter(({ part }) => part === 'server')
    expect(server.map(({ name, version, licence }) => [name, version, licence])).toEqual([
      ['commander', '1.0.0', 'MIT'],
      ['fastify', '1.0.0', 'MIT'],
      ['deep', '2.0.0', 'ISC'],
      ['shared', '3.0.0', 'unknown'],
    ])
    expect(server[0]?.reason).toBe(serverReasons['commander'])
  })
})

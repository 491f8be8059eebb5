import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { consoleReasons, runtimeReasons, serverReasons } from './dependency-reasons.ts'

export interface LockedPackage {
  readonly version?: string
  readonly license?: string
  readonly dependencies?: Readonly<Record<string, string>>
  readonly optionalDependencies?: Readonly<Record<string, string>>
}
/** `packages` of a package-lock.json: by folder, '' being the project itself. */
export type Lock = Readonly<Record<string, LockedPackage>>

export interface Shipped {
  readonly name: string
  readonly version: string
  readonly licence: string
  readonly part: 'server' | 'console' | 'runtime'
  /** Why it is there; absent for what others bring along. */
  readonly reason?: string
}

/** The folder that a package finds another one in: its own, else that of each package around it. */
const folderOf = (lock: Lock, from: string, name: string): string | undefined => {
  for (let place = from; ; place = place.slice(0, Math.max(0, place.lastIndexOf('node_modules/') - 1))) {
    const folder = place === '' ? `node_modules/${name}` : `${place}/node_modules/${name}`
    if (lock[folder]) return folder
    if (place === '') return undefined
  }
}

/** These, and all that they bring along. */
const closure = (lock: Lock, names: readonly string[]): Set<string> => {
  const found = new Set<string>()
  const visit = (from: string, name: string): void => {
    const folder = folderOf(lock, from, name)
    // What is optional may not be for this or any system.
    if (folder === undefined || found.has(folder)) return
    found.add(folder)
    const { dependencies, optionalDependencies } = lock[folder] ?? {}
    for (const next of Object.keys({ ...dependencies, ...optionalDependencies })) visit(folder, next)
  }
  for (const name of names) visit('', name)
  return found
}

const licenceIn = (root: string, folder: string): string => {
  const file = join(root, folder, 'package.json')
  if (!existsSync(file)) return 'unknown'
  const { license } = JSON.parse(readFileSync(file, 'utf8')) as { license?: string | { type?: string } }
  return (typeof license === 'object' ? license.type : license) ?? 'unknown'
}

/** Everything that leaves the house, direct dependencies first. */
export const shippedPackages = (lock: Lock, root: string): Shipped[] => {
  const parts = [
    ['server', serverReasons, Object.keys(lock['']?.dependencies ?? {})],
    ['console', consoleReasons, Object.keys(consoleReasons)],
    ['runtime', runtimeReasons, Object.keys(runtimeReasons)],
  ] as const
  return parts.flatMap(([part, reasons, names]) => {
    // Electron and Node ship as they are; what fetches them does not.
    const folders = part === 'runtime' ? new Set(names.map((name) => `node_modules/${name}`)) : closure(lock, names)
    const direct = new Set(names.map((name) => `node_modules/${name}`))
    const all = [...folders].map((folder): Shipped => {
      const name = folder.slice(folder.lastIndexOf('node_modules/') + 'node_modules/'.length)
      const { version = 'unknown', license } = lock[folder] ?? {}
      const reason = direct.has(folder) ? reasons[name] : undefined
      return {
        name,
        version,
        licence: license ?? licenceIn(root, folder),
        part,
        ...(reason !== undefined && { reason }),
      }
    })
    const isDirect = ({ name }: Shipped): boolean => names.includes(name)
    const order = (a: Shipped, b: Shipped): number =>
      Number(isDirect(b)) - Number(isDirect(a)) ||
      a.name.localeCompare(b.name, 'en') ||
      a.version.localeCompare(b.version)
    return all.sort(order)
  })
}

/** Whether one of the alternatives of an SPDX expression is allowed as a whole. */
export const isAllowed = (licence: string, allowed: ReadonlySet<string>): boolean =>
  licence
    .replace(/[()]/g, ' ')
    .split(/\bOR\b/)
    .some((alternative) => alternative.split(/\bAND\b/).every((one) => allowed.has(one.trim())))

const titles = { server: 'The server', console: 'The console', runtime: 'What runs them' } as const

/** The list for people, as Markdown. */
export const renderLicences = (shipped: readonly Shipped[]): string => {
  const table = (rows: readonly string[][]): string => rows.map((row) => `| ${row.join(' | ')} |`).join('\n')
  const sections = (['server', 'console', 'runtime'] as const).flatMap((part) => {
    const own = shipped.filter((one) => one.part === part)
    const direct = own.filter(({ reason }) => reason !== undefined)
    const others = own.filter(({ reason }) => reason === undefined)
    const rows = direct.map(({ name, version, licence, reason = '' }) => [name, version, licence, reason])
    const more = others.map(({ name, version, licence }) => [name, version, licence])
    return [
      `## ${titles[part]}`,
      table([['Package', 'Version', 'Licence', 'Why'], ['---', '---', '---', '---'], ...rows]),
      ...(more.length === 0
        ? []
        : ['They bring along:', table([['Package', 'Version', 'Licence'], ['---', '---', '---'], ...more])]),
    ]
  })
  return [
    '# What ships',
    'Made by `node scripts/list-licences.ts` from `package-lock.json`; the reasons and the licences that are allowed stand in [dependency-reasons.ts](../scripts/dependency-reasons.ts). A test fails where a reason is missing, a licence is not allowed, or this list is not up to date.',
    ...sections,
    '',
  ].join('\n\n')
}

// What unit tests and end-to-end tests together have run of the shell: main/, preload/ and renderer/.
import { existsSync, globSync, readFileSync, writeFileSync } from 'node:fs'
import { join, relative } from 'node:path'
import { fileURLToPath } from 'node:url'
import { mergeScriptCovs, type ScriptCoverage } from '@bcoe/v8-coverage'
import { createCoverageMap, type CoverageMap, type FileCoverageData } from '@vitest/istanbul-lib-coverage'
import { convert } from 'ast-v8-to-istanbul'
import { parse } from 'vite'
import { layOver } from './lay-over.ts'
import { root } from './machine.ts'

const folder = join(root, 'coverage')
/** Of lines and of branches. */
export const leastPercent = 80

/** What Vitest writes when it is asked for the shell too. */
export const unitTestsFile = join(folder, 'coverage-final.json')
/** Where `SWITCHYARD_COVERAGE_BUILD=1 electron-vite build` puts the app that the end-to-end tests then drive. */
export const coverageApp = join(folder, 'app')
/** Where the end-to-end tests put what they gather, one file per page or process. */
export const gatheredFolder = join(folder, 'gathered')

const readJson = (file: string) => JSON.parse(readFileSync(file, 'utf8')) as unknown

const isShell = (file: string) => /^(main|preload|renderer)\//.test(relative(root, file).replaceAll('\\', '/'))

const isBuilt = (url: string) => {
  if (!url.startsWith('file:')) return false
  const file = fileURLToPath(url)
  return file.startsWith(coverageApp) && existsSync(`${file}.map`)
}

/** What pages and processes tell of the built files, as one account per file. */
const readGathered = (): ScriptCoverage[] => {
  const byUrl = new Map<string, ScriptCoverage[]>()
  for (const name of globSync('*.json', { cwd: gatheredFolder })) {
    const { result } = readJson(join(gatheredFolder, name)) as { result: ScriptCoverage[] }
    for (const script of result) {
      if (isBuilt(script.url)) byUrl.set(script.url, [...(byUrl.get(script.url) ?? []), script])
    }
  }
  return [...byUrl.values()].flatMap((scripts) => mergeScriptCovs(scripts) ?? [])
}

const inSources = async (script: ScriptCoverage): Promise<FileCoverageData[]> => {
  const file = fileURLToPath(script.url)
  const code = readFileSync(file, 'utf8')
  const converted = await convert({
    code,
    sourceMap: readJson(`${file}.map`) as NonNullable<Parameters<typeof convert>[0]['sourceMap']>,
    coverage: script,
    ast: parse(file, code, { preserveParens: false }).then(({ program }) => program),
  })
  const map = createCoverageMap(converted)
  return map.files().map((file) => map.fileCoverageFor(file).data)
}

const readUnitTests = (): CoverageMap => {
  const map = createCoverageMap(readJson(unitTestsFile) as Record<string, FileCoverageData>)
  map.filter(isShell)
  return map
}

interface Judgement {
  readonly lines: number
  readonly branches: number
  readonly isEnough: boolean
  /** Each file that could be covered better, the poorest first, with its uncovered lines. */
  readonly gaps: readonly string[]
}

const percent = (value: number | 'Unknown') => (value === 'Unknown' ? 0 : value)

const gapsIn = (map: CoverageMap): string[] =>
  map
    .files()
    .map((file) => ({ file, coverage: map.fileCoverageFor(file), summary: map.fileCoverageFor(file).toSummary() }))
    .map(({ file, coverage, summary: { lines, branches } }) => ({
      missing: lines.total - lines.covered + branches.total - branches.covered,
      text:
        `${relative(root, file)}: ${lines.covered} of ${lines.total} lines, ` +
        `${branches.covered} of ${branches.total} branches; not run: ${coverage.getUncoveredLines().join(', ') || '-'}`,
    }))
    .filter(({ missing }) => missing > 0)
    .sort((a, b) => b.missing - a.missing)
    .map(({ text }) => text)

export const judge = (map: CoverageMap): Judgement => {
  const summary = map.getCoverageSummary()
  const lines = percent(summary.lines.pct)
  const branches = percent(summary.branches.pct)
  return { lines, branches, isEnough: lines >= leastPercent && branches >= leastPercent, gaps: gapsIn(map) }
}

/** Lays what the end-to-end tests ran over what the unit tests ran; `coverage/shell.json` keeps the outcome. */
export const measureShellCoverage = async (): Promise<Judgement> => {
  const unitTests = readUnitTests()
  const files = new Map(unitTests.files().map((file) => [file, unitTests.fileCoverageFor(file).data]))
  for (const script of readGathered()) {
    for (const told of await inSources(script)) {
      const base = files.get(told.path)
      if (base) files.set(told.path, layOver(base, told))
    }
  }
  const map = createCoverageMap(Object.fromEntries(files))
  writeFileSync(join(folder, 'shell.json'), JSON.stringify(map))
  return judge(map)
}

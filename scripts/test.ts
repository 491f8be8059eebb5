// Runs everything that can run on this machine, and names what it left out and why.
import { spawn } from 'node:child_process'
import { copyFileSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, relative } from 'node:path'
import { coverageExclusions } from './coverage-exclusions.ts'
import { coverageApp, gatheredFolder, leastPercent, measureShellCoverage, unitTestsFile } from './shell-coverage.ts'
import {
  findChromium,
  findElectron,
  findRedisServer,
  findXvfbRun,
  hasDisplay,
  root,
  tool,
  whyNoDesktop,
} from './machine.ts'

interface Outcome {
  passed: number
  failed: number
  /** What failed, with the first lines of why: a log that was cut still says it. */
  failures?: string[]
  /** The files that took longest, where time can be saved. */
  slowest?: string[]
}

interface Step {
  name: string
  command: string[]
  environment?: Record<string, string>
  /** Reads how many tests passed and failed; without it the step counts as one. */
  count?: () => Outcome
}

const node = (...path: string[]) => [process.execPath, tool(...path)]
const folder = mkdtempSync(join(tmpdir(), 'switchyard-test-'))
const leftOut: string[] = []
const total: Outcome = { passed: 0, failed: 0 }

const readJson = (file: string) => (existsSync(file) ? (JSON.parse(readFileSync(file, 'utf8')) as unknown) : undefined)

interface VitestReport {
  numPassedTests: number
  numFailedTests: number
  testResults: {
    name: string
    message: string
    startTime: number
    endTime: number
    assertionResults: { fullName: string; status: string; failureMessages: string[] }[]
  }[]
}

const firstLines = (text: string) => text.split('\n').slice(0, 8).join('\n    ')

const countVitest = (file: string) => (): Outcome => {
  const report = readJson(file) as VitestReport | undefined
  const failures = (report?.testResults ?? []).flatMap(({ name, message, assertionResults }) => {
    const failed = assertionResults.filter(({ status }) => status === 'failed')
    const told = failed.map(
      ({ fullName, failureMessages }) => `${fullName}\n    ${firstLines(failureMessages.join('\n'))}`,
    )
    return [...told, ...(failed.length === 0 && message ? [firstLines(message)] : [])].map(
      (what) => `${relative(root, name)}: ${what}`,
    )
  })
  const slowest = (report?.testResults ?? [])
    .map(({ name, startTime, endTime }) => ({ file: relative(root, name), seconds: (endTime - startTime) / 1000 }))
    .sort((a, b) => b.seconds - a.seconds)
    .slice(0, 12)
    .map(({ file, seconds }) => `${seconds.toFixed(0)} s ${file}`)
  return { passed: report?.numPassedTests ?? 0, failed: report?.numFailedTests ?? 0, failures, slowest }
}

const countPlaywright = (file: string) => (): Outcome => {
  const report = readJson(file) as { stats: { expected: number; unexpected: number; flaky: number } } | undefined
  return { passed: report?.stats.expected ?? 0, failed: (report?.stats.unexpected ?? 0) + (report?.stats.flaky ?? 0) }
}

const execute = (step: Step) =>
  new Promise<{ code: number; output: Buffer }>((settle, reject) => {
    const [command = '', ...options] = step.command
    const child = spawn(command, options, {
      cwd: root,
      env: { ...process.env, ...step.environment },
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    const said: Buffer[] = []
    child.stdout.on('data', (chunk: Buffer) => said.push(chunk))
    child.stderr.on('data', (chunk: Buffer) => said.push(chunk))
    const stop = (signal: NodeJS.Signals) => {
      child.kill(signal)
      process.exitCode = 1
    }
    process.once('SIGINT', stop).once('SIGTERM', stop)
    child.on('error', reject)
    child.on('close', (code) => {
      process.off('SIGINT', stop).off('SIGTERM', stop)
      settle({ code: code ?? 1, output: Buffer.concat(said) })
    })
  })

const told = (isOk: boolean, what: string) => console.log(`${isOk ? 'ok    ' : 'FAILED'} ${what}`)

const run = async (step: Step) => {
  const startedAt = performance.now()
  const { code, output } = await execute(step)
  const seconds = ((performance.now() - startedAt) / 1000).toFixed(1)
  const counted: Outcome = step.count?.() ?? { passed: code === 0 ? 1 : 0, failed: 0 }
  // A tool can fail although no single test did: a file that does not load, a missed threshold.
  const failed = code !== 0 && counted.failed === 0 ? 1 : counted.failed
  total.passed += counted.passed
  total.failed += failed
  const counts = step.count ? `, ${counted.passed} passed, ${failed} failed` : ''
  told(code === 0, `${step.name} (${seconds} s${counts})`)
  if (counted.slowest?.length) console.log(`  longest: ${counted.slowest.join(', ')}`)
  for (const failure of counted.failures ?? []) console.log(`  ${failure}`)
  if (code !== 0 && counted.failed === 0 && step.count) console.log('  No test failed; what did is at the end of this:')
  if (code !== 0) process.stdout.write(output)
  return code === 0
}

const checks: Step[] = [
  { name: 'types', command: [...node('typescript', 'bin', 'tsc'), '-b'] },
  { name: 'lint', command: [...node('eslint', 'bin', 'eslint.js'), '.'] },
  {
    name: 'architecture',
    command: [
      ...node('dependency-cruiser', 'bin', 'dependency-cruiser.mjs'),
      '--config',
      '.dependency-cruiser.cjs',
      '.',
    ],
  },
  { name: 'format', command: [...node('prettier', 'bin', 'prettier.cjs'), '--check', '.'] },
  { name: 'unused code', command: node('knip', 'bin', 'knip.js') },
]

const runVitest = async () => {
  const file = join(folder, 'vitest.json')
  if (!findRedisServer()) leftOut.push('tests against Redis (*.redis.test.ts): there is no redis-server')
  await run({
    name: 'unit, contract, integration and migration tests with coverage',
    command: [
      ...node('vitest', 'vitest.mjs'),
      ...['run', '--config', 'test/vitest.config.ts', '--coverage'],
      ...['--reporter=dot', '--reporter=json', `--outputFile.json=${file}`],
    ],
    environment: { NO_COLOR: '1', ...(findChromium() && { SWITCHYARD_SHELL_COVERAGE: '1' }) },
    count: countVitest(file),
  })
}

interface EndToEnd {
  name: string
  options: readonly string[]
  environment?: Record<string, string>
  wrapper?: readonly string[]
}

const playwright = ({ name, options, environment = {}, wrapper = [] }: EndToEnd): Step => {
  const file = join(folder, `${name}.json`)
  return {
    name: `end to end: ${name}`,
    command: [
      ...wrapper,
      ...node('@playwright', 'test', 'cli.js'),
      ...['test', '--config', 'test/e2e/playwright.config.ts', ...options, '--reporter=list,json'],
    ],
    environment: { ...environment, PLAYWRIGHT_JSON_OUTPUT_FILE: file },
    count: countPlaywright(file),
  }
}

/** Beside the build that ships, so that what is measured is never what is started. */
const buildForCoverage = async () => {
  rmSync(coverageApp, { recursive: true, force: true })
  rmSync(gatheredFolder, { recursive: true, force: true })
  mkdirSync(coverageApp, { recursive: true })
  copyFileSync(join(root, 'package.json'), join(coverageApp, 'package.json'))
  return run({ ...build, name: 'build for coverage', environment: { SWITCHYARD_COVERAGE_BUILD: '1' } })
}

const judgeShellCoverage = async () => {
  if (!existsSync(unitTestsFile)) {
    leftOut.push('the coverage of main/, preload/ and renderer/: Vitest writes none when a test of its own fails')
    return
  }
  const { lines, branches, isEnough, gaps } = await measureShellCoverage()
  told(isEnough, `coverage of main/, preload/ and renderer/: ${lines} % of lines, ${branches} % of branches`)
  if (isEnough) {
    total.passed += 1
    return
  }
  total.failed += 1
  console.log(`  ${leastPercent} % of both are asked for. Furthest from it:\n  ${gaps.slice(0, 20).join('\n  ')}`)
}

const runEndToEnd = async () => {
  if (!findChromium()) {
    leftOut.push('end-to-end tests, and with them the coverage of main/, preload/ and renderer/: there is no Chromium')
    return
  }
  const reason = whyNoDesktop()
  const xvfbRun = findXvfbRun()
  const isHeadlessElectron = findElectron() !== undefined && !hasDisplay()
  if (reason && !(isHeadlessElectron && xvfbRun)) {
    leftOut.push(`the desktop app on Electron itself: ${reason}; its specs run on a stand-in over Chromium`)
  }
  const wrapper = isHeadlessElectron && xvfbRun ? [xvfbRun, '-a'] : []
  await run(playwright({ name: 'the build that ships', options: ['--grep', '@shipped'], wrapper }))
  if (!(await buildForCoverage())) {
    leftOut.push('the other end-to-end tests, and the coverage that they gather: the build for it failed')
    return
  }
  const environment = { SWITCHYARD_TEST_APP_FOLDER: coverageApp, SWITCHYARD_SHELL_COVERAGE_DIR: gatheredFolder }
  await run(playwright({ name: 'console', options: ['--project', 'console'], environment }))
  await run(playwright({ name: 'desktop', options: ['--project', 'desktop'], environment, wrapper }))
  await judgeShellCoverage()
}

const build: Step = { name: 'build', command: [...node('electron-vite', 'bin', 'electron-vite.js'), 'build'] }

try {
  for (const step of checks) await run(step)
  await runVitest()
  if (await run(build)) {
    await run({ name: 'OpenAPI document', command: [process.execPath, join(root, 'scripts', 'lint-openapi.ts')] })
    await runEndToEnd()
  } else {
    leftOut.push('OpenAPI lint, end-to-end tests and the coverage that they gather: the build failed')
  }
} finally {
  rmSync(folder, { recursive: true, force: true })
}

console.log(`${coverageExclusions.length} files are not counted for coverage:`)
for (const { file, reason } of coverageExclusions) console.log(`  ${file} (${reason})`)
for (const what of leftOut) console.log(`left out: ${what}`)
console.log(`${total.passed} passed, ${total.failed} failed`)
if (total.failed > 0) process.exitCode = 1

import { resolve } from 'node:path'
import { defineConfig } from 'vitest/config'
import { coverageExclusions } from '../scripts/coverage-exclusions.ts'
import { findRedisServer } from '../scripts/machine.ts'

const root = resolve(import.meta.dirname, '..')
const projects = ['unit', 'contract', 'integration', 'migrations', 'nodes']

// The shell (main, preload, renderer) is driven by end-to-end tests above all: what is run of it here is written down
// for `npm test`, which lays theirs over it and judges both together (scripts/shell-coverage.ts).
const isShellGathered = process.env.SWITCHYARD_SHELL_COVERAGE === '1'

// Each server that a test starts has threads, and some are processes: what Node makes of their source is kept for the next one.
process.env.NODE_COMPILE_CACHE ??= resolve(root, 'node_modules/.cache/node')

export default defineConfig({
  root,
  test: {
    // Machines are noisy: a slow one is no fault of a test.
    testTimeout: 30_000,
    hookTimeout: 30_000,
    projects: projects.map((name) => ({
      extends: true as const,
      test: {
        name,
        include: [`test/${name}/**/*.test.{ts,tsx}`],
        exclude: findRedisServer() ? [] : ['**/*.redis.test.ts'],
        // Several servers at once under load want the machine to themselves.
        ...(name === 'nodes' && { sequence: { groupOrder: 1 }, fileParallelism: false }),
      },
    })),
    coverage: {
      provider: 'v8',
      reportsDirectory: 'coverage',
      reporter: ['text-summary', 'json-summary', 'html', ...(isShellGathered ? ['json'] : [])],
      include: ['{server,shared}/**/*.ts', ...(isShellGathered ? ['{main,preload,renderer}/**/*.{ts,tsx}'] : [])],
      exclude: coverageExclusions.map(({ file }) => file),
      thresholds: {
        '{server,shared}/**': { lines: 90, branches: 90 },
        'server/domain/**': { branches: 100 },
      },
    },
  },
})

import { resolve } from 'node:path'
import { defineConfig } from '@playwright/test'
import { findChromium } from '../../scripts/machine.ts'

const chromiumArguments = [
  ...(process.getuid?.() === 0 ? ['--no-sandbox'] : []),
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
]

export default defineConfig({
  testDir: '.',
  outputDir: resolve(import.meta.dirname, '../../test-results'),
  fullyParallel: true,
  workers: 2,
  forbidOnly: Boolean(process.env.CI),
  timeout: 60_000,
  expect: { timeout: 15_000 },
  reporter: 'list',
  use: { screenshot: 'only-on-failure', trace: 'retain-on-failure' },
  projects: [
    {
      name: 'console',
      testIgnore: '**/*.desktop.spec.ts',
      use: {
        browserName: 'chromium',
        launchOptions: { executablePath: findChromium() ?? '/usr/bin/chromium', args: chromiumArguments },
      },
    },
    { name: 'desktop', testMatch: '**/*.desktop.spec.ts' },
  ],
})

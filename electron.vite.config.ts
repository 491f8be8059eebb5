import react from '@vitejs/plugin-react'
import { defineConfig } from 'electron-vite'

// The same app once more, beside the one to be started, for scripts/shell-coverage.ts: a minifier would move branches about.
const isForCoverage = process.env.SWITCHYARD_COVERAGE_BUILD === '1'
const out = isForCoverage ? 'coverage/app/out' : 'out'

export default defineConfig({
  main: {
    build: {
      target: 'node24',
      outDir: `${out}/main`,
      sourcemap: true,
      externalizeDeps: true,
      rolldownOptions: {
        input: {
          index: 'main/index.ts',
          'utility-process': 'server/entry/utility-process.ts',
          headless: 'server/entry/headless.ts',
          cli: 'server/entry/cli/index.ts',
          'store-thread': 'server/adapters/sqlite/threads/store-thread.ts',
        },
        // Everything flat in one folder: a worker thread is looked up beside the file that starts it.
        output: { format: 'es', entryFileNames: '[name].js', chunkFileNames: 'shared-[name]-[hash].js' },
      },
    },
  },
  preload: {
    build: {
      outDir: `${out}/preload`,
      sourcemap: true,
      // A sandboxed preload can require nothing but electron.
      externalizeDeps: false,
      rolldownOptions: {
        input: { index: 'preload/index.ts' },
        output: { format: 'cjs', entryFileNames: '[name].cjs' },
      },
    },
  },
  renderer: {
    root: 'renderer',
    base: './',
    plugins: [
      react(),
      {
        // The development server puts its own scripts and styles into the page; the policy is for the built one.
        name: 'no-policy-in-development',
        apply: 'serve',
        transformIndexHtml: (html) => html.replace(/<meta\s+http-equiv="Content-Security-Policy"[^>]*>/, ''),
      },
    ],
    build: {
      outDir: `${out}/renderer`,
      minify: !isForCoverage,
      sourcemap: true,
      rolldownOptions: { input: 'renderer/index.html' },
    },
  },
})

import { randomUUID } from 'node:crypto'
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import type { Page } from '@playwright/test'
import { builtApp } from './built-app.ts'

/** Where `npm test` wants to find what was run of the shell; undefined when nobody asked. */
const folder = process.env.SWITCHYARD_SHELL_COVERAGE_DIR

/** Makes Node write down, as it ends, what a process of the shell has run. */
export const processCoverage: Readonly<Record<string, string>> = folder ? { NODE_V8_COVERAGE: folder } : {}

const gathering = new WeakSet<Page>()

/** From here on the page's scripts are counted, if anybody asked for it. */
export const startPageCoverage = async (page: Page): Promise<void> => {
  if (!folder || gathering.has(page)) return
  gathering.add(page)
  await page.coverage.startJSCoverage({ resetOnNavigation: false })
}

type Entry = Awaited<ReturnType<Page['coverage']['stopJSCoverage']>>[number]

const builtFile = (url: string): string | undefined => {
  if (!URL.canParse(url)) return undefined
  const file = url.startsWith('file:') ? fileURLToPath(url) : join(builtApp, 'out/renderer', new URL(url).pathname)
  return file.endsWith('js') && existsSync(file) ? file : undefined
}

/** An entry as Node would write it for the built file; a preload stands inside a function that is not its own. */
const asNodeTells = ({ url, source = '', functions }: Entry) => {
  const file = builtFile(url)
  const code = file && readFileSync(file, 'utf8')
  const start = code ? source.indexOf(code) : -1
  if (!file || !code || start < 0) return []
  const end = start + code.length
  const moved = functions.map((one) => {
    const inside = one.ranges.filter(({ startOffset, endOffset }) => startOffset < end && endOffset > start)
    const ranges = inside.map(({ count, startOffset, endOffset }) => ({
      count,
      startOffset: Math.max(startOffset, start) - start,
      endOffset: Math.min(endOffset, end) - start,
    }))
    return { ...one, ranges }
  })
  return [{ url: pathToFileURL(file).href, functions: moved.filter(({ ranges }) => ranges.length > 0) }]
}

/** Writes down what the page has run so far. What a page did that has closed or crashed is not known. */
export const savePageCoverage = async (page: Page): Promise<void> => {
  if (!folder || !gathering.delete(page) || page.isClosed()) return
  const entries = await page.coverage.stopJSCoverage().catch(() => [])
  mkdirSync(folder, { recursive: true })
  writeFileSync(join(folder, `page-${randomUUID()}.json`), JSON.stringify({ result: entries.flatMap(asNodeTells) }))
}

import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

const folder = join(import.meta.dirname, '..', 'fixtures', 'cloudonix')

export const fixtureText = (name: string): string => readFileSync(join(folder, name), 'utf8')
export const fixtureJson = (name: string): unknown => JSON.parse(fixtureText(name)) as unknown
/** A form or query string as the fields it holds. */
export const fixtureForm = (name: string): Record<string, string> => {
  const text = fixtureText(name).trim()
  return Object.fromEntries(new URLSearchParams(text.includes('?') ? text.slice(text.indexOf('?')) : text))
}
export const fixturesLike = (pattern: RegExp): string[] => readdirSync(folder).filter((name) => pattern.test(name))

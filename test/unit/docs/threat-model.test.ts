import { existsSync, readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { expect, it } from 'vitest'

const root = resolve(import.meta.dirname, '../../..')
const text = readFileSync(join(root, 'docs/threat-model.md'), 'utf8')
const rows = text.split('\n').filter((line) => /^\| [STRIDE] /.test(line))

it('names for each threat the test that tries it, and each is there', () => {
  expect(rows.length).toBeGreaterThan(30)
  const untested = rows.filter((row) => !row.includes('`test/'))
  // Known to be missing, and said so in the row.
  expect(untested.filter((row) => !row.includes('Not yet'))).toEqual([])
  const files = rows.flatMap((row) => [...row.matchAll(/`(test\/[^`]+)`/g)].map(([, file = '']) => file))
  expect(files.filter((file) => !existsSync(join(root, file)))).toEqual([])
})

it('looks at each kind of threat', () => {
  const kinds = new Set(rows.map((row) => row.slice(2, 3)))
  expect([...kinds].sort().join('')).toBe('DEIRST')
})

it('is led to by links that work', () => {
  const links = [...readFileSync(join(root, 'SECURITY.md'), 'utf8').matchAll(/\]\(([^)#]+)/g)].map(
    ([, link = '']) => link,
  )
  expect(links.length).toBeGreaterThan(2)
  expect(links.filter((link) => !existsSync(join(root, link)))).toEqual([])
})

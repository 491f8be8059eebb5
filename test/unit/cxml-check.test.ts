import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { checkCxml } from '../support/cxml-check.ts'

const fixtures = join(import.meta.dirname, '..', 'fixtures')
const read = (...path: string[]): string => readFileSync(join(fixtures, ...path), 'utf8')
const documentsIn = (...path: string[]): string[] =>
  readdirSync(join(fixtures, ...path)).filter((name) => name.endsWith('.xml'))
const problems = JSON.parse(read('cxml', 'bad', 'problems.json')) as Record<string, string>

describe('the CXML check', () => {
  it.each(documentsIn('cloudonix'))('finds nothing wrong with %s', (name) => {
    expect(checkCxml(read('cloudonix', name))).toEqual([])
  })

  it('accepts a document without XML declaration, with whitespace between verbs and escaped text', () => {
    const document = '<Response>\n  <Say>Tom &amp; Jerry &lt;3</Say>\n  <Pause length="1"/>\n  <Hangup/>\n</Response>\n'
    expect(checkCxml(document)).toEqual([])
  })

  it.each(documentsIn('cxml', 'bad'))('says what is wrong with %s', (name) => {
    const expected = problems[name.replace('.xml', '')]
    expect(expected).toBeDefined()
    expect(checkCxml(read('cxml', 'bad', name)).join('\n')).toContain(expected)
  })
})

import { parse } from 'csv-parse/sync'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { ExportFormat } from '../../../../shared/vocabulary.ts'
import type { Cell } from '../../../../server/domain/exports/cell.ts'
import { writeCsvRow } from '../../../../server/domain/exports/csv.ts'
import { exportText } from '../../../../server/domain/exports/export-text.ts'
import { isoTimeWriter } from '../../../../server/domain/exports/iso-time.ts'
import { jsonRowWriter } from '../../../../server/domain/exports/json-lines.ts'
import { writeSheetRow } from '../../../../server/domain/exports/sheet.ts'
import { specialLetters, TextBytes } from '../../../../server/domain/exports/text-bytes.ts'
import { createTimeZones } from '../../../../server/domain/schedules/time-zone.ts'

const written = (write: (out: TextBytes) => void): string => {
  // Little room, so that it has to be made.
  const out = new TextBytes(4)
  write(out)
  return Buffer.from(out.written()).toString()
}
const csvRow = (cells: readonly Cell[]): string => written((out) => writeCsvRow(out, cells))
const sheetRow = (cells: readonly Cell[]): string => written((out) => writeSheetRow(out, cells))

const hostile = fc.constantFrom(
  '=1+1',
  '+12025550100',
  '-1',
  '@SUM(A1)',
  '\t=1',
  '\r',
  '\n',
  "'",
  "'=1",
  '＝1',
  '"',
  'a,b',
  'a"b',
  'x\r\ny',
  '🦊',
  '\0',
  '',
  ' =1',
  '\u00A0@x',
  '\u200B-1',
  '\0=1',
  'a;=1',
  ';',
  ";'",
  'a\t+1',
  'two\n=lines',
  'two\r\n@lines',
)
/** As docs/api.md says. */
const unguarded = (cell: string): string => cell.replace(/(?<=^|[;\t\r\n])'/g, '')
const text = fc.oneof(
  hostile,
  fc.string({ unit: 'binary' }),
  fc.tuple(hostile, fc.string()).map(([a, b]) => a + b),
  fc.array(hostile).map((parts) => parts.join('')),
)
const cell: fc.Arbitrary<Cell> = fc.oneof(
  text,
  fc.integer(),
  fc.double({ noNaN: true, noDefaultInfinity: true }),
  fc.constant(null),
)

describe('a row of csv', () => {
  it('is read by others as what it was made of, once the guarding apostrophes are taken away', () => {
    fc.assert(
      fc.property(fc.array(fc.array(cell, { minLength: 3, maxLength: 3 }), { minLength: 1 }), (rows) => {
        const read = parse(rows.map(csvRow).join(''), { record_delimiter: '\r\n' })
        expect(read.map((cells) => cells.map(unguarded))).toEqual(
          rows.map((cells) => cells.map((one) => (one === null ? '' : String(one)))),
        )
      }),
    )
  })

  it('begins no text with what a spreadsheet takes for a formula', () => {
    fc.assert(
      fc.property(text, (value) => {
        const [[read = ''] = []] = parse(csvRow([value, 'x']), { record_delimiter: '\r\n' })
        // Split as where decimals have commas, and as by whoever drops what does not show.
        for (const part of read.split(/[;\t\r\n]/))
          expect(part.replace(/^[\p{Z}\p{C}]+/u, '')).not.toMatch(/^[=+\-@\uFF1D\uFF0B\uFF0D\uFF20]/)
        expect(read).not.toMatch(/^[\t\r\n]/)
      }),
    )
    expect(csvRow(['+12025550100', -3, null, "O'Neil"])).toBe("'+12025550100,-3,,O'Neil\r\n")
    expect(csvRow(['x;=cmd()', 'a;b', 'Jürgen'])).toBe("x;'=cmd(),a;b,Jürgen\r\n")
  })

  it('is a record even where the only field is empty', () => {
    expect(csvRow([null])).toBe('""\r\n')
    expect(csvRow([''])).toBe('""\r\n')
  })
})

describe('a line of json', () => {
  it('is an object of what the record has', () => {
    const writer = jsonRowWriter(['a', 'b', 'c'])
    const write = (cells: Cell[]): string => written((out) => writer(out, cells))
    fc.assert(
      fc.property(cell, cell, cell, (a, b, c) => {
        const line = write([a, b, c])
        expect(line.indexOf('\n')).toBe(line.length - 1)
        const own = Object.fromEntries(Object.entries({ a, b, c }).filter(([, value]) => value !== null))
        expect(JSON.parse(line)).toEqual(JSON.parse(JSON.stringify(own)))
      }),
    )
    expect(write([null, null, null])).toBe('{}\n')
  })
})

describe('a row of a worksheet', () => {
  it('holds texts as texts, in letters that XML can hold', () => {
    expect(sheetRow(['=1+1', 5, null])).toBe('<row><c t="inlineStr"><is><t>=1+1</t></is></c><c><v>5</v></c><c/></row>')
    expect(sheetRow(['a&<b>\0_x0041_ _x'])).toContain('>a&amp;&lt;b&gt;_x0000__x005F_x0041_ _x<')
    expect(sheetRow(['_x0041_'])).toContain('>_x005F_x0041_<')
    expect(sheetRow([' a '])).toContain('<t xml:space="preserve"> a </t>')
    expect(sheetRow(['Jürgen\r\n'])).toContain('>Jürgen_x000D_\n<')
  })

  it('cuts what is longer than a cell, says so, and leaves no half of a letter', () => {
    const cut = (text: string): string => />([^<]*)<\/t>/.exec(sheetRow([text]))![1]!.replaceAll('&lt;', '<')
    for (const letter of [' ', 'a', '<', '🦊']) {
      const text = letter.repeat(40_000)
      expect(cut(text).length).toBeGreaterThan(32_765)
      expect(cut(text).length).toBeLessThan(32_768)
      expect(cut(text).isWellFormed()).toBe(true)
      expect(text.startsWith(cut(text).replace(/…$/, ''))).toBe(true)
      expect(cut(text)).toMatch(/…$/)
    }
    expect(cut('a'.repeat(32_767))).toBe('a'.repeat(32_767))
    expect(cut(`a${'🦊'.repeat(20_000)}`).isWellFormed()).toBe(true)
  })
})

describe('the text of a file', () => {
  it('is headed by names for programs, and by words in a worksheet', () => {
    const empty = (format: ExportFormat): string =>
      written((out) => {
        const text = exportText(format, ['from', 'agentName'])
        text.begin(out)
        text.end(out)
      })
    expect(empty('csv')).toBe('from,agentName\r\n')
    expect(empty('json')).toBe('')
    expect(empty('xlsx')).toMatch(/^<\?xml.*>From<.*>Agent<.*<\/worksheet>$/s)
  })
})

describe('bytes of a text', () => {
  it('are those of the platform, half letters included', () => {
    fc.assert(
      fc.property(fc.array(fc.string({ unit: fc.constantFrom('a', 'é', '€', '🦊', '\uD83E', '\uDD8A') })), (texts) => {
        expect(written((out) => texts.forEach((one) => out.text(one)))).toBe(
          Buffer.from(texts.map((one) => one.toWellFormed()).join('')).toString(),
        )
      }),
    )
  })

  it('are written in one go where no letter is special, and not at all where one is', () => {
    const special = specialLetters('"')
    expect(written((out) => out.plain('plain text', special))).toBe('plain text')
    for (const text of ['"', 'a\n', 'a\x7F', 'é', '🦊'])
      expect(written((out) => expect(out.plain(text, special)).toBe(false))).toBe('')
    expect(
      written((out) => {
        out.text('one')
        const begin = out.length
        out.text('two')
        out.cut(begin)
        out.text('three')
      }),
    ).toBe('onethree')
  })
})

describe('times', () => {
  const zones = createTimeZones()

  it('are those of the platform in UTC', () => {
    const write = isoTimeWriter(undefined)
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 4e12 }), (ms) => {
        expect(write(ms)).toBe(new Date(ms).toISOString())
      }),
    )
  })

  it.each(['Europe/Berlin', 'America/St_Johns', 'Asia/Kathmandu'])('name the same moment in %s', (name) => {
    const write = isoTimeWriter(zones(name))
    fc.assert(
      fc.property(fc.integer({ min: 4e11, max: 2e12 }), (ms) => {
        expect(write(ms)).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}[+-]\d\d:\d\d$/)
        expect(Date.parse(String(write(ms)))).toBe(ms)
      }),
    )
    expect(isoTimeWriter(zones('Europe/Berlin'))(Date.UTC(2026, 6, 1, 10))).toBe('2026-07-01T12:00:00.000+02:00')
  })

  it('stay right when more minutes were asked for than are kept', () => {
    const write = isoTimeWriter(undefined)
    for (let i = 0; i < 10_002; i += 1) write(i * 60_000)
    expect(write(61_005)).toBe('1970-01-01T00:01:01.005Z')
  })

  it('are none that no calendar has, whatever a CDR said', () => {
    for (const zone of [undefined, zones('Europe/Berlin')])
      for (const ms of [1e18, -1e18, 8.64e15]) expect(isoTimeWriter(zone)(ms)).toBeNull()
    expect(isoTimeWriter(undefined)(253_402_300_800_000)).toBe('+010000-01-01T00:00:00.000Z')
  })
})

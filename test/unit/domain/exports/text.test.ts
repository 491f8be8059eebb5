import { parse } from 'csv-parse/sync'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { Cell } from '../../../../server/domain/exports/cell.ts'
import { csvRow } from '../../../../server/domain/exports/csv.ts'
import { exportText } from '../../../../server/domain/exports/export-text.ts'
import { isoTimeWriter } from '../../../../server/domain/exports/iso-time.ts'
import { jsonRowWriter } from '../../../../server/domain/exports/json-lines.ts'
import { sheetRow } from '../../../../server/domain/exports/sheet.ts'
import { createTimeZones } from '../../../../server/domain/schedules/time-zone.ts'

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
)
const text = fc.oneof(
  hostile,
  fc.string({ unit: 'binary' }),
  fc.tuple(hostile, fc.string()).map(([a, b]) => a + b),
)
const cell: fc.Arbitrary<Cell> = fc.oneof(
  text,
  fc.integer(),
  fc.double({ noNaN: true, noDefaultInfinity: true }),
  fc.constant(null),
)

describe('a row of csv', () => {
  it('is read by others as what it was made of, once the guarding apostrophe is taken away', () => {
    fc.assert(
      fc.property(fc.array(fc.array(cell, { minLength: 3, maxLength: 3 }), { minLength: 1 }), (rows) => {
        const read = parse(rows.map(csvRow).join(''), { record_delimiter: '\r\n' })
        expect(read.map((cells) => cells.map((one) => one.replace(/^'/, '')))).toEqual(
          rows.map((cells) => cells.map((one) => (one === null ? '' : String(one)))),
        )
      }),
    )
  })

  it('begins no text with what a spreadsheet takes for a formula', () => {
    fc.assert(
      fc.property(text, (value) => {
        const [[read = ''] = []] = parse(csvRow([value, 'x']), { record_delimiter: '\r\n' })
        expect(read).not.toMatch(/^[=+\-@\t\r\n\uFF1D\uFF0B\uFF0D\uFF20]/)
      }),
    )
    expect(csvRow(['+12025550100', -3, null, "O'Neil"])).toBe("'+12025550100,-3,,O'Neil\r\n")
  })

  it('is a record even where the only field is empty', () => {
    expect(csvRow([null])).toBe('""\r\n')
    expect(csvRow([''])).toBe('""\r\n')
  })
})

describe('a line of json', () => {
  it('is an object of what the record has', () => {
    const write = jsonRowWriter(['a', 'b', 'c'])
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
    expect(sheetRow(['=1+1', 5, null])).toBe(
      '<row><c t="inlineStr"><is><t xml:space="preserve">=1+1</t></is></c><c><v>5</v></c><c/></row>',
    )
    expect(sheetRow(['a&<b>\0_x0041_ _x'])).toContain('>a&amp;&lt;b&gt;_x0000__x005F_x0041_ _x<')
    expect(sheetRow(['_x0041_'])).toContain('>_x005F_x0041_<')
    expect(sheetRow([' '.repeat(40_000)]).length).toBeLessThan(33_000)
  })
})

describe('the text of a file', () => {
  it('is headed by names for programs, and by words in a worksheet', () => {
    expect(exportText('csv', ['from', 'agentName'])).toMatchObject({ begin: 'from,agentName\r\n', end: '' })
    expect(exportText('json', ['from'])).toMatchObject({ begin: '', end: '' })
    const sheet = exportText('xlsx', ['from', 'agentName'])
    expect(sheet.begin).toContain('>From<')
    expect(sheet.begin).toContain('>Agent<')
    expect(sheet.begin + sheet.end).toMatch(/^<\?xml.*<\/worksheet>$/s)
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
        expect(Date.parse(write(ms))).toBe(ms)
      }),
    )
    expect(isoTimeWriter(zones('Europe/Berlin'))(Date.UTC(2026, 6, 1, 10))).toBe('2026-07-01T12:00:00.000+02:00')
  })

  it('stay right when more minutes were asked for than are kept', () => {
    const write = isoTimeWriter(undefined)
    for (let i = 0; i < 10_002; i += 1) write(i * 60_000)
    expect(write(61_005)).toBe('1970-01-01T00:01:01.005Z')
  })
})

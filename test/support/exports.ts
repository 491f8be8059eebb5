import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { parse } from 'csv-parse/sync'
import { readXlsx } from 'hucre/xlsx'
import type { CallRecord } from '../../shared/contract/calls.ts'
import type { Export } from '../../shared/contract/exports.ts'
import { exportFieldLabels, exportFields, type ExportField, type ExportFormat } from '../../shared/vocabulary.ts'

export type Told = Partial<Record<ExportField, string>>

/** What a file tells, read by programs that know nothing of ours. Empty texts are like none. */
export const readExport = async (format: ExportFormat, file: Buffer): Promise<Told[]> => {
  if (format === 'csv')
    return parse<Record<string, string>>(file, { columns: true }).map((row) =>
      told(Object.entries(row).map(([field, value]) => [field, value.replace(/(?<=^|[;\t\r\n])'/g, '')])),
    )
  if (format === 'json')
    return file
      .toString()
      .split('\n')
      .slice(0, -1)
      .map((line) => told(Object.entries(JSON.parse(line) as object)))
  const [head = [], ...rows] = (await readXlsx(file)).sheets[0]?.rows ?? []
  const fieldOf = new Map(Object.entries(exportFieldLabels).map(([field, label]) => [label as unknown, field]))
  return rows.map((cells) => told(cells.map((value, i) => [fieldOf.get(head[i]) ?? '?', value])))
}

const told = (entries: readonly (readonly [string, unknown])[]): Told =>
  Object.fromEntries(
    entries.flatMap(([field, value]) =>
      value === null || value === undefined || value === ''
        ? []
        : [[field, typeof value === 'string' ? value : JSON.stringify(value)]],
    ),
  )

const iso = (ms: number | undefined): string | undefined => (ms === undefined ? undefined : new Date(ms).toISOString())

/** What an export should tell of a record, worked out from what the list of calls says. */
export const toTold = ({ quality, startedAtMs, answeredAtMs, endedAtMs, ...record }: CallRecord): Told => {
  const all: Record<string, unknown> = {
    ...record,
    ...quality,
    startedAt: iso(startedAtMs),
    answeredAt: iso(answeredAtMs),
    endedAt: iso(endedAtMs),
  }
  return told(exportFields.map((field) => [field, all[field]] as const))
}

export const isUnderWay = ({ state }: Export): boolean => state === 'queued' || state === 'running'

/** All there is in the folder of exports. */
export const exportFilesOf = async (dataDir: string): Promise<string[]> =>
  (await readdir(join(dataDir, 'exports'), { recursive: true, withFileTypes: true }).catch(() => []))
    .filter((entry) => entry.isFile())
    .map(({ name }) => name)

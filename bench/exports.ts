import { setTimeout as wait } from 'node:timers/promises'
import type { Export } from '../shared/contract/exports.ts'
import type { ExportFormat } from '../shared/vocabulary.ts'
import type { Figure } from './figures.ts'
import { residentMiB } from './http/child.ts'
import { ownerToken } from './http/switchyard.ts'

const lookAgainMs = 5
/** Enough to tell, and few enough for a worksheet. */
const workbookRows = 300_000

interface Measured {
  readonly firstRowMs: number
  readonly rowsPerSecond: number
  /** Between the first records and the last. */
  readonly grownMiB: number
}

const createApi =
  (url: string) =>
  async (method: string, path: string, body?: object): Promise<Export> => {
    const answer = await fetch(`${url}${path}`, {
      method,
      headers: { authorization: `Bearer ${ownerToken}`, ...(body && { 'content-type': 'application/json' }) },
      ...(body && { body: JSON.stringify(body) }),
    })
    const text = await answer.text()
    if (!answer.ok) throw new Error(`${path} answered ${answer.status}: ${text}`)
    return (text === '' ? {} : JSON.parse(text)) as Export
  }

const measure = async (api: ReturnType<typeof createApi>, pid: number, request: object): Promise<Measured> => {
  const startedAt = performance.now()
  let row = await api('POST', '', request)
  let firstRowMs = NaN
  let early = NaN
  let most = 0
  while (row.state === 'queued' || row.state === 'running') {
    await wait(lookAgainMs)
    row = await api('GET', `/${row.id}`)
    if (Number.isNaN(firstRowMs) && row.rows > 0) firstRowMs = performance.now() - startedAt
    const resident = residentMiB(pid) ?? NaN
    if (Number.isNaN(early) && row.rows > 50_000) early = resident
    most = Math.max(most, resident)
  }
  const seconds = (performance.now() - startedAt) / 1000
  if (row.state !== 'done') throw new Error(`the export is ${row.state}: ${row.reason ?? ''}`)
  await api('DELETE', `/${row.id}`)
  return { firstRowMs, rowsPerSecond: row.rows / seconds, grownMiB: most - early }
}

/** All records as csv and json lines, and the newest ones as a workbook, asked for as the console does. */
export const measureExports = async (
  admin: string,
  pid: number,
  { tenantId, count, newestMs, spanMs }: { tenantId: string; count: number; newestMs: number; spanMs: number },
): Promise<Figure[]> => {
  const api = createApi(`${admin}/api/v1/tenants/${tenantId}/exports`)
  const startMs = Math.floor(newestMs - spanMs * Math.min(1, workbookRows / count))
  const kinds: readonly [ExportFormat, object, number | undefined][] = [
    ['csv', {}, 200_000],
    ['json', {}, undefined],
    ['xlsx', { startMs }, 20_000],
  ]
  const figures: Figure[] = []
  for (const [format, filter, atLeast] of kinds) {
    const { firstRowMs, rowsPerSecond, grownMiB } = await measure(api, pid, { format, filter })
    figures.push(
      {
        what: `export as ${format}, first rows`,
        value: firstRowMs,
        unit: 'ms',
        ...(format === 'csv' && { target: { atMost: 200 } }),
      },
      {
        what: `export as ${format}`,
        value: rowsPerSecond,
        unit: 'rows/s',
        ...(atLeast !== undefined && { target: { atLeast } }),
      },
      { what: `export as ${format}, memory it grew by`, value: grownMiB, unit: 'MiB', target: { atMost: 100 } },
    )
  }
  return figures
}

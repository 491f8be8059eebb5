import { createWriteStream } from 'node:fs'
import { realpath, rename, rm, stat } from 'node:fs/promises'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { setTimeout as wait } from 'node:timers/promises'
import { Command, InvalidArgumentError, Option } from 'commander'
import type { Export } from '../../../shared/contract/exports.ts'
import type { Input } from '../../../shared/contract/index.ts'
import { exportFields, exportFormats, type ExportFormat } from '../../../shared/vocabulary.ts'
import { type ApiAccess, ApiError, download, findTenant, invoke } from './api-client.ts'
import { askingServer, orSay, type ApiOptions } from './api-command.ts'

type Request = Input<'exports.create'>

interface ExportOptions extends ApiOptions {
  readonly format: ExportFormat
  readonly from?: number
  readonly to?: number
  readonly fields?: string
  readonly filter?: Request['filter']
  readonly order: 'asc' | 'desc'
  readonly tenantTimes?: true
  readonly output: string
}

const lookAgainMs = 250
const interrupted = 130

const readTime = (text: string): number => {
  const ms = Date.parse(text)
  if (Number.isNaN(ms))
    throw new InvalidArgumentError('Write a date such as 2026-03-01, or a time such as 2026-03-01T08:00:00Z.')
  return ms
}

const readFilter = (text: string): Request['filter'] => {
  const read = (): unknown => {
    try {
      return JSON.parse(text)
    } catch {
      return undefined
    }
  }
  const filter = read()
  if (typeof filter !== 'object' || filter === null || Array.isArray(filter))
    throw new InvalidArgumentError('Write a JSON object of filters, such as {"state":"busy"}.')
  return filter
}

const tellProgress = ({ rows, estimatedRows, bytes }: Export): void => {
  if (!process.stderr.isTTY) return
  const of = estimatedRows === undefined ? '' : ` of about ${estimatedRows}`
  process.stderr.write(`\r${rows}${of} calls, ${Math.round(bytes / 1024)} KiB `)
}

const untilDone = async (access: ApiAccess, first: Export, signal: AbortSignal): Promise<Export> => {
  let row = first
  while (row.state === 'queued' || row.state === 'running') {
    await wait(lookAgainMs, undefined, { signal })
    row = await invoke(access, 'exports.get', { tenantId: row.tenantId, id: row.id })
    tellProgress(row)
  }
  if (process.stderr.isTTY) process.stderr.write('\n')
  if (row.state !== 'done') throw new ApiError(row.reason ?? `The export was ${row.state}`)
  return row
}

/** Whoever reads may stop when there is enough; `head` does. */
const print = async (body: Readable, signal: AbortSignal): Promise<boolean> => {
  try {
    await pipeline(body, process.stdout, { signal, end: false })
    return true
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EPIPE') return false
    throw error
  }
}

/** Under another name until it is whole, so that it replaces nothing before; devices and pipes are written to as they are. */
const save = async (body: Readable, output: string, signal: AbortSignal): Promise<void> => {
  const isFile = await stat(output).then(
    (found) => found.isFile(),
    () => true,
  )
  const target = isFile ? await realpath(output).catch(() => output) : output
  const written = isFile ? `${target}.part` : target
  try {
    await pipeline(body, createWriteStream(written, { mode: 0o600 }), { signal })
    if (isFile) await rename(written, target)
  } catch (cause) {
    if (isFile) await rm(written, { force: true }).catch(() => undefined)
    if (signal.aborted) throw cause
    throw new ApiError(`${output} could not be written: ${cause instanceof Error ? cause.message : String(cause)}`, {
      cause,
    })
  }
}

const exportCalls = async (options: ExportOptions): Promise<void> => {
  const access = { url: options.api, token: options.token }
  const tenantId = await findTenant(access, options.tenant)
  const stopping = new AbortController()
  const stop = (): void => stopping.abort()
  process.once('SIGINT', stop)
  const { format, order, fields, filter, from: startMs, to: endMs } = options
  const made = await invoke(access, 'exports.create', {
    tenantId,
    format,
    order,
    ...(options.tenantTimes && { times: 'tenant' as const }),
    ...(fields !== undefined && { fields: fields.split(',').map((field) => field.trim()) as Request['fields'] }),
    filter: { ...filter, ...(startMs !== undefined && { startMs }), ...(endMs !== undefined && { endMs }) },
  })
  const key = { tenantId, id: made.id }
  try {
    const { rows } = await untilDone(access, made, stopping.signal)
    const body = Readable.fromWeb(await download(access, 'exports.file', key))
    if (options.output !== '-') await save(body, options.output, stopping.signal)
    else if (!(await print(body, stopping.signal))) return
    process.stderr.write(`${rows} calls exported\n`)
  } catch (error) {
    if (!stopping.signal.aborted) throw error
    process.stderr.write('\nCancelled; nothing is left of the export\n')
    process.exitCode = interrupted
  } finally {
    process.off('SIGINT', stop)
    await invoke(access, 'exports.delete', key)
  }
}

export const createExportCommand = (): Command => {
  const command = new Command('export').description('take records out of a running server')
  askingServer(command.command('calls').description('call records as a file'))
    .addOption(
      new Option('--format <format>', 'csv, json (an object a line) or xlsx').choices(exportFormats).default('csv'),
    )
    .option('--from <time>', 'calls that started then or later', readTime)
    .option('--to <time>', 'calls that started before', readTime)
    .option('--fields <names>', `by comma: ${exportFields.join(', ')}`)
    .option('--filter <json>', 'filters as the list of calls takes them', readFilter)
    .addOption(new Option('--order <order>', 'by start').choices(['asc', 'desc']).default('desc'))
    .option('--tenant-times', 'times in the time zone of the tenant instead of UTC')
    .option('--output <file>', 'where to; - is standard output', '-')
    .action((options: ExportOptions, self: Command) => orSay(self, exportCalls(options)))
  return command
}

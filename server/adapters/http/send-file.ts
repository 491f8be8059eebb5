import { createReadStream } from 'node:fs'
import { open } from 'node:fs/promises'
import type { FastifyReply } from 'fastify'
import type { ExportFile } from '../../../shared/contract/exports.ts'
import { sendFailure } from './failures.ts'

/** First and last byte; undefined for what is no single range, which may be answered whole; false for one that cannot be. */
const readRange = (header: string | undefined, size: number): { start: number; end: number } | false | undefined => {
  const match = /^bytes=(\d*)-(\d*)$/.exec(header ?? '')
  if (!match || (match[1] === '' && match[2] === '')) return undefined
  const [, first = '', last = ''] = match
  const start = first === '' ? Math.max(0, size - Number(last)) : Number(first)
  const end = first === '' || last === '' ? size - 1 : Math.min(Number(last), size - 1)
  return start < size && start <= end ? { start, end } : false
}

/** A file as an attachment, whole or the range that is asked for. */
export const sendFile = async (
  reply: FastifyReply,
  { path, name, contentType }: ExportFile,
  range: string | undefined,
): Promise<FastifyReply> => {
  const file = await open(path, 'r').catch((error: unknown) => {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined
    throw error
  })
  if (!file) return sendFailure(reply, { code: 'NOT_FOUND', message: 'The file is gone; export again' })
  const { size } = await file.stat()
  void reply.headers({
    'accept-ranges': 'bytes',
    'content-type': contentType,
    'content-disposition': `attachment; filename="${name}"`,
  })
  const part = readRange(range, size)
  if (part === false) {
    await file.close()
    return reply.code(416).header('content-range', `bytes */${size}`).send()
  }
  if (part) void reply.code(206).header('content-range', `bytes ${part.start}-${part.end}/${size}`)
  void reply.header('content-length', part ? part.end - part.start + 1 : size)
  return reply.send(createReadStream(path, { fd: file, ...part }))
}

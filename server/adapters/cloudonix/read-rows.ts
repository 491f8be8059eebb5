import { asText, readAmount, readFields, readTimeMs } from '../../domain/webhooks/fields.ts'
import type { PlatformDomain, PlatformSession, PlatformTrunk } from '../../ports/cloudonix.ts'

/** Rows as the platform writes them, cut down to what anybody may know. Everything else, credentials too, ends here. */

export const isJsonObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

/** Undefined for what is no JSON: a page of a proxy, a plain word. */
export const parseJson = (text: string): unknown => {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

const isTrue = (value: unknown): boolean => /^(true|1)$/i.test(asText(value) ?? '')
/** Whatever else stands where the time of a deletion belongs means one. */
const isNoTime = (value: unknown): boolean =>
  value === undefined || value === '' || /^(0|null|false)$/i.test(asText(value) ?? '')

const readPort = (value: unknown): number | undefined => {
  const port = readAmount(value)
  return port !== undefined && Number.isInteger(port) && port > 0 && port <= 65_535 ? port : undefined
}

const outboundDirections: readonly string[] = ['outbound', 'public-outbound']

/** Undefined for what has no name: documents could not refer to it. */
export const readTrunk = (row: unknown): PlatformTrunk | undefined => {
  const fields = readFields(row)
  const name = fields.text('name')
  if (name === undefined) return undefined
  const direction = (fields.text('direction') ?? 'unknown').trim().toLowerCase().replaceAll('_', '-')
  const isActive = isTrue(fields.get('active'))
  const isDeleted = !isNoTime(fields.get('deletedAt'))
  return {
    id: fields.text('id', 'uuid') ?? name,
    name,
    uuid: fields.text('uuid'),
    direction,
    address: fields.text('ip'),
    port: readPort(fields.get('port')),
    transport: fields.text('transport')?.toLowerCase(),
    prefix: fields.text('prefix'),
    isActive,
    isDeleted,
    isOutboundChoice: isActive && !isDeleted && outboundDirections.includes(direction),
  }
}

/** Undefined for what has no token: nothing could be done with it. */
export const readSession = (row: unknown): PlatformSession | undefined => {
  const fields = readFields(row)
  const token = fields.text('token')
  if (token === undefined) return undefined
  return {
    id: fields.text('id'),
    token,
    from: fields.text('callerId'),
    to: fields.text('destination'),
    direction: fields.text('direction'),
    status: fields.text('status'),
    startedAtMs: readTimeMs(fields.get('callStartTime', 'startTime', 'createdAt')),
    answeredAtMs: readTimeMs(fields.get('callAnswerTime', 'answerTime')),
    endedAtMs: readTimeMs(fields.get('callEndTime', 'endTime')),
  }
}

/** Undefined for what is no domain. */
export const readDomain = (row: unknown): PlatformDomain | undefined => {
  const fields = readFields(row)
  const name = fields.text('domain', 'name')
  if (name === undefined) return undefined
  return { id: fields.text('id'), name, uuid: fields.text('uuid'), isActive: isTrue(fields.get('active')) }
}

import { deflateRawSync, inflateRawSync } from 'node:zlib'
import { given } from '../query/rows.ts'
import { bodiesDictionary } from './webhook-bodies-dictionary.ts'

/** What came with a webhook and what was answered: headers as JSON, payload and answer as they were, all of it masked. */
export interface WebhookBodies {
  readonly headers: string
  readonly payload: string
  readonly answer: string | undefined
}

/** As they lie in a row: packed, or as text in three columns for as long as they are not. */
export interface BodyColumns {
  readonly headers: string
  readonly payload: string
  readonly answer: string | null
  readonly bodies: Buffer | null
}
export const bodyColumns = 'headers, payload, answer, bodies'

/** The first byte says how the rest is to be read. */
const plain = 0
const deflated = 1
const settings = { level: 6, windowBits: 14, memLevel: 6, dictionary: bodiesDictionary }

/** A line with the lengths, and then one text after the other. */
const join = ({ headers, payload, answer }: WebhookBodies): string =>
  `${headers.length} ${payload.length}${answer === undefined ? '' : ' +'}\n${headers}${payload}${answer ?? ''}`

const split = (text: string): WebhookBodies => {
  const start = text.indexOf('\n') + 1
  const [headers, payload, hasAnswer] = text.slice(0, start - 1).split(' ')
  const payloadAt = start + Number(headers)
  const answerAt = payloadAt + Number(payload)
  return {
    headers: text.slice(start, payloadAt),
    payload: text.slice(payloadAt, answerAt),
    answer: hasAnswer === undefined ? undefined : text.slice(answerAt),
  }
}

/** Compressed, unless that makes it no smaller. */
export const packBodies = (bodies: WebhookBodies): Buffer => {
  const text = Buffer.from(join(bodies))
  const packed = deflateRawSync(text, settings)
  return packed.length < text.length
    ? Buffer.concat([Uint8Array.of(deflated), packed])
    : Buffer.concat([Uint8Array.of(plain), text])
}

export const readBodies = ({ bodies, headers, payload, answer }: BodyColumns): WebhookBodies => {
  if (bodies === null) return { headers, payload, answer: given(answer) }
  const [form] = bodies
  const rest = bodies.subarray(1)
  if (form === plain) return split(rest.toString())
  if (form === deflated) return split(inflateRawSync(rest, settings).toString())
  throw new Error(
    `Bodies of a webhook are written in form ${form}, which this version does not know; install the one that wrote it`,
  )
}

/** The row with its bodies as text, as they lie in it until they are packed. */
export const unpacked = <Row extends BodyColumns>(row: Row): Row => {
  if (row.bodies === null) return row
  const { headers, payload, answer = null } = readBodies(row)
  return { ...row, headers, payload, answer, bodies: null }
}

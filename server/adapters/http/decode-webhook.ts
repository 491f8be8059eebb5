import { parse as parseQueryString } from 'node:querystring'
import type { ReadStoredPayload } from '../../ports/webhooks.ts'
import { parseJson } from './parse-json.ts'

type Texts = Readonly<Record<string, string>>

export interface Decoded {
  readonly fields: unknown
  readonly payload: string
  readonly unreadable?: { readonly reason: string; readonly tooLarge: boolean }
}

const none: Texts = Object.freeze(Object.create(null) as Record<string, string>)

/** Objects without a prototype take any key as it is. A name that comes twice counts as it came last, as in JSON. */
const lastOfEach = (parsed: Readonly<Record<string, unknown>>): Texts => {
  let texts: Record<string, string> | undefined
  for (const key in parsed) {
    if (key === '__proto__') continue
    const value = parsed[key]
    texts ??= Object.create(null) as Record<string, string>
    texts[key] = String(Array.isArray(value) ? (value.at(-1) as unknown) : value)
  }
  return texts ?? none
}

/** `parsed` is what the framework made of the query string. */
export const decodeQuery = (parsed: unknown): Texts =>
  typeof parsed === 'object' && parsed !== null ? lastOfEach(parsed as Record<string, unknown>) : none

/** The platform's names come in several spellings (`CallSid`, `call_sid`); the body's value wins over each of them. */
const folded = (name: string): string => name.toLowerCase().replaceAll('_', '')

const merge = (query: Texts, body: object): object => {
  if (query === none) return body
  const merged = Object.create(null) as Record<string, unknown>
  const taken = new Set(Object.keys(body).map(folded))
  for (const key in query) if (!taken.has(folded(key))) merged[key] = query[key]
  return Object.assign(merged, body)
}

const isPlainObject = (value: unknown): value is object =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

/** What comes over the query: an object, or the only one of a list. A body that says nothing leaves the query. */
const layOver = (query: Texts, body: unknown): unknown => {
  if (isPlainObject(body)) return merge(query, body)
  if (query === none) return body
  if (!Array.isArray(body)) return body === null || body === '' ? query : body
  const [only, ...more] = (body as readonly unknown[]).filter((one) => one !== null)
  if (only === undefined) return query
  return more.length === 0 && isPlainObject(only) ? [merge(query, only)] : body
}

const looksLikeForm = (text: string): boolean => /^[^\s={}[\]<>"]+=/.test(text)

const parseForm = (text: string): Texts => lastOfEach(parseQueryString(text))

type Reading = { readonly ok: true; readonly value: unknown } | { readonly ok: false; readonly reason: string }

/** The content type is a hint; what the body looks like decides. */
const readText = (text: string, contentType: string): Reading => {
  const isForm = contentType.includes('x-www-form-urlencoded')
  if (contentType.startsWith('multipart/')) return { ok: false, reason: 'a multipart body; send JSON or a form' }
  if (isForm && !/^[{[]/.test(text)) return { ok: true, value: parseForm(text) }
  const json = parseJson(text)
  if (json.ok) return json
  if (isForm || looksLikeForm(text)) return { ok: true, value: parseForm(text) }
  return json
}

/** The body of a webhook as text and as fields, with the query's underneath. Decodes and never judges. */
export const decodeBody = (
  body: Buffer,
  headers: { readonly contentType: string | undefined; readonly contentEncoding: string | undefined },
  query: Texts,
  queryString: string,
): Decoded => {
  const encoding = headers.contentEncoding
  if (body.length > 0 && encoding !== undefined && encoding !== '' && encoding !== 'identity') {
    return { fields: query, payload: '', unreadable: { reason: `a body encoded as ${encoding}`, tooLarge: false } }
  }
  const raw = body.toString('utf8')
  const payload = raw.charCodeAt(0) === 0xfeff ? raw.slice(1) : raw
  const text = payload.trim()
  if (text === '') return { fields: query, payload: queryString }
  const reading = readText(text, headers.contentType?.toLowerCase() ?? '')
  if (!reading.ok) return { fields: query, payload, unreadable: { reason: reading.reason, tooLarge: false } }
  return { fields: layOver(query, reading.value), payload }
}

/** It was decompressed, if at all, before it was stored. */
export const readStoredPayload: ReadStoredPayload = ({ headers, payload }) => {
  const text = { contentType: headers['content-type'], contentEncoding: undefined }
  return decodeBody(Buffer.from(payload), text, none, '')
}

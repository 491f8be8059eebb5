import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { randomBytes } from 'node:crypto'
import { numberOf, tenantKey, webhookApiKey } from '../site.ts'

const fixture = join(import.meta.dirname, '../../test/fixtures/cloudonix/voice-request-inbound.json')
const shape = JSON.parse(readFileSync(fixture, 'utf8')) as Record<string, unknown>

// Placeholders of the length of what takes their place, so that one buffer serves as a mould.
const tokenMark = 'T'.repeat(32)
const stageMark = 'S'.repeat(16)
const numberMark = '+1' + 'N'.repeat(10)

export const path = `/voice/${tenantKey}/application`

const body = JSON.stringify({
  ...shape,
  CallSid: tokenMark,
  Session: tokenMark,
  To: numberMark,
  SessionData: { ...(shape['SessionData'] as object), token: tokenMark, destination: numberMark },
})

const headers = {
  'Content-Type': 'application/json',
  Authorization: `Bearer ${webhookApiKey}`,
  'User-Agent': 'Cloudonix APP.Core/0.0.0',
  'X-Cx-Domain': 'bench.cloudonix.net',
  'X-Cx-Session': tokenMark,
  'X-Cx-From': '+12025550123',
  'X-Cx-To': numberMark,
  'X-Cx-Stageid': stageMark,
}

const offsetsOf = (text: string, mark: string): number[] => {
  const offsets: number[] = []
  for (let at = text.indexOf(mark); at !== -1; at = text.indexOf(mark, at + 1)) offsets.push(at)
  return offsets
}

/**
 * Makes voice requests as bytes, each with a token and a stage of its own. They are cast rather than composed: the load
 * generator shares the machine with what it measures.
 */
export const createVoiceRequests = (host: string, ruleCount: number): (() => Buffer) => {
  const head = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`)
  const text =
    `POST ${path} HTTP/1.1\r\nHost: ${host}\r\nConnection: keep-alive\r\n${head.join('')}` +
    `Content-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`
  const mould = Buffer.from(text, 'latin1')
  const [tokens, stages, numbers] = [tokenMark, stageMark, numberMark].map((mark) => offsetsOf(text, mark))
  const run = randomBytes(12).toString('hex')
  let n = 0
  return () => {
    n += 1
    const request = Buffer.from(mould)
    const serial = n.toString(16).padStart(8, '0')
    for (const at of tokens ?? []) request.write(run + serial, at, 'latin1')
    for (const at of stages ?? []) request.write(`${run.slice(0, 8)}${serial}`, at, 'latin1')
    // A rule's number, or one that a rule's prefix begins like.
    const number = numberOf((n * 7919) % ruleCount)
    for (const at of numbers ?? []) request.write(number, at, 'latin1')
    return request
  }
}

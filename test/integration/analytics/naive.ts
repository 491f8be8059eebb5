import Database from 'better-sqlite3'
import { join } from 'node:path'
import { attemptResults, dispositions } from '../../../shared/vocabulary.ts'
import { countryOf } from '../../../server/domain/numbers/country-of.ts'

/** The answers of analytics, computed from the raw rows in the plainest way there is. */

export interface RawCall {
  readonly no: number
  readonly disposition: string | null
  readonly direction: string
  readonly from_number: string
  readonly to_number: string
  readonly agent_id: string | null
  readonly group_id: string | null
  readonly rule_id: string | null
  readonly trunk_id: string | null
  readonly provider: string | null
  readonly started_at_ms: number
  readonly answered_at_ms: number | null
  readonly ring_seconds: number | null
  readonly talk_seconds: number | null
  readonly duration_seconds: number | null
  readonly attempt_count: number
}
export interface RawAttempt {
  readonly call_no: number
  readonly n: number
  readonly agent_id: string | null
  readonly group_id: string | null
  readonly provider: string | null
  readonly trunk_id: string | null
  readonly result: string | null
}
export interface RawAnswer {
  readonly at_ms: number
  readonly latency_micros: number
}
export interface Raw {
  readonly calls: readonly RawCall[]
  readonly attemptsOf: ReadonlyMap<number, readonly RawAttempt[]>
  readonly answers: readonly RawAnswer[]
}

export const groupBy = <Key, Row>(rows: readonly Row[], keyOf: (row: Row) => Key): Map<Key, Row[]> => {
  const groups = new Map<Key, Row[]>()
  for (const row of rows) {
    const key = keyOf(row)
    const group = groups.get(key)
    if (group) group.push(row)
    else groups.set(key, [row])
  }
  return groups
}

export const openFile = (dataDir: string): Database.Database => new Database(join(dataDir, 'switchyard.db'))

export const readRaw = (dataDir: string): Raw => {
  const db = openFile(dataDir)
  const calls = db
    .prepare<[], RawCall>(
      `SELECT no, disposition, direction, from_number, to_number, agent_id, group_id, rule_id, trunk_id, provider, started_at_ms,
  answered_at_ms, ring_seconds, talk_seconds, duration_seconds, attempt_count FROM call_records WHERE is_open = 0 ORDER BY started_at_ms`,
    )
    .all()
  const attempts = db
    .prepare<[], RawAttempt>(
      'SELECT call_no, n, agent_id, group_id, provider, trunk_id, result FROM dial_attempts ORDER BY call_no, n',
    )
    .all()
  const answers = db
    .prepare<[], RawAnswer>(
      "SELECT at_ms, latency_micros FROM webhook_audit WHERE kind IN ('voice_request', 'dial_result')",
    )
    .all()
  db.close()
  return { calls, attemptsOf: groupBy(attempts, ({ call_no }) => call_no), answers }
}

/** Of calls in the order of their start. */
export const callsWithin = (calls: readonly RawCall[], startMs: number, endMs: number): readonly RawCall[] => {
  const firstFrom = (atMs: number): number => {
    let low = 0
    for (let high = calls.length; low < high;) {
      const middle = (low + high) >> 1
      if ((calls[middle] as RawCall).started_at_ms < atMs) low = middle + 1
      else high = middle
    }
    return low
  }
  return calls.slice(firstFrom(startMs), firstFrom(endMs))
}

const countries = new Map<string, string>()
const country = (number: string): string => {
  const known = countries.get(number) ?? countryOf(number) ?? ''
  countries.set(number, known)
  return known
}

export const keyOf = (dimension: string, call: RawCall): string => {
  const outer = call.direction === 'inbound' ? call.from_number : call.to_number
  const keys: Record<string, string | null | undefined> = {
    agent: call.agent_id,
    group: call.group_id,
    provider: call.provider,
    rule: call.rule_id,
    trunk: call.trunk_id,
    country: country(outer),
    outcome: call.disposition,
  }
  return keys[dimension] ?? ''
}

/** Attempts belong to whom they tried, where an attempt can tell. */
export const attemptKey = (dimension: string, call: RawCall, attempt: RawAttempt): string => {
  if (dimension === 'agent') return attempt.agent_id ?? ''
  if (dimension === 'group') return attempt.group_id ?? ''
  if (dimension === 'provider') return attempt.provider ?? ''
  if (dimension === 'trunk') return attempt.trunk_id ?? ''
  return keyOf(dimension, call)
}

export const delayOf = (call: RawCall): number | undefined => {
  if (call.disposition !== 'answered') return undefined
  if (call.answered_at_ms !== null) return Math.max(0, call.answered_at_ms - call.started_at_ms)
  return call.ring_seconds === null ? undefined : Math.round(call.ring_seconds * 1000)
}

const sum = (numbers: readonly number[]): number => numbers.reduce((total, one) => total + one, 0)
const ratio = (part: number, whole: number): number | undefined => (whole === 0 ? undefined : part / whole)

export const naiveAttempts = (attempts: readonly RawAttempt[]) => {
  const of = (result: string) => attempts.filter((attempt) => attempt.result === result).length
  const [answered, busy, noAnswer, failed, cancelled] = attemptResults.map(of)
  return { total: attempts.length, answered, busy, noAnswer, failed, cancelled }
}

export const naiveFigures = (calls: readonly RawCall[], attempts: readonly RawAttempt[]) => {
  const of = (disposition: string) => calls.filter((call) => call.disposition === disposition).length
  const answered = calls.filter(({ disposition }) => disposition === 'answered')
  const talks = answered.flatMap(({ talk_seconds }) => talk_seconds ?? [])
  const delays = calls.flatMap((call) => delayOf(call) ?? [])
  const failedOver = calls.filter(({ attempt_count }) => attempt_count > 1).length
  return {
    calls: calls.length,
    answered: answered.length,
    abandoned: of('cancelled'),
    failedOver,
    outcomes: Object.fromEntries(dispositions.map((disposition) => [disposition, of(disposition)])),
    attempts: naiveAttempts(attempts),
    talkSeconds: sum(talks),
    durationSeconds: sum(calls.map(({ duration_seconds }) => duration_seconds ?? 0)),
    successRate: ratio(answered.length, calls.length),
    failoverRate: ratio(failedOver, calls.length),
    averageTalkSeconds: ratio(sum(talks), talks.length),
    averageAnswerDelayMs: ratio(sum(delays), delays.length),
  }
}

/** Nearest rank. */
export const naivePercentile = (values: readonly number[], share: number): number | undefined =>
  [...values].sort((a, b) => a - b)[Math.max(1, Math.ceil(values.length * share)) - 1]

const formats = new Map<string, Intl.DateTimeFormat>()

/** What the wall shows, told by Intl for each single instant. */
export const wall = (timeZone: string, atMs: number) => {
  let format = formats.get(timeZone)
  if (!format) {
    format = new Intl.DateTimeFormat('en-GB', {
      timeZone,
      weekday: 'short',
      year: 'numeric',
      month: '2-digit',
      day: '2-digit',
      hour: '2-digit',
      minute: '2-digit',
      hourCycle: 'h23',
    })
    formats.set(timeZone, format)
  }
  const part = Object.fromEntries(format.formatToParts(atMs).map(({ type, value }) => [type, value]))
  const date = `${part.year}-${part.month}-${part.day}`
  return {
    date,
    month: `${part.year}-${part.month}`,
    hour: `${date} ${part.hour}`,
    quarter: `${date} ${part.hour}:${part.minute}`,
    weekday: ['Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat', 'Sun'].indexOf(part.weekday as string) + 1,
    hourOfDay: Number(part.hour),
  }
}

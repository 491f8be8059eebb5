#!/usr/bin/env node
// Verifies the audit log of a Switchyard database, or of a copy of one. It shares no code with Switchyard and needs nothing but
// Node 22.15 or newer. docs/audit.md has the form of a row that the hashes go over, for whoever would rather write another one.
//
//   node verify-audit.mjs switchyard.db [--head <seq>:<hash>]...
//
// Exit code: 0 the chain is whole, 1 it is not, 2 it could not be looked at.
import { hash } from 'node:crypto'
import { existsSync, statSync } from 'node:fs'
import { resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import { DatabaseSync } from 'node:sqlite'

const texts = ['tenant_id', 'actor_kind', 'actor_id', 'actor_name', 'actor_role', 'transport', 'address', 'noun']
texts.push('action', 'subject_id', 'before', 'after')
const mostShown = 100
/** Rows that are looked for at other places; each is tried at the place of each. */
const mostMoved = 2000

const usage = () => {
  console.error('usage: node verify-audit.mjs <database file> [--head <seq>:<hash>]...')
  process.exit(2)
}

const readArguments = (args) => {
  const heads = []
  let file
  for (let i = 0; i < args.length; i += 1) {
    if (args[i] === '--head') {
      const [, seq, hex] = /^(\d+):([0-9a-f]{64})$/i.exec(args[(i += 1)] ?? '') ?? usage()
      heads.push({ seq: Number(seq), hex: hex.toLowerCase(), name: 'the head that was handed in' })
    } else if (file === undefined && !args[i].startsWith('-')) file = args[i]
    else usage()
  }
  return { file: file ?? usage(), heads }
}

/** Without a log beside it nobody is writing to it: it can be read as it is, on a read-only disk too. */
const open = (file) => {
  if (!existsSync(file)) throw new Error(`there is no file ${file}`)
  const isAlone = (statSync(`${file}-wal`, { throwIfNoEntry: false })?.size ?? 0) === 0
  const url = pathToFileURL(resolve(file))
  url.searchParams.set('mode', 'ro')
  if (isAlone) url.searchParams.set('immutable', '1')
  const db = new DatabaseSync(url, { readOnly: true })
  db.exec('PRAGMA query_only = ON; PRAGMA cache_size = -65536; BEGIN')
  return db
}

const opening = Buffer.from('switchyard audit 1\n')
let buffer = Buffer.alloc(65536)

/** The hash of a row, at its place and behind the row that is there unless others are named. */
const hashOf = (row, seq = Number(row.seq), previous = row.previous_hash) => {
  const length = texts.reduce((sum, name) => sum + 5 + (row[name]?.length ?? 0), opening.length + 23 + previous.length)
  if (length > buffer.length) buffer = Buffer.alloc(length * 2)
  let at = opening.copy(buffer)
  const integer = (value) => {
    at = buffer.writeBigInt64BE(value, buffer.writeUInt8(1, at))
  }
  const bytes = (kind, value) => {
    at = buffer.writeUInt32BE(value.length, buffer.writeUInt8(kind, at))
    buffer.set(value, at)
    at += value.length
  }
  integer(BigInt(seq))
  integer(row.at_ms)
  for (const name of texts) {
    if (row[name] === null) at = buffer.writeUInt8(0, at)
    else bytes(2, row[name])
  }
  bytes(3, previous)
  return hash('sha256', buffer.subarray(0, at), 'hex')
}

const hex = (blob) => Buffer.from(blob.buffer, blob.byteOffset, blob.length).toString('hex')

const verify = (db, heads) => {
  const problems = []
  let count = 0
  const say = (seq, what) => {
    count += 1
    if (problems.length < mostShown) problems.push({ seq, what })
  }
  // Texts as bytes: nothing is lost to a decoder.
  const select = db.prepare(
    `SELECT seq, at_ms, ${texts.map((name) => `CAST("${name}" AS BLOB) AS "${name}"`).join(', ')}, previous_hash, hash
FROM audit_log ORDER BY seq`,
  )
  select.setReadBigInts(true)

  const gaps = []
  const suspects = []
  const wanted = new Map(heads.map((head) => [head.seq, []]))
  let before = { seq: 0, stored: '0'.repeat(64), real: '0'.repeat(64) }
  let rows = 0
  for (const row of select.iterate()) {
    const seq = Number(row.seq)
    rows += 1
    const [stored, real, previous] = [hex(row.hash), hashOf(row), hex(row.previous_hash)]
    const isSound = stored === real
    const follows = previous === before.stored || previous === before.real
    const isBehindGap = seq !== before.seq + 1
    if (isBehindGap) gaps.push([before.seq + 1, seq - 1])
    if (!isSound) {
      // With the hash that does stand before it, is it the row it was? Then somebody changed what it says it follows.
      const other = [before.stored, before.real].some((hash) => hashOf(row, seq, Buffer.from(hash, 'hex')) === stored)
      if (follows || other || suspects.length >= mostMoved) say(seq, 'was changed: its hash is not that of its content')
      else suspects.push({ row, seq, stored })
    } else if (!follows && !isBehindGap && before.stored === before.real)
      say(before.seq, `was written anew: row ${seq} follows another row than the one that is there`)
    if (wanted.has(seq)) wanted.set(seq, [stored, real])
    before = { seq, stored, real }
  }

  for (const [from, until] of gaps) say(from, from === until ? 'is missing' : `and all up to ${until} are missing`)

  // Rows whose hash is right for another place stood there.
  const places = [...suspects.map(({ seq }) => seq), ...gaps.flatMap(([from, until]) => span(from, until))]
  let shift = 0
  for (const { row, seq, stored } of suspects) {
    const isFrom = (place) => place > 0 && place !== seq && hashOf(row, place) === stored
    const from = [seq + shift, seq + 1, seq - 1, ...places].find(isFrom)
    if (from === undefined) say(seq, 'was changed: its hash is not that of its content')
    else {
      shift = from - seq
      say(seq, `is out of order: it stood at ${from}`)
    }
  }

  for (const { seq, hex: expected, name } of heads) {
    const there = wanted.get(seq) ?? []
    if (seq > before.seq) say(before.seq + 1, `and all up to ${seq} are cut off at the end, says ${name}`)
    else if (!there.includes(expected)) say(seq, `is not the row that ${name} names`)
  }
  return { rows, last: before, problems: problems.sort((a, b) => a.seq - b.seq), count }
}

const span = (from, until) => Array.from({ length: Math.min(until - from + 1, mostMoved) }, (_, i) => from + i)

/** Where the writer noted the end, beside the table. */
const notedHead = (db) => {
  const noted = db.prepare("SELECT value FROM meta WHERE key = 'audit_head'").get()
  const [, seq, hex] = /^(\d+):([0-9a-f]{64})$/.exec(noted?.value ?? '') ?? []
  return seq === undefined ? undefined : { seq: Number(seq), hex, name: 'what was noted of the end' }
}

const main = () => {
  const { file, heads } = readArguments(process.argv.slice(2))
  const startedMs = performance.now()
  const db = open(file)
  const noted = notedHead(db)
  const { rows, last, problems, count } = verify(db, noted ? [noted, ...heads] : heads)
  db.close()
  for (const { seq, what } of problems) console.log(`row ${seq} ${what}`)
  if (count > problems.length) console.log(`… and ${count - problems.length} more`)
  let isWhole = count === 0
  if (noted === undefined && rows > 0) {
    isWhole = false
    console.log('what was noted of the end is gone: rows may be cut off behind the last one')
  } else if (noted && last.seq > noted.seq) {
    isWhole = false
    console.log(`rows behind ${noted.seq} were not added by Switchyard: it noted that one as the end`)
  }
  const seconds = ((performance.now() - startedMs) / 1000).toFixed(1)
  console.log(`${rows} rows in ${seconds} s: ${isWhole ? 'the chain is whole' : 'THE CHAIN IS NOT WHOLE'}`)
  if (rows > 0) console.log(`end ${last.seq}:${last.stored}`)
  process.exitCode = isWhole ? 0 : 1
}

try {
  main()
} catch (error) {
  console.error(`verify-audit: ${error instanceof Error ? error.message : String(error)}`)
  process.exitCode = 2
}

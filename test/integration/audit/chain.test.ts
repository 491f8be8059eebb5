import { execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { copyFile, rm } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import Database from 'better-sqlite3'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { askedBy } from '../../../server/adapters/sqlite/audit/asked-by.ts'
import { createAuditReader } from '../../../server/adapters/sqlite/audit/audit-reader.ts'
import { createAuditWriter } from '../../../server/adapters/sqlite/audit/audit-writer.ts'
import { databaseFile } from '../../../server/adapters/sqlite/file/data-directory.ts'
import { openDatabase } from '../../../server/adapters/sqlite/file/open-database.ts'
import { createQueries } from '../../../server/adapters/sqlite/query/query-builder.ts'
import { verifyAuditLog } from '../../../server/operations/audit-log.ts'
import { aDataDir, openInlineStore } from '../../support/sqlite-store.ts'
import { aTenant } from '../../support/store-rows.ts'

const root = resolve(import.meta.dirname, '../../..')
const dataDirs: string[] = []
const aDirectory = async (): Promise<string> => {
  const dataDir = await aDataDir()
  dataDirs.push(dataDir)
  return dataDir
}
afterAll(() => Promise.all(dataDirs.map((dataDir) => rm(dataDir, { recursive: true, force: true }))))

/** The verifier that ships, in a process of its own. */
const runTool = (...args: string[]): Promise<{ code: number; lines: string[] }> =>
  new Promise((settle) => {
    execFile(process.execPath, [join(root, 'tools/verify-audit.mjs'), ...args], (error, stdout, stderr) => {
      settle({ code: typeof error?.code === 'number' ? error.code : 0, lines: `${stdout}${stderr}`.trim().split('\n') })
    })
  })

/** What the server itself finds in a file. */
const verifyFile = async (file: string) => {
  const db = new Database(file)
  try {
    const { head, verifySlice } = createAuditReader(db, createQueries(db))
    const store = {
      head: async () => head(),
      verifySlice: async (from: Parameters<typeof verifySlice>[0]) => verifySlice(from),
    }
    const { problems, rows } = await verifyAuditLog(store)
    return { rows, found: problems.map(({ seq, kind }) => `${seq} ${kind}`) }
  } finally {
    db.close()
  }
}

const writeRows = (file: string, count: number): void => {
  const db = openDatabase(file, 'writer')
  const add = createAuditWriter(db)
  const by = {
    actor: { kind: 'token', name: 'Ada', role: 'admin' },
    origin: { transport: 'rest', address: '127.0.0.1' },
  } as const
  const addAll = db.transaction((from: number, until: number) => {
    for (let n = from; n < until; n += 1) {
      const [before, after] = [
        { name: `Rule ${n}`, priority: n, version: 1 },
        { name: `Rule ${n}`, priority: n + 1, version: 2 },
      ]
      add({
        noun: 'inboundRules',
        action: 'update',
        tenantId: 'tenant-1',
        subjectId: `rule-${n % 1000}`,
        before,
        after,
      })
    }
  })
  askedBy.run(by, () => {
    for (let from = 0; from < count; from += 10_000) addAll.immediate(from, Math.min(from + 10_000, count))
  })
  db.pragma('wal_checkpoint(TRUNCATE)')
  db.close()
}

describe('a chain that somebody has tampered with', () => {
  let whole: string
  beforeAll(async () => {
    const dataDir = await aDirectory()
    const store = await openInlineStore(dataDir)
    await store.close()
    whole = databaseFile(dataDir)
    writeRows(whole, 12)
  })

  const tamper = async (...statements: string[]): Promise<string> => {
    const file = join(await aDirectory(), 'copy.db')
    await copyFile(whole, file)
    const db = new Database(file)
    for (const { name } of db
      .prepare<[], { name: string }>("SELECT name FROM sqlite_schema WHERE type = 'trigger' AND tbl_name = 'audit_log'")
      .all())
      db.exec(`DROP TRIGGER ${name}`)
    db.pragma('ignore_check_constraints = ON')
    for (const statement of statements) db.exec(statement)
    db.pragma('wal_checkpoint(TRUNCATE)')
    db.close()
    return file
  }
  const swap = (a: number, b: number): string =>
    `UPDATE audit_log SET seq = -1 WHERE seq = ${a}; UPDATE audit_log SET seq = ${a} WHERE seq = ${b}; UPDATE audit_log SET seq = ${b} WHERE seq = -1`

  it('is whole before that', async () => {
    expect(await verifyFile(whole)).toEqual({ rows: 12, found: [] })
    const { code, lines } = await runTool(whole)
    expect([code, lines]).toEqual([
      0,
      [expect.stringMatching(/^12 rows in .* s: the chain is whole$/), expect.stringMatching(/^end 12:[0-9a-f]{64}$/)],
    ])
  })

  it.each<[what: string, statements: string[], found: string[], said: RegExp[]]>([
    [
      'a letter of a text',
      ["UPDATE audit_log SET after = replace(after, 'Rule 4', 'Rule X') WHERE seq = 5"],
      ['5 changed'],
      [/^row 5 was changed/],
    ],
    ['a time', ['UPDATE audit_log SET at_ms = at_ms + 1 WHERE seq = 1'], ['1 changed'], [/^row 1 was changed/]],
    ['who it was', ["UPDATE audit_log SET actor_name = 'Bob' WHERE seq = 12"], ['12 changed'], [/^row 12 was changed/]],
    [
      'what was nothing',
      ['UPDATE audit_log SET tenant_id = NULL WHERE seq = 7'],
      ['7 changed'],
      [/^row 7 was changed/],
    ],
    ['a hash', ['UPDATE audit_log SET hash = zeroblob(32) WHERE seq = 5'], ['5 changed'], [/^row 5 was changed/]],
    [
      'the hash before',
      ['UPDATE audit_log SET previous_hash = zeroblob(32) WHERE seq = 5'],
      ['5 changed'],
      [/^row 5 was changed/],
    ],
    ['a row that is gone', ['DELETE FROM audit_log WHERE seq = 5'], ['5 removed'], [/^row 5 is missing/]],
    [
      'some rows that are gone',
      ['DELETE FROM audit_log WHERE seq IN (5, 6, 9)'],
      ['5 removed', '9 removed'],
      [/^row 5 and all up to 6 are missing/, /^row 9 is missing/],
    ],
    ['the first row, gone', ['DELETE FROM audit_log WHERE seq = 1'], ['1 removed'], [/^row 1 is missing/]],
    [
      'two rows that changed places',
      [swap(5, 9)],
      ['5 moved', '9 moved'],
      [/^row 5 is out of order: it stood at 9/, /^row 9 is out of order: it stood at 5/],
    ],
    [
      'neighbours that changed places',
      [swap(5, 6)],
      ['5 moved', '6 moved'],
      [/^row 5 is out of order: it stood at 6/, /^row 6 is out of order: it stood at 5/],
    ],
    [
      'an end that is cut off',
      ['DELETE FROM audit_log WHERE seq > 9'],
      ['10 cut_off'],
      [/^row 10 and all up to 12 are cut off/],
    ],
    ['all rows, gone', ['DELETE FROM audit_log'], ['1 cut_off'], [/^row 1 and all up to 12 are cut off/]],
    [
      'a note of the end that is gone',
      ["DELETE FROM meta WHERE key = 'audit_head'"],
      ['12 cut_off'],
      [/^what was noted of the end is gone/],
    ],
    [
      'a note of the end that was set back',
      [
        "UPDATE meta SET value = (SELECT '9:' || lower(hex(hash)) FROM audit_log WHERE seq = 9) WHERE key = 'audit_head'",
      ],
      ['12 rewritten'],
      [/^rows behind 9 were not added/],
    ],
  ])('%s is named', async (_what, statements, found, said) => {
    const file = await tamper(...statements)
    expect((await verifyFile(file)).found).toEqual(found)
    const { code, lines } = await runTool(file)
    expect(code).toBe(1)
    expect(lines.filter((line) => /^(row|what|rows )/.test(line))).toEqual(
      said.map((one): unknown => expect.stringMatching(one)),
    )
  })

  it('is found out by a head that was kept elsewhere, when it was written anew from some row on', async () => {
    const { lines } = await runTool(whole)
    const kept = lines.at(-1)!.replace('end ', '')
    const file = await tamper("DELETE FROM audit_log WHERE seq > 4; DELETE FROM meta WHERE key = 'audit_head'")
    writeRows(file, 8)
    expect(await verifyFile(file)).toEqual({ rows: 12, found: [] })
    expect((await runTool(file)).code).toBe(0)
    const found = await runTool(file, '--head', kept)
    expect([found.code, found.lines[0]]).toEqual([1, 'row 12 is not the row that the head that was handed in names'])
    expect(await runTool(whole, '--head', kept)).toMatchObject({ code: 0 })
  })

  it('that is cut off and goes on shows the gap for ever', async () => {
    const file = await tamper('DELETE FROM audit_log WHERE seq > 9')
    writeRows(file, 2)
    expect(await verifyFile(file)).toEqual({ rows: 11, found: ['10 removed'] })
    expect((await runTool(file)).lines[0]).toBe('row 10 and all up to 12 are missing')
  })

  it('cannot be looked at where there is none', async () => {
    expect(await runTool(join(await aDirectory(), 'nothing.db'))).toMatchObject({ code: 2 })
    expect(await runTool()).toMatchObject({ code: 2, lines: [expect.stringContaining('usage')] })
    expect(await runTool(whole, '--head', 'x')).toMatchObject({ code: 2 })
  })
})

describe('processes that are killed', () => {
  const script = join(root, 'test/support/change-until-killed.ts')
  const changeUntil = async (dataDir: string, name: string, count: number): Promise<string[]> => {
    const child = spawn(process.execPath, [script, dataDir, 'tenant-1', name], { stdio: ['ignore', 'pipe', 'inherit'] })
    let text = ''
    child.stdout.setEncoding('utf8').on('data', (chunk: string) => {
      text += chunk
      if (text.split('\n').length > count) child.kill('SIGKILL')
    })
    await once(child, 'close')
    return text.split('\n').slice(0, -1)
  }

  it(
    'leave one chain, with a row for each change of any of them and for nothing else',
    { timeout: 120_000 },
    async () => {
      const dataDir = await aDirectory()
      const first = await openInlineStore(dataDir)
      await first.configuration.tenants.create(aTenant())
      await first.close()
      const acknowledged = await Promise.all(['ada', 'bob'].map((name) => changeUntil(dataDir, name, 40)))

      const db = new Database(databaseFile(dataDir))
      const rows = db
        .prepare<[], { subject_id: string; actor_name: string }>(
          "SELECT subject_id, actor_name FROM audit_log WHERE noun = 'inboundRules'",
        )
        .all()
      const rules = db.prepare<[], string>('SELECT id FROM inbound_routing_rules').pluck().all()
      db.close()
      expect(rows.map(({ subject_id }) => subject_id).sort()).toEqual(rules.sort())
      expect(rules).toEqual(expect.arrayContaining(acknowledged.flat()))
      for (const { subject_id, actor_name } of rows) expect(subject_id.startsWith(`${actor_name}-`)).toBe(true)
      expect((await verifyFile(databaseFile(dataDir))).found).toEqual([])
      expect(await runTool(databaseFile(dataDir))).toMatchObject({ code: 0 })
    },
  )
})

describe('a long chain', () => {
  const count = Number(process.env['SWITCHYARD_TEST_AUDIT_ROWS'] ?? 20_000)
  /** A minute for a million, and the time that starting takes. */
  const mostMs = 5_000 + (count / 1_000_000) * 60_000

  it(`of ${count} rows is verified in time, by both`, { timeout: 60_000 + count }, async () => {
    const dataDir = await aDirectory()
    const store = await openInlineStore(dataDir)
    await store.close()
    const file = databaseFile(dataDir)
    const timed = async <T>(work: () => Promise<T> | T) => {
      const startedMs = performance.now()
      const value = await work()
      return { value, ms: Math.round(performance.now() - startedMs) }
    }
    const written = await timed(() => writeRows(file, count))
    const own = await timed(() => verifyFile(file))
    const tool = await timed(() => runTool(file))
    console.log(
      `${count} rows: written in ${written.ms} ms, verified in ${own.ms} ms by the server and ${tool.ms} ms by the tool`,
    )
    expect(own.value).toEqual({ rows: count, found: [] })
    expect(tool.value.code).toBe(0)
    expect(own.ms).toBeLessThan(mostMs)
    expect(tool.ms).toBeLessThan(mostMs)
  })
})

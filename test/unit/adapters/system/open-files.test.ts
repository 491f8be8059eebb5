import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, it } from 'vitest'
import { mostConnections, mostOpenFiles } from '../../../../server/adapters/system/open-files.ts'

const folder = mkdtempSync(join(tmpdir(), 'switchyard-limits-'))
afterAll(() => rmSync(folder, { recursive: true }))

it.each([
  ['Max open files            1024                 524288               files', 1024],
  ['Max open files            unlimited            unlimited            files', 10_000],
  ['Max processes             7                    7                    processes', 10_000],
])('reads %j as %i', (line, count) => {
  const file = join(folder, 'limits')
  writeFileSync(file, `Limit  Soft Limit  Hard Limit  Units\n${line}\n`)
  expect(mostOpenFiles(file)).toBe(count)
})

it('has an idea where the system does not say', () => {
  expect(mostOpenFiles(join(folder, 'nowhere'))).toBe(10_000)
  expect(mostOpenFiles()).toBeGreaterThan(0)
})

it('leaves files to the store, however few or many there are', () => {
  expect(mostConnections(1024)).toEqual({ webhooks: 512, admin: 128 })
  expect(mostConnections(1_000_000)).toEqual({ webhooks: 8192, admin: 1024 })
})

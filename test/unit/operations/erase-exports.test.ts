import { describe, expect, it } from 'vitest'
import { createExportEraser } from '../../../server/operations/erase-exports.ts'
import type { ExportState } from '../../../shared/vocabulary.ts'
import type { StoredExport } from '../../../server/ports/exports.ts'

/** Exports by id, each with its tenant, its state, and what its file holds. */
const made = (rows: Record<string, [tenantId: string, state: ExportState, text: string]>) => {
  const stored = new Map(
    Object.entries(rows).map(([id, [tenantId, state]]) => [id, { id, tenantId, state } as StoredExport]),
  )
  const files = new Map(Object.entries(rows).map(([id, [, , text]]) => [id, text]))
  const told: StoredExport[] = []
  const erase = createExportEraser({
    exports: {
      withFiles: async () => [...stored.values()],
      get: async (_tenantId, id) => stored.get(id),
      delete: async (_tenantId, id) => stored.delete(id),
      end: async (id, from, state, { reason }) => {
        const row = stored.get(id)
        if (!row || !from.includes(row.state)) return false
        stored.set(id, { ...row, state, reason })
        return true
      },
    },
    exportFiles: { remove: async ({ id }) => void files.delete(id) },
    // What it has read is written before it stops.
    exportRunner: {
      stop: async (id) => void files.set(id, `${files.get(id)} number`),
      tell: (row) => void told.push(row),
    },
    archives: {
      exportsWith: async (tenantId, holds) =>
        [...files].filter(([id, text]) => rows[id]?.[0] === tenantId && holds(text)).map(([id]) => `${id}.csv`),
      deleteExport: async (_tenantId, name) => void files.delete(name.split('.', 1)[0]!),
    },
    clock: { nowMs: () => 1 },
  })
  return { erase, stored, files, told }
}
const holds = (text: string): boolean => text.includes('number')

describe('a number in exports', () => {
  it('goes with its files, and with those under way, which may have read it before', async () => {
    const { erase, stored, files, told } = made({
      with: ['t', 'done', 'a number'],
      without: ['t', 'done', 'another'],
      under: ['t', 'running', 'nothing so far'],
      waiting: ['t', 'queued', ''],
      foreign: ['u', 'running', 'a number'],
    })
    expect(await erase('t', holds)).toBe(1)
    expect([...files.keys()].sort()).toEqual(['foreign', 'waiting', 'without'])
    expect(stored.get('under')).toMatchObject({
      state: 'failed',
      reason: expect.stringContaining('export again') as string,
    })
    expect(told).toEqual([stored.get('under')])
    expect([...stored.keys()].sort()).toEqual(['foreign', 'under', 'waiting', 'without'])
    expect(stored.get('foreign')?.state).toBe('running')
  })

  it('leaves one alone that is done at that moment, but for its file', async () => {
    const { erase, stored } = made({ x: ['t', 'running', 'fine'] })
    const row = stored.get('x')!
    stored.set('x', { ...row, state: 'done' })
    expect(await erase('t', holds)).toBe(0)
    expect(stored.get('x')?.state).toBe('done')
  })
})

import { describe, expect, it } from 'vitest'
import { createArchiveEraser } from '../../../server/operations/erase-archives.ts'
import type { ArchiveFile } from '../../../server/ports/archive-files.ts'

const sought = { number: '+12025550123', country: 'US' }
const call = (token: string, from: string, decision = '') =>
  JSON.stringify({ call: { token, from_number: from }, attempts: [], decisions: [{ cxml: decision }], transitions: [] })
const event = (token: string | null, payload: string) => JSON.stringify({ id: payload, token, payload })

const archives = () => {
  const files = new Map<string, string[]>([
    ['calls-0', [call('a', '+12025550123', '912025550123'), call('b', '+12025550199', 'tel:+1-202-555-0123')]],
    ['calls-1', [call('c', '+12025550199')]],
    ['webhook_events-0', [event('a', 'of a'), event('z', 'of z'), event('b', 'b %2B12025550123'), event(null, 'x')]],
    ['webhook_events-1', [event('c', 'of c')]],
  ])
  const replaced: string[] = []
  return {
    files,
    replaced,
    replace: ({ kind, dayMs }: ArchiveFile) => Promise.resolve(void replaced.push(`${kind}-${dayMs}`)),
    port: {
      list: () =>
        Promise.resolve(
          [...files.keys()].map((key) => ({ kind: key.split('-')[0]!, dayMs: Number(key.split('-')[1]) })),
        ),
      read: async function* (_tenantId: string, kind: string, dayMs: number) {
        yield* await Promise.resolve(files.get(`${kind}-${dayMs}`) ?? [])
      },
      write: async (
        _tenantId: string,
        kind: string,
        dayMs: number,
        lines: AsyncIterable<string> | Iterable<string>,
        record: (file: ArchiveFile) => Promise<void>,
      ) => {
        const written: string[] = []
        for await (const line of lines) written.push(line)
        await record({ kind, dayMs, rows: written.length, bytes: 1, sha256: '' })
        files.set(`${kind}-${dayMs}`, written)
      },
    },
  }
}

describe('a number in archives', () => {
  it('goes with its calls and their events, and out of what is of others', async () => {
    const { files, port, replace, replaced } = archives()
    const erase = createArchiveEraser(port, sought)
    expect(await erase('t', { label: 'erased', keep: false, tokens: new Set(['z']), replace })).toBe(2)
    expect(replaced).toEqual(['calls-0', 'webhook_events-0'])
    expect(files.get('calls-0')).toEqual([call('b', '+12025550199', 'tel:erased')])
    // Of z nothing is left but this: its call was erased from the records.
    expect(files.get('webhook_events-0')).toEqual([event('b', 'b erased'), event(null, 'x')])
  })

  it('gives way to a label where the records stay', async () => {
    const { files, port, replace } = archives()
    await createArchiveEraser(port, sought)('t', { label: 'anon', keep: true, tokens: new Set(), replace })
    expect(files.get('calls-0')).toEqual([call('a', 'anon', 'anon'), call('b', '+12025550199', 'tel:anon')])
    expect(files.get('webhook_events-0')).toHaveLength(4)
    expect([...files.values()].flat().join()).not.toMatch(/0123/)
  })

  it('goes from the others where one cannot be read', async () => {
    const { files, port, replace } = archives()
    const read: typeof port.read = async function* (tenantId, kind, dayMs) {
      if (kind === 'calls' && dayMs === 1) throw new Error('damaged')
      yield* port.read(tenantId, kind, dayMs)
    }
    const erase = createArchiveEraser({ ...port, read }, sought)
    await expect(erase('t', { label: 'erased', keep: false, tokens: new Set(), replace })).rejects.toThrow('damaged')
    expect([...files.values()].flat().join()).not.toMatch(/0123/)
  })

  it('is only counted where nothing is to be replaced', async () => {
    const { files, port } = archives()
    const before = structuredClone(files)
    expect(await createArchiveEraser(port, sought)('t', { label: '', keep: true, tokens: new Set() })).toBe(2)
    expect(files).toEqual(before)
  })
})

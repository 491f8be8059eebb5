import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { createSseParser, type ServerSentEvent } from '../../../../renderer/client/sse-parser.ts'

const read = (chunks: readonly string[]): ServerSentEvent[] => {
  const events: ServerSentEvent[] = []
  const parse = createSseParser((event) => events.push(event))
  for (const chunk of chunks) parse(chunk)
  return events
}

const stream =
  'retry: 2000\n\nid: 5\n\nid: 7\nevent: call.created\ndata: {"a":1}\n\n: still here\n\nevent: resync\ndata: {}\n\nid: 8\r\ndata: one\r\ndata: two\r\n\r\n'
const expected: ServerSentEvent[] = [
  { id: '5', name: 'message', data: undefined },
  { id: '7', name: 'call.created', data: '{"a":1}' },
  { id: '7', name: 'resync', data: '{}' },
  { id: '8', name: 'message', data: 'one\ntwo' },
]

describe('server-sent events', () => {
  it('reads names, ids and data, also an id alone, and passes over comments and empty events', () => {
    expect(read([stream])).toEqual(expected)
  })

  it('reads the same wherever the network cut the stream', () => {
    fc.assert(
      fc.property(fc.array(fc.nat(stream.length)), (cuts) => {
        const at = [0, ...cuts.sort((a, b) => a - b), stream.length]
        expect(read(at.slice(1).map((end, index) => stream.slice(at[index], end)))).toEqual(expected)
      }),
    )
  })

  it('keeps an unfinished event to itself', () => {
    expect(read(['event: call.created\ndata: {"a":1}\n'])).toEqual([])
  })
})

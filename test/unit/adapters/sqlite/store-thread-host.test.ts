import { EventEmitter } from 'node:events'
import { Worker } from 'node:worker_threads'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { startWorker } from '../../../../server/adapters/sqlite/threads/store-thread-host.ts'

vi.mock('node:worker_threads', () => ({ Worker: vi.fn() }))
afterEach(() => void vi.mocked(Worker).mockReset())

const aWorker = () => {
  const worker = Object.assign(new EventEmitter(), { terminate: vi.fn(() => Promise.resolve(1)) })
  vi.mocked(Worker).mockImplementationOnce(function () {
    return worker as never
  })
  return worker
}
const bare = new Error('only a message')
delete bare.stack

describe('a store thread', () => {
  it('runs the file beside its host, under the name of its role, and is ended by it', async () => {
    const worker = aWorker()
    const host = startWorker('writer')
    expect(Worker).toHaveBeenCalledWith(
      expect.objectContaining({ pathname: expect.stringMatching(/\/sqlite\/threads\/store-thread\.ts$/) as string }),
      expect.objectContaining({ name: 'store writer' }),
    )
    expect(host.port).toBe(worker)
    await host.end()
    expect(worker.terminate).toHaveBeenCalledOnce()
  })

  it.each<[string, unknown[], RegExp]>([
    ['without a word by its exit code', [], /^exit code 7$/],
    ['with an error by where it was thrown', [new Error('out of memory')], /out of memory\n +at /],
    ['with an error without a stack by its message', [bare], /^only a message$/],
    ['with something else by that', ['odd'], /^odd$/],
  ])('that ends %s is told once', (_how, errors, reason) => {
    const worker = aWorker()
    const gone = vi.fn()
    startWorker('reader').onGone(gone)
    for (const error of errors) worker.emit('error', error)
    expect(gone).not.toHaveBeenCalled()
    worker.emit('exit', 7)
    worker.emit('exit', 7)
    expect(gone.mock.calls).toEqual([[expect.stringMatching(reason)]])
  })
})

import { EventEmitter } from 'node:events'
import { connect } from 'node:net'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { assertListening, readTargetUrl } from '../../../server/simulator/assert-listening.ts'

vi.mock('node:net', () => ({ connect: vi.fn() }))

/** A socket to which one thing happens as soon as somebody can hear it. */
const socketThat = (event: string, detail?: unknown) => {
  const socket = Object.assign(new EventEmitter(), { destroy: vi.fn() })
  vi.mocked(connect).mockImplementationOnce(() => {
    queueMicrotask(() => socket.emit(event, detail))
    return socket as never
  })
  return socket
}
afterEach(() => void vi.mocked(connect).mockReset())

describe('the target of a simulation', () => {
  it.each(['nonsense', 'ftp://127.0.0.1', ''])('cannot be %j', (text) => {
    expect(() => readTargetUrl(text)).toThrow('is not a URL. Wanted: something like http://127.0.0.1:8080')
  })

  it.each([
    ['http://127.0.0.1:8080/x', '127.0.0.1', 8080],
    ['http://router.example', 'router.example', 80],
    ['https://router.example', 'router.example', 443],
    ['http://[::1]:8081', '::1', 8081],
  ])('%s is looked for at %s, port %i', async (url, host, port) => {
    const socket = socketThat('connect')
    await assertListening(url)
    expect(connect).toHaveBeenCalledWith(expect.objectContaining({ host, port }))
    expect(socket.destroy).toHaveBeenCalledOnce()
  })

  it.each<[string, unknown, string]>([
    ['error', Object.assign(new Error('refused'), { code: 'ECONNREFUSED' }), 'ECONNREFUSED'],
    ['error', new Error('without a code'), 'no answer'],
    ['error', 'no error at all', 'no answer'],
    ['timeout', undefined, 'no answer'],
  ])('where nobody listens is named with the reason (%s, %s)', async (event, detail, reason) => {
    const socket = socketThat(event, detail)
    await expect(assertListening('http://router.example:8080/path')).rejects.toThrow(
      `Nobody listens at http://router.example:8080 (${reason}). Start the server, or name another with --url`,
    )
    expect(socket.destroy).toHaveBeenCalledOnce()
  })
})

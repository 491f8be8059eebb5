import { describe, expect, it } from 'vitest'
import { createLog } from '../../../../server/adapters/system/log.ts'

const aLog = (level = 'info') => {
  const lines: string[] = []
  const log = createLog(level, { write: (line: string) => void lines.push(line) })
  return { log, line: () => JSON.parse(lines.at(-1) ?? 'null') as Record<string, unknown>, text: () => lines.join('') }
}

describe('the log', () => {
  it.each(['err', 'error'])('tells an error passed as %s whole, with what brought it about', (name) => {
    const { log, line } = aLog()
    const cause = Object.assign(new TypeError('the disk is away'), { code: 'EIO' })
    log.error({ [name]: new Error('it could not be written', { cause }), kind: 'cdr' }, 'A fault')
    expect(line()).toMatchObject({
      msg: 'A fault',
      kind: 'cdr',
      [name]: {
        type: 'Error',
        message: 'it could not be written',
        stack: expect.stringContaining('log.test.ts') as string,
        cause: { type: 'TypeError', message: 'the disk is away', code: 'EIO' },
      },
    })
  })

  it('tells several errors in one, and one that is its own cause', () => {
    const { log, line } = aLog()
    log.error({ err: new AggregateError([new Error('a'), 'b'], 'both') }, 'x')
    expect(line()).toMatchObject({ err: { message: 'both', errors: [{ message: 'a' }, 'b'] } })
    const circle: Error & { cause?: unknown } = new Error('round')
    circle.cause = circle
    log.error({ err: circle }, 'x')
    expect(line()).toMatchObject({ err: { cause: { cause: { message: 'round' } } } })
  })

  it('keeps what is no error as it is', () => {
    const { log, line } = aLog()
    log.warn({ error: 'EIO', err: 5 }, 'x')
    expect(line()).toMatchObject({ error: 'EIO', err: 5 })
  })

  it('holds no secret and no body', () => {
    const { log, text } = aLog()
    const failed = (() => {
      try {
        return JSON.parse('{"password":"SECRET' + 'SECRET"') as unknown
      } catch (error) {
        return error
      }
    })()
    const unread = (() => {
      try {
        return JSON.parse('SECRET "SECRET"\nSECRET') as unknown
      } catch (error) {
        return error
      }
    })()
    log.error({ err: failed, password: 'SECRET', tenant: { tenantKey: 'SECRET' } }, 'x')
    log.error({ err: unread }, 'x')
    log.error({ err: new Error('GET /voice/SECRET/cdr?s=SECRET, Bearer SECRET') }, 'x')
    log.error({ err: Object.assign(new Error('x'), { body: 'SECRET', headers: { authorization: 'SECRET' } }) }, 'x')
    expect(text()).not.toContain('SECRET')
  })

  it('says which levels there are', () => {
    expect(() => createLog('loud')).toThrow(
      'SWITCHYARD_LOG_LEVEL is "loud"; it wants one of trace, debug, info, warn, error, fatal, silent',
    )
  })
})

import { createHmac } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { systemClock } from '../../../../server/adapters/system/clock.ts'
import { systemCrypto } from '../../../../server/adapters/system/crypto.ts'
import { newId, newSecret } from '../../../../server/adapters/system/ids.ts'
import { createLog } from '../../../../server/adapters/system/log.ts'

describe('the clock', () => {
  it('tells the time, and how much of it passed', () => {
    expect(Math.abs(systemClock.nowMs() - Date.now())).toBeLessThan(1000)
    const before = systemClock.micros()
    expect(systemClock.micros()).toBeGreaterThanOrEqual(before)
    expect(Number.isInteger(before)).toBe(true)
  })
})

describe('identifiers', () => {
  it('are of 20 safe characters, all different and in order of time', () => {
    const ids = Array.from({ length: 5000 }, newId)
    expect(ids.every((id) => /^[0-9a-z]{20}$/.test(id))).toBe(true)
    expect(new Set(ids).size).toBe(ids.length)
    const times = ids.map((id) => id.slice(0, 9))
    expect(times).toEqual([...times].sort())
  })

  it('and secrets are as long as asked for', () => {
    for (const bits of [128, 192, 256]) {
      expect(Buffer.from(newSecret(bits), 'base64url').length * 8).toBe(bits)
      expect(newSecret(bits)).not.toBe(newSecret(bits))
    }
  })
})

describe('crypto', () => {
  const key = newSecret(256)

  it('signs with the bytes of the key', () => {
    const expected = createHmac('sha256', Buffer.from(key, 'base64url')).update('text').digest('base64url')
    expect(systemCrypto.sign(key, 'text')).toBe(expected)
    expect(systemCrypto.sign(key, 'other')).not.toBe(expected)
    expect(systemCrypto.sign(newSecret(256), 'text')).not.toBe(expected)
  })

  it('signs the same however many keys there are', () => {
    const expected = systemCrypto.sign(key, 'text')
    for (let n = 0; n < 2500; n += 1) systemCrypto.sign(newSecret(128), 'x')
    expect(systemCrypto.sign(key, 'text')).toBe(expected)
  })

  it('tells texts apart, of any length', () => {
    expect(systemCrypto.sameText('abc', 'abc')).toBe(true)
    expect(systemCrypto.sameText('abc', 'abd')).toBe(false)
    expect(systemCrypto.sameText('abc', 'abcd')).toBe(false)
    expect(systemCrypto.sameText('', '')).toBe(true)
    expect(systemCrypto.digest('')).toBe('47DEQpj8HBSa-_TImW-5JCeuQeRkm5NMpJWZG3hSuFU')
  })
})

describe('the log', () => {
  it('takes any level and any fields, and says nothing below its level', () => {
    const log = createLog('silent')
    for (const say of [log.info, log.warn, log.error])
      expect(() => say({ password: 'hidden' }, 'nothing')).not.toThrow()
  })
})

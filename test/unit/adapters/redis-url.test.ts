import { describe, expect, it } from 'vitest'
import { parseRedisUrl } from '../../../server/adapters/redis/redis-url.ts'

describe('SWITCHYARD_REDIS_URL', () => {
  it.each(['redis://127.0.0.1', 'rediss://user:password@[::1]:6380/3'])('%s is one Redis', (url) => {
    expect(parseRedisUrl(url)).toEqual({ isCluster: false, url })
  })

  it.each([
    [
      'redis+cluster://10.0.0.1:7000,redis.example,[::1]:7002',
      {
        nodes: [
          { host: '10.0.0.1', port: 7000 },
          { host: 'redis.example', port: 6379 },
          { host: '::1', port: 7002 },
        ],
        username: undefined,
        password: undefined,
        isTls: false,
      },
    ],
    [
      'rediss+cluster://ann:a%2Cb%40c@host:1/',
      { nodes: [{ host: 'host', port: 1 }], username: 'ann', password: 'a,b@c', isTls: true },
    ],
    [
      'redis+cluster://:secret@host:1',
      { nodes: [{ host: 'host', port: 1 }], username: undefined, password: 'secret', isTls: false },
    ],
  ])('%s is a cluster', (url, place) => {
    expect(parseRedisUrl(url)).toEqual({ isCluster: true, ...place })
  })

  it('is refused where a password is not written as in a URL', () => {
    expect(() => parseRedisUrl('redis+cluster://:50%@host:1')).toThrow(/^cannot be read; it wants the URL of a Redis/)
  })
})

import { isAbsolute, join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { readConfig } from '../../../server/entry/read-config.ts'

describe('the settings of the environment', () => {
  it('have defaults on loopback, with the data where the system keeps such', () => {
    const config = readConfig({ SWITCHYARD_PORT: '', SWITCHYARD_PUBLIC_URL: ' ' })
    expect(config).toMatchObject({ host: '127.0.0.1', port: 8080, adminHost: '127.0.0.1', adminPort: 8081 })
    expect(config.publicUrl).toBeUndefined()
    expect(config.cloudonixUrl).toBeUndefined()
    expect(config.version).toMatch(/^\d+\.\d+\.\d+/)
    expect(isAbsolute(config.dataDir)).toBe(true)
    expect(readConfig({}, { demo: true }).dataDir).toBe(join(config.dataDir, 'demo'))
  })

  it('win over the defaults, and what a caller says wins over them', () => {
    const env = {
      SWITCHYARD_DATA_DIR: '/srv/switchyard',
      SWITCHYARD_HOST: '0.0.0.0',
      SWITCHYARD_PORT: '0',
      SWITCHYARD_ADMIN_HOST: '::1',
      SWITCHYARD_ADMIN_PORT: '65535',
      SWITCHYARD_ADMIN_ALLOWED_HOSTS: 'console.example, other.example',
      SWITCHYARD_PUBLIC_URL: 'https://voice.example.com',
      SWITCHYARD_CLOUDONIX_URL: 'http://127.0.0.1:9090',
      SWITCHYARD_BOOTSTRAP_TOKEN: 'token',
      SWITCHYARD_MASTER_KEY: 'key',
      SWITCHYARD_LOG_LEVEL: 'warn',
      SWITCHYARD_TLS_CERT: '/tls/voice.pem',
      SWITCHYARD_TLS_KEY: '/tls/voice.key',
      SWITCHYARD_ADMIN_TLS_CERT: '/tls/console.pem',
      SWITCHYARD_ADMIN_TLS_KEY: '/tls/console.key',
      SWITCHYARD_TRUSTED_PROXIES: '127.0.0.1, 10.0.0.0/8,fd00::/8',
      SWITCHYARD_REDIS_URL: 'rediss://:secret@redis.example.com:6380/3',
    }
    expect(readConfig(env, { port: 1234 })).toMatchObject({
      dataDir: '/srv/switchyard',
      host: '0.0.0.0',
      port: 1234,
      adminHost: '::1',
      adminPort: 65_535,
      adminAllowedHosts: ['console.example', 'other.example'],
      publicUrl: 'https://voice.example.com',
      cloudonixUrl: 'http://127.0.0.1:9090',
      bootstrapToken: 'token',
      masterKey: 'key',
      logLevel: 'warn',
      redisUrl: 'rediss://:secret@redis.example.com:6380/3',
      tls: { certFile: '/tls/voice.pem', keyFile: '/tls/voice.key' },
      adminTls: { certFile: '/tls/console.pem', keyFile: '/tls/console.key' },
      trustedProxies: ['127.0.0.1', '10.0.0.0/8', 'fd00::/8'],
    })
  })

  it('limit exports in bytes and milliseconds, where they are given', () => {
    const env = {
      SWITCHYARD_EXPORT_MAX_MIB: '2',
      SWITCHYARD_EXPORT_KEPT_HOURS: '1',
      SWITCHYARD_EXPORTS_PER_TENANT: '3',
    }
    expect(readConfig(env).exportLimits).toEqual({ mostBytes: 2_097_152, keptMs: 3_600_000, mostPerTenant: 3 })
    expect(readConfig({}).exportLimits).toEqual({})
  })

  it.each([
    ['SWITCHYARD_PORT', 'eighty'],
    ['SWITCHYARD_EXPORT_MAX_MIB', '0'],
    ['SWITCHYARD_EXPORT_KEPT_HOURS', 'long'],
    ['SWITCHYARD_PORT', '65536'],
    ['SWITCHYARD_ADMIN_PORT', '-1'],
    ['SWITCHYARD_PUBLIC_URL', 'voice.example.com'],
    ['SWITCHYARD_PUBLIC_URL', 'ftp://voice.example.com'],
    ['SWITCHYARD_CLOUDONIX_URL', 'api.cloudonix.io'],
    ['SWITCHYARD_PUBLIC_URL', 'https://voice.example.com/?x=1'],
  ])('%s=%s is refused, naming the setting and what it wants', (name, value) => {
    expect(() => readConfig({ [name]: value })).toThrow(
      new RegExp(`${name} is "${value.replace(/[?.]/g, '\\$&')}"; it wants`),
    )
  })

  it.each([
    '127.0.0.1:6379',
    'http://:secret@127.0.0.1',
    'redis:///0',
    'redis://:secret@host1:6379,host2:6379',
    'redis+cluster://:secret@host1:6379,',
    'redis+cluster://:secret@host1:port',
    'redis+cluster://:secret@host1:6379?family=6',
    'redis+cluster://',
  ])('SWITCHYARD_REDIS_URL=%s is refused without repeating what may hold a password', (value) => {
    const read = () => readConfig({ SWITCHYARD_REDIS_URL: value })
    expect(read).toThrow('SWITCHYARD_REDIS_URL cannot be read; it wants the URL of a Redis')
    expect(read).not.toThrow('secret')
  })

  it.each([
    [{ SWITCHYARD_TLS_CERT: '/a.pem' }, 'SWITCHYARD_TLS_CERT is set and SWITCHYARD_TLS_KEY is not'],
    [{ SWITCHYARD_ADMIN_TLS_KEY: '/a.key' }, 'SWITCHYARD_ADMIN_TLS_KEY is set and SWITCHYARD_ADMIN_TLS_CERT is not'],
  ])('one file of TLS without the other is refused: %j', (env, words) => {
    expect(() => readConfig(env)).toThrow(words)
  })

  it.each(['everybody', '10.0.0.0/33', '10.0.0.0/8/8', '10.0.0.0/x', '10.0.0/8', '::1/129', '127.0.0.1,,::1', '*'])(
    'SWITCHYARD_TRUSTED_PROXIES=%s is refused',
    (value) => {
      const read = () => readConfig({ SWITCHYARD_TRUSTED_PROXIES: value })
      expect(read).toThrow(/SWITCHYARD_TRUSTED_PROXIES holds ".*"; it wants addresses or networks by comma/)
    },
  )

  it('a database of a Redis Cluster is refused, for it has but one', () => {
    const read = () => readConfig({ SWITCHYARD_REDIS_URL: 'redis+cluster://:secret@host1:6379,host2:6379/3' })
    expect(read).toThrow('SWITCHYARD_REDIS_URL names a database of a Redis Cluster, which has but one')
    expect(read).not.toThrow('secret')
  })

  it('a Redis Cluster is named by some of its nodes', () => {
    const redisUrl = 'rediss+cluster://user:secret@host1:7000,host2:7000'
    expect(readConfig({ SWITCHYARD_REDIS_URL: redisUrl })).toMatchObject({ redisUrl })
  })
})

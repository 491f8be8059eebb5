import { setTimeout as sleep } from 'node:timers/promises'
import { Redis } from 'ioredis'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import type { RuntimeState } from '../../../server/ports/runtime-state.ts'
import { startRedis, type TestRedis } from '../../support/redis.ts'
import { sharedState } from '../../support/shared-state.ts'

let redis: TestRedis
let state: RuntimeState | undefined
let told: string[]
let unfit: (string | undefined)[]
let warnings: string[]
const log = { info: () => undefined, warn: (_: object, text: string) => warnings.push(text), error: () => undefined }

const join = async (url: string) => {
  const tell = {
    onLost: (reason: string) => told.push(reason),
    onBack: () => told.push('back'),
    onUnfit: (problem?: string) => unfit.push(problem),
  }
  state = await sharedState(url, undefined, { ...tell, log })
}
const asAdmin = async (...command: [string, ...string[]]) => {
  const admin = new Redis(redis.url)
  await admin.call(...command)
  admin.disconnect()
}
const withUser = (user: string): string => redis.url.replace('//', `//${user}@`)
const isBack = () => vi.waitFor(() => expect(told.at(-1)).toBe('back'), { timeout: 5000 })

beforeEach(() => {
  told = []
  unfit = []
  warnings = []
})
afterEach(async () => {
  await state?.close()
  state = undefined
  await redis.dispose()
})

describe('a Redis whose settings do not fit', () => {
  beforeEach(async () => {
    redis = await startRedis()
  })

  it.each([
    ['the wrong password', ':wrong', /WRONGPASS.*: correct user and password in SWITCHYARD_REDIS_URL; this node/],
    ['no password', '', /NOAUTH.*: put its password into SWITCHYARD_REDIS_URL/],
  ])('is told with what is to be corrected: %s', async (_, user, reason) => {
    await asAdmin('CONFIG', 'SET', 'requirepass', 'right')
    await join(user === '' ? redis.url : withUser(user))
    expect(told).toEqual([expect.stringMatching(reason)])
    expect(warnings).toEqual([
      expect.stringMatching(/^Redis cannot be used \(.*calls are answered from what this node/),
    ])
    const admin = new Redis(withUser(':right'))
    await admin.config('SET', 'requirepass', user.slice(1))
    admin.disconnect()
    await isBack()
  })

  it('is told with what is to be corrected: a user that may not use our keys', async () => {
    await asAdmin('ACL', 'SETUSER', 'poor', 'on', '>secret', '~tenant:*', '&*', '+@all')
    await join(withUser('poor:secret'))
    expect(told).toEqual([expect.stringMatching(/NOPERM.*: let the user in SWITCHYARD_REDIS_URL run all commands/)])
    await asAdmin('ACL', 'SETUSER', 'poor', 'allkeys')
    await isBack()
  })

  it('is told with what is to be corrected: a database that it does not have', async () => {
    await join(`${redis.url}/99`)
    expect(told).toEqual([expect.stringMatching(/^Redis does not answer \(ERR DB index is out of range\)/)])
  })

  it('is told again when the reason is another one, and each is logged once', async () => {
    await join(redis.url)
    await asAdmin('CONFIG', 'SET', 'requirepass', 'right')
    await redis.kill()
    await vi.waitFor(async () => {
      await state?.liveCallCount()
      expect(told.at(-1)).toMatch(/ECONNREFUSED/)
    })
    await sleep(1000)
    const logged = [...warnings]
    expect(new Set(logged).size).toBe(logged.length)
    expect(logged.at(-1)).toMatch(/^Redis does not answer \(connect ECONNREFUSED/)
    await redis.start()
    await isBack()
    expect(warnings).toEqual(logged)
  })
})

it('a Redis that drops what it is given when it is full is used, and told until it does not', async () => {
  redis = await startRedis(['--maxmemory', '100mb', '--maxmemory-policy', 'allkeys-lru'])
  await join(redis.url)
  const problem = expect.stringMatching(/maxmemory-policy allkeys-lru\): set it to noeviction$/) as string
  expect([told, unfit, warnings]).toEqual([['back'], [problem], [problem]])
  await asAdmin('CONFIG', 'SET', 'maxmemory-policy', 'noeviction')
  await vi.waitFor(() => expect(unfit).toEqual([problem, undefined]), { timeout: 15_000, interval: 100 })
})

it('a Redis with an eviction policy but without a limit is none of that', async () => {
  redis = await startRedis(['--maxmemory-policy', 'allkeys-lru'])
  await join(redis.url)
  expect([told, unfit]).toEqual([['back'], []])
})

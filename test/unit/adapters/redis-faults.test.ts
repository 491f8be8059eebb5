import { describe, expect, it } from 'vitest'
import {
  assertWhole,
  describeEviction,
  describeRedisFault,
  isRefusal,
} from '../../../server/adapters/redis/redis-faults.ts'

const reply = (message: string): Error => Object.assign(new Error(message), { name: 'ReplyError' })
const inScript6 = (text: string) =>
  reply(`ERR Error running script (call to f_37c5): @user_script:15: @user_script: 15: ${text}`)
const inScript7 = (text: string) => reply(`${text} script: 37c51593f2ee, on @user_script:15.`)

describe('what Redis answers', () => {
  it.each([
    inScript7('ERR user_script:28: Expected value but found invalid unicode escape code at character 83'),
    inScript6('Expected value but found invalid unicode escape code at character 83'),
    reply('WRONGTYPE Operation against a key holding the wrong kind of value'),
  ])('says something of what was asked: %s', (error) => {
    expect(isRefusal(error)).toBe(true)
  })

  it.each([
    reply('NOAUTH Authentication required.'),
    reply('LOADING Redis is loading the dataset in memory'),
    reply('NOSCRIPT No matching script.'),
    reply('CLUSTERDOWN Hash slot not served'),
    reply('ASK 1584 127.0.0.1:7002'),
    reply("ERR unknown command 'evalsha', with args beginning with:"),
    reply('ERR max number of clients reached'),
    inScript7("OOM command not allowed when used memory > 'maxmemory'."),
    inScript6("-OOM command not allowed when used memory > 'maxmemory'."),
    inScript6("The user executing the script can't run this command or subcommand"),
    inScript6('Unknown Redis command called from Lua script'),
    new Error('Connection is closed.'),
    'nothing',
  ])('says how Redis is: %s', (error) => {
    expect(isRefusal(error)).toBe(false)
  })

  it('is told alike, whether to a script or not and by which Redis', () => {
    const text = "OOM command not allowed when used memory > 'maxmemory'."
    const told = `Redis cannot be used (${text}): give it more maxmemory`
    expect([reply(text), inScript7(text), inScript6(`-${text}`)].map(describeRedisFault)).toEqual([told, told, told])
    const away = Object.assign(new Error('getaddrinfo ENOTFOUND redis.example'), { code: 'ENOTFOUND' })
    expect(describeRedisFault(away)).toMatch(/^Redis cannot be used \(.*\): correct the host in SWITCHYARD_REDIS_URL$/)
    expect(describeRedisFault('no answer')).toBe('Redis does not answer (no answer)')
  })
})

it.each([
  ['maxmemory:0\r\nmaxmemory_policy:allkeys-lru\r\n', undefined],
  ['maxmemory:1048576\r\nmaxmemory_policy:noeviction\r\n', undefined],
  ['', undefined],
  ['maxmemory:1048576\r\nmaxmemory_human:1M\r\nmaxmemory_policy:volatile-ttl\r\n', /volatile-ttl/],
])('what INFO says of the memory is read: %j', (info, problem) => {
  if (problem) expect(describeEviction(info)).toMatch(problem)
  else expect(describeEviction(info)).toBeUndefined()
})

describe('a cluster', () => {
  const info = (state: string, ok: number) => `cluster_state:${state}\r\ncluster_slots_ok:${ok}\r\n`
  const nodes = (slots: string) =>
    `07c3 127.0.0.1:7001@17001 master - 0 1426238317239 4 connected 0-8191 [93->-292f]\n292f 127.0.0.1:7002@17002 myself,master - 0 0 2 connected ${slots}\n`

  it('is used while each of its slots has a primary and stays there', () => {
    expect(() => assertWhole(info('ok', 16384), nodes('8192-16383'))).not.toThrow()
  })

  it.each([
    [info('fail', 16384), nodes('8192-16383'), /does not serve all keys: see which of its hash slots have no primary/],
    [info('ok', 16383), nodes('8192-16383'), /does not serve all keys: see which of its hash slots have no primary/],
    [info('ok', 16384), nodes('8192-16383 [93-<-07c3]'), /hash slots of the cluster move: wait until/],
  ])('is not used otherwise: %j %j', (info, nodes, reason) => {
    expect(() => assertWhole(info, nodes)).toThrow(reason)
  })
})

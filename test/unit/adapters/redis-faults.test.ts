import { describe, expect, it } from 'vitest'
import { describeEviction, describeRedisFault, isRefusal } from '../../../server/adapters/redis/redis-faults.ts'

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

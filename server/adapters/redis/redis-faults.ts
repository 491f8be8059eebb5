/** What a Redis or its settings must be like to be used, where its error says so. */

const asCluster = 'name some of its nodes in SWITCHYARD_REDIS_URL as redis+cluster://host1:port1,host2:port2'
const asOne = 'write it as redis://… or rediss://… in SWITCHYARD_REDIS_URL'
const slotsMove = 'wait until its hash slots are where they are to be'
const slotsMissing = 'see which of its hash slots have no primary (redis-cli --cluster check host:port)'
const another = 'see whether host, port and TLS (redis or rediss) in SWITCHYARD_REDIS_URL are those of Redis'

/** By the first word of a reply or the code of a system error. */
const waysOut: Readonly<Record<string, string>> = {
  WRONGPASS: 'correct user and password in SWITCHYARD_REDIS_URL',
  NOAUTH: 'put its password into SWITCHYARD_REDIS_URL (redis://:password@host:port)',
  NOPERM: 'let the user in SWITCHYARD_REDIS_URL run all commands on all keys and channels',
  MOVED: asCluster,
  CLUSTERDOWN: slotsMissing,
  ASK: slotsMove,
  TRYAGAIN: slotsMove,
  OOM: 'give it more maxmemory',
  MISCONF: 'let it write to its disk again',
  READONLY: 'it is a replica: name the primary in SWITCHYARD_REDIS_URL',
  ENOTFOUND: 'correct the host in SWITCHYARD_REDIS_URL',
  ECONNRESET: another,
  ETIMEDOUT: another,
}

class RedisSettingsError extends Error {
  override readonly name = 'RedisSettingsError'
}

/** Up to Redis 6 the reply to a command of a script stands within the reply to the script. */
const codeOf = (error: Error): string => {
  const code = 'code' in error && typeof error.code === 'string' ? error.code : undefined
  return code ?? /^(?:ERR .*: -)?([A-Z]+)/.exec(error.message)?.[1] ?? ''
}

/** Replies that say how Redis is, or this node's connection, and nothing of what was asked. */
const standing = new Set([
  ...Object.keys(waysOut),
  ...['LOADING', 'BUSY', 'NOSCRIPT', 'MASTERDOWN', 'NOREPLICAS', 'DENIED', 'UNKILLABLE'],
])
const standingText = /max number of clients|unknown (?:redis )?command|user executing the script/i

/** Redis is there, and will say the same whenever this is asked. */
export const isRefusal = (error: unknown): boolean =>
  error instanceof Error &&
  error.name === 'ReplyError' &&
  !standing.has(codeOf(error)) &&
  !standingText.test(error.message)

/** The same whether a script or a command alone was answered so. */
const textOf = ({ message }: Error): string =>
  message.replace(/^ERR .*: -/, '').replace(/ script: \w+, on @user_script.*$/, '')

/** Why Redis is not used, and the way out where it is known. */
export const describeRedisFault = (error: unknown): string => {
  if (!(error instanceof Error)) return `Redis does not answer (${String(error)})`
  if (error instanceof RedisSettingsError) return `Redis cannot be used: ${error.message}`
  const wayOut = waysOut[codeOf(error)]
  return wayOut === undefined
    ? `Redis does not answer (${textOf(error)})`
    : `Redis cannot be used (${textOf(error)}): ${wayOut}`
}

/** Undefined: it keeps what it is given. `info`: what INFO says of its memory. */
export const describeEviction = (info: string): string | undefined => {
  const policy = /^maxmemory_policy:(\S+)/m.exec(info)?.[1] ?? 'noeviction'
  return policy === 'noeviction' || /^maxmemory:0\b/m.test(info)
    ? undefined
    : `Redis drops calls, slots and rotations when its memory is full (maxmemory-policy ${policy}): set it to noeviction`
}

/** Throws when it is one. `info`: what INFO says of the server. */
export const assertNoCluster = (info: string): void => {
  if (/^redis_mode:cluster\b/m.test(info)) throw new RedisSettingsError(`it runs as a cluster: ${asCluster}`)
}

/** Throws unless each hash slot of a cluster has a primary and stays there. `info`, `nodes`: what CLUSTER INFO and NODES say. */
export const assertWhole = (info: string, nodes: string): void => {
  if (!/^cluster_state:ok\b/m.test(info) || !/^cluster_slots_ok:16384\b/m.test(info))
    throw new RedisSettingsError(`the cluster does not serve all keys: ${slotsMissing}`)
  if (/ (?:\S+,)?myself,.* \[/.test(nodes)) throw new RedisSettingsError(`hash slots of the cluster move: ${slotsMove}`)
}

/** Why no node of a cluster could be asked for the others. */
export const faultOfCluster = (error: Error): Error => {
  const cause = 'lastNodeError' in error && error.lastNodeError instanceof Error ? error.lastNodeError : error
  if (cause.message.includes('cluster support disabled'))
    return new RedisSettingsError(`it runs as one Redis and no cluster: ${asOne}`)
  return /closed|timeout/i.test(cause.message)
    ? new RedisSettingsError(`none of the nodes in SWITCHYARD_REDIS_URL can be reached: ${another}`)
    : cause
}

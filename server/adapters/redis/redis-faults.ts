/** What a Redis or its settings must be like to be used, where its error says so. */

const cluster = 'Switchyard wants one Redis of its own and no cluster: name such a one in SWITCHYARD_REDIS_URL'
const another = 'see whether host, port and TLS (redis:// or rediss://) in SWITCHYARD_REDIS_URL are those of Redis'

/** By the first word of a reply or the code of a system error. */
const waysOut: Readonly<Record<string, string>> = {
  WRONGPASS: 'correct user and password in SWITCHYARD_REDIS_URL',
  NOAUTH: 'put its password into SWITCHYARD_REDIS_URL (redis://:password@host:port)',
  NOPERM: 'let the user in SWITCHYARD_REDIS_URL run all commands on all keys and channels',
  MOVED: cluster,
  CLUSTERDOWN: cluster,
  OOM: 'give it more maxmemory',
  MISCONF: 'let it write to its disk again',
  READONLY: 'it is a replica: name the primary in SWITCHYARD_REDIS_URL',
  ENOTFOUND: 'correct the host in SWITCHYARD_REDIS_URL',
  ECONNRESET: another,
  ETIMEDOUT: another,
}

export class RedisSettingsError extends Error {
  override readonly name = 'RedisSettingsError'
}

const codeOf = (error: Error): string => {
  const code = 'code' in error && typeof error.code === 'string' ? error.code : undefined
  return code ?? /^[A-Z]+/.exec(error.message)?.[0] ?? ''
}

/** Why Redis is not used, and the way out where it is known. */
export const describeRedisFault = (error: unknown): string => {
  if (!(error instanceof Error)) return `Redis does not answer (${String(error)})`
  if (error instanceof RedisSettingsError) return `Redis cannot be used: ${error.message}`
  const wayOut = waysOut[codeOf(error)]
  return wayOut === undefined
    ? `Redis does not answer (${error.message})`
    : `Redis cannot be used (${error.message}): ${wayOut}`
}

/** `info`: what INFO says. */
export const refuseCluster = (info: string): void => {
  if (/^cluster_enabled:1\b/m.test(info)) throw new RedisSettingsError(`it runs as a cluster. ${cluster}`)
}

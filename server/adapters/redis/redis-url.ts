/** Where SWITCHYARD_REDIS_URL leads. */
export type RedisPlace =
  { readonly isCluster: false; readonly url: string } | ({ readonly isCluster: true } & ClusterPlace)

export interface ClusterPlace {
  /** Some of its nodes; they tell the others. */
  readonly nodes: readonly { readonly host: string; readonly port: number }[]
  readonly username: string | undefined
  readonly password: string | undefined
  readonly isTls: boolean
}

const wanted =
  'cannot be read; it wants the URL of a Redis, e.g. redis://127.0.0.1:6379, or rediss://user:password@host:6380, or of a Redis Cluster, e.g. redis+cluster://user:password@host1:6379,host2:6379'
const noDatabase =
  'names a database of a Redis Cluster, which has but one: end it behind the hosts (redis+cluster://host1:6379,host2:6379)'

const clusterUrl = /^(rediss?)\+cluster:\/\/(?:(.*)@)?([^@/?#]*)(.*)$/is

const canBeRead = (url: string): boolean =>
  URL.canParse(url) && /^rediss?:$/.test(new URL(url).protocol) && new URL(url).hostname !== ''

const decode = (text: string): string | undefined => {
  try {
    return decodeURIComponent(text) || undefined
  } catch {
    throw new Error(wanted)
  }
}

const parseClusterUrl = ([, scheme = '', user = '', hosts = '', rest = '']: readonly string[]): RedisPlace => {
  if (/^\/./.test(rest)) throw new Error(noDatabase)
  const urls = hosts.split(',').map((host) => `${scheme}://${user}@${host}`)
  if (!/^\/?$/.test(rest) || !urls.every(canBeRead)) throw new Error(wanted)
  const { username, password } = new URL(urls[0] ?? '')
  return {
    isCluster: true,
    nodes: urls.map((url) => {
      const { hostname, port } = new URL(url)
      return { host: hostname.replace(/^\[(.*)\]$/, '$1'), port: port === '' ? 6379 : Number(port) }
    }),
    username: decode(username),
    password: decode(password),
    isTls: /^rediss$/i.test(scheme),
  }
}

/** Throws what is wrong with it, as the end of a sentence that begins with its name; it does not repeat a password. */
export const parseRedisUrl = (url: string): RedisPlace => {
  const cluster = clusterUrl.exec(url)
  if (cluster) return parseClusterUrl(cluster)
  if (!canBeRead(url)) throw new Error(wanted)
  return { isCluster: false, url }
}

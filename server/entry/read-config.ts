import { readFileSync } from 'node:fs'
import { isIP } from 'node:net'
import { dirname, join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import envPaths from 'env-paths'
import { DomainError, parseRedisUrl, type ServerConfig } from '../index.ts'

const here = dirname(fileURLToPath(import.meta.url))

/** Built, this file lies beside the console's folder; from source, two levels below the root. */
const consoleDir = import.meta.url.endsWith('.ts') ? resolve(here, '../../out/renderer') : resolve(here, '../renderer')

/** Built or from source, the manifest is two levels up. */
export const readVersion = (): string =>
  (JSON.parse(readFileSync(join(here, '../../package.json'), 'utf8')) as { version: string }).version

const readPort = (env: NodeJS.ProcessEnv, name: string, fallback: number): number => {
  const text = env[name]?.trim()
  if (text === undefined || text === '') return fallback
  const port = Number(text)
  if (/^\d+$/.test(text) && port <= 65_535) return port
  throw new DomainError('INVALID_INPUT', `${name} is "${text}"; it wants a port from 1 to 65535, or 0 for a free one`)
}

const readUrl = (env: NodeJS.ProcessEnv, name: string, wanted: string): string | undefined => {
  const text = env[name]?.trim()
  if (text === undefined || text === '') return undefined
  const url = URL.canParse(text) ? new URL(text) : undefined
  if (url && /^https?:$/.test(url.protocol) && !/[?#@\s]/.test(text)) return text
  throw new DomainError('INVALID_INPUT', `${name} is "${text}"; it wants ${wanted}`)
}

const readRedisUrl = (env: NodeJS.ProcessEnv, name: string): string | undefined => {
  const text = env[name]?.trim()
  if (text === undefined || text === '') return undefined
  try {
    parseRedisUrl(text)
    return text
  } catch (error) {
    throw new DomainError('INVALID_INPUT', `${name} ${(error as Error).message}`)
  }
}

const readCount = (env: NodeJS.ProcessEnv, name: string): number | undefined => {
  const text = env[name]?.trim()
  if (text === undefined || text === '') return undefined
  if (/^[1-9]\d{0,8}$/.test(text)) return Number(text)
  throw new DomainError('INVALID_INPUT', `${name} is "${text}"; it wants a whole number from 1 on`)
}

const readExportLimits = (env: NodeJS.ProcessEnv): ServerConfig['exportLimits'] => {
  const mebibytes = readCount(env, 'SWITCHYARD_EXPORT_MAX_MIB')
  const hours = readCount(env, 'SWITCHYARD_EXPORT_KEPT_HOURS')
  const mostPerTenant = readCount(env, 'SWITCHYARD_EXPORTS_PER_TENANT')
  return {
    ...(mebibytes !== undefined && { mostBytes: mebibytes * 2 ** 20 }),
    ...(hours !== undefined && { keptMs: hours * 3_600_000 }),
    ...(mostPerTenant !== undefined && { mostPerTenant }),
  }
}

const readTls = (env: NodeJS.ProcessEnv, prefix: string): ServerConfig['tls'] => {
  const [cert, key] = [`${prefix}_CERT`, `${prefix}_KEY`]
  const [certFile, keyFile] = [readText(env, cert), readText(env, key)]
  if (certFile === undefined && keyFile === undefined) return undefined
  if (certFile !== undefined && keyFile !== undefined) return { certFile: resolve(certFile), keyFile: resolve(keyFile) }
  const [there, missing] = certFile === undefined ? [key, cert] : [cert, key]
  throw new DomainError('INVALID_INPUT', `${there} is set and ${missing} is not; TLS wants the files of both`)
}

const isNetwork = (text: string): boolean => {
  const [address = '', bits, ...more] = text.split('/')
  const version = isIP(address)
  if (version === 0 || more.length > 0) return false
  return bits === undefined || (/^\d{1,3}$/.test(bits) && Number(bits) <= (version === 4 ? 32 : 128))
}

const readNetworks = (env: NodeJS.ProcessEnv, name: string): readonly string[] | undefined => {
  const networks = readText(env, name)
    ?.split(',')
    .map((network) => network.trim())
  const odd = networks?.find((network) => !isNetwork(network))
  if (odd === undefined) return networks
  const message = `${name} holds "${odd}"; it wants addresses or networks by comma, e.g. 127.0.0.1,10.0.0.0/8`
  throw new DomainError('INVALID_INPUT', message)
}

const readText = (env: NodeJS.ProcessEnv, name: string): string | undefined => {
  const text = env[name]
  return text === undefined || text === '' ? undefined : text
}

const defaultDataDir = (): string => envPaths('switchyard', { suffix: '' }).data

/** The settings of the environment; what is not set has a default. */
export const readConfig = (env: NodeJS.ProcessEnv, overrides: Partial<ServerConfig> = {}): ServerConfig => ({
  version: readVersion(),
  // The demo's calls never mix with real ones.
  dataDir: resolve(
    readText(env, 'SWITCHYARD_DATA_DIR') ?? (overrides.demo ? join(defaultDataDir(), 'demo') : defaultDataDir()),
  ),
  host: readText(env, 'SWITCHYARD_HOST') ?? '127.0.0.1',
  port: readPort(env, 'SWITCHYARD_PORT', 8080),
  adminHost: readText(env, 'SWITCHYARD_ADMIN_HOST') ?? '127.0.0.1',
  adminPort: readPort(env, 'SWITCHYARD_ADMIN_PORT', 8081),
  adminAllowedHosts: readText(env, 'SWITCHYARD_ADMIN_ALLOWED_HOSTS')
    ?.split(',')
    .map((host) => host.trim()),
  tls: readTls(env, 'SWITCHYARD_TLS'),
  adminTls: readTls(env, 'SWITCHYARD_ADMIN_TLS'),
  trustedProxies: readNetworks(env, 'SWITCHYARD_TRUSTED_PROXIES'),
  publicUrl: readUrl(
    env,
    'SWITCHYARD_PUBLIC_URL',
    'the URL under which Cloudonix reaches this machine, e.g. https://voice.example.com',
  ),
  cloudonixUrl: readUrl(
    env,
    'SWITCHYARD_CLOUDONIX_URL',
    'the URL of the Cloudonix API, e.g. https://api.staging.cloudonix.io',
  ),
  redisUrl: readRedisUrl(env, 'SWITCHYARD_REDIS_URL'),
  bootstrapToken: readText(env, 'SWITCHYARD_BOOTSTRAP_TOKEN'),
  masterKey: readText(env, 'SWITCHYARD_MASTER_KEY'),
  logLevel: readText(env, 'SWITCHYARD_LOG_LEVEL'),
  exportLimits: readExportLimits(env),
  consoleDir,
  ...overrides,
})

import { join } from 'node:path'
import { startChild } from './child.ts'
import { path } from './voice-requests.ts'

export const ownerToken = 'bench-owner-token-0123456789abcdef'

const portIn = (text: string, before: string): number =>
  Number(new RegExp(`${before}[^\\n]*?:(\\d+)`).exec(text)?.[1] ?? NaN)

/** The server from its sources, in a process of its own, on free ports; ready when this resolves. */
export const startSwitchyard = async (dataDir: string, redisUrl?: string) => {
  const entry = join(import.meta.dirname, '../../server/entry/headless.ts')
  // For a profile: BENCH_NODE_ARGS='--cpu-prof --cpu-prof-dir=/somewhere'.
  const nodeArgs = (process.env['BENCH_NODE_ARGS'] ?? '').split(' ').filter(Boolean)
  const child = await startChild(
    [...nodeArgs, entry],
    {
      SWITCHYARD_DATA_DIR: dataDir,
      SWITCHYARD_PORT: '0',
      SWITCHYARD_ADMIN_PORT: '0',
      SWITCHYARD_BOOTSTRAP_TOKEN: ownerToken,
      SWITCHYARD_LOG_LEVEL: 'error',
      ...(redisUrl !== undefined && { SWITCHYARD_REDIS_URL: redisUrl }),
    },
    /^Data:/m,
  )
  const admin = `http://127.0.0.1:${portIn(child.output, 'API:')}`
  return { child, url: `http://127.0.0.1:${portIn(child.output, 'Webhooks:')}${path}`, admin }
}

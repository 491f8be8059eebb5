import type { Log } from '../../ports/system.ts'
import { leasePlaces, lockKey, tenantPrefix } from './keys.ts'
import { freeOrphanScript } from './lua/scripts.ts'
import { script, type RedisClient } from './redis-client.ts'
import { isRefusal } from './redis-faults.ts'

/** Redis serves others in between. */
const atOnce = 20

const freeOrphan = script(freeOrphanScript)

/** Gives back slots that no attempt holds: their node died between choosing and keeping the call. Answers how many. */
export const freeOrphanedSlots = async (
  { redis, runCalmly }: RedisClient,
  tenantIds: readonly string[],
  log: Log,
): Promise<number> => {
  const free = async (prefix: string, name: string, leaseKey: string): Promise<number> => {
    const [token = '', n = ''] = leaseKey.split('\n')
    try {
      return Number(await runCalmly(freeOrphan, prefix, [name, leaseKey, token, n, lockKey(token)]))
    } catch (error) {
      if (!isRefusal(error)) throw error
      log.error({ err: error, name }, 'Redis does not say whether a call holds a slot; it stays taken')
      return 0
    }
  }

  let freed = 0
  for (const prefix of tenantIds.map(tenantPrefix)) {
    for (const place of await redis.smembers(prefix + leasePlaces)) {
      const leases = await redis.zrange(prefix + place, '0', '-1')
      for (let from = 0; from < leases.length; from += atOnce) {
        const some = leases.slice(from, from + atOnce)
        for (const count of await Promise.all(some.map((leaseKey) => free(prefix, prefix + place, leaseKey))))
          freed += count
      }
    }
  }
  return freed
}

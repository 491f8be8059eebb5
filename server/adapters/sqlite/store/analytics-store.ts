import { toAmounts } from '../../../domain/analytics/measures.ts'
import type { AnalyticsStore } from '../../../ports/analytics.ts'
import type { ReaderApi } from '../threads/reader-thread-api.ts'
import type { StoreThread } from '../threads/store-thread-client.ts'
import type { WriterApi } from '../threads/writer-thread-api.ts'

/** The AnalyticsStore port. */
export const createAnalyticsStore = ({
  reader,
  writer,
}: {
  reader: StoreThread<ReaderApi>
  writer: StoreThread<WriterApi>
}): AnalyticsStore => ({
  sums: async (tenantId, { dimension, key }, ranges) => {
    const sums = await reader.call('analytics', 'sums', tenantId, dimension, key, ranges)
    return sums.map(toAmounts)
  },
  breakdown: async (tenantId, dimension, range, order, limit) => {
    const { items, keys, total } = await reader.call('analytics', 'breakdown', tenantId, dimension, range, order, limit)
    return {
      items: items.map(([key, counts]) => ({ key, amounts: toAmounts(counts) })),
      keys,
      total: toAmounts(total),
    }
  },
  answerDelays: (tenantId, provider, range) => reader.call('analytics', 'answerDelays', tenantId, provider, range),
  firstChoices: (tenantId, groupId, range) => reader.call('analytics', 'firstChoices', tenantId, groupId, range),
  names: (tenantId, dimension, ids) => reader.call('analytics', 'names', tenantId, dimension, ids),
  deadlines: (tenantId, ranges) => reader.call('analytics', 'deadlines', tenantId, ranges),
  decisionTimes: (tenantId, range) => reader.call('analytics', 'decisionTimes', tenantId, range),
  deadRules: (tenantId, range, limit) => reader.call('analytics', 'deadRules', tenantId, range, limit),
  isRebuilding: (tenantId) => reader.call('analytics', 'isRebuilding', tenantId),
  requestRebuild: (tenantId, nowMs) => writer.call('analytics', 'request', tenantId, nowMs),
  rebuild: () => writer.call('analytics', 'work'),
})

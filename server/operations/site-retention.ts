import type { Handlers } from '../../shared/contract/index.ts'
import type { Retention, SiteRetention } from '../../shared/contract/retention.ts'
import { DomainError } from '../domain/errors.ts'
import type { Clock } from '../ports/system.ts'
import { given } from './rows.ts'

type SiteRetentionHandlers = Pick<Handlers, 'retention.get' | 'retention.update'>

/** A text under a name, for the whole site. */
export interface SiteTexts {
  get(key: string): Promise<string | undefined>
  set(key: string, value: string): Promise<void>
}

const key = 'retention'

/** How long records are kept of tenants that do not say so themselves. */
export const createSiteRetention = (
  texts: SiteTexts,
  clock: Pick<Clock, 'nowMs'>,
): { handlers: SiteRetentionHandlers; read: () => Promise<Retention> } => {
  const read = async (): Promise<SiteRetention> => {
    const text = await texts.get(key)
    return text === undefined ? { version: 1 } : (JSON.parse(text) as SiteRetention)
  }
  return {
    handlers: {
      'retention.get': () => read(),
      async 'retention.update'(_actor, { version, ...change }) {
        const before = await read()
        if (before.version !== version)
          throw new DomainError(
            'CONFLICT',
            `Retention was changed meanwhile: you saw version ${version}; read it again and repeat your change`,
          )
        const next = { ...before, ...given(change), version: version + 1, updatedAtMs: clock.nowMs() }
        await texts.set(key, JSON.stringify(next))
        return next
      },
    },
    read: async () => {
      const { version: _version, updatedAtMs: _updatedAtMs, ...kept } = await read()
      return kept
    },
  }
}

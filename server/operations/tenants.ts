import type { Handlers } from '../../shared/contract/index.ts'
import type { Tenant } from '../../shared/contract/tenants.ts'
import type { Role } from '../../shared/vocabulary.ts'
import { isLanguageTag } from '../domain/cxml/texts.ts'
import { DomainError } from '../domain/errors.ts'
import { isTimeZone } from '../domain/schedules/time-zone.ts'
import type { StoredTenant } from '../ports/configuration.ts'
import { assertTarget, type ConfigDeps } from './config-context.ts'
import { tidyPattern } from './patterns.ts'
import { getRow, given, updateRow } from './rows.ts'
import type { Refusals } from './webhooks/refusals.ts'

type TenantHandlers = Pick<Handlers, Extract<keyof Handlers, `tenants.${string}`>>

const defaultOverlapSeconds = 7 * 86_400
const keyBits = 192

/** What clients see: no secret but the tenant key, and that only who may enter it at Cloudonix. */
const toTenant = (
  {
    webhookApiKey,
    cloudonixApiKey,
    tenantKey,
    previousKeys: _previous,
    signingKeys: _signing,
    configVersion: _version,
    rulesVersion: _rules,
    ...tenant
  }: StoredTenant,
  role: Role,
): Tenant => ({
  ...tenant,
  hasWebhookApiKey: webhookApiKey !== undefined,
  hasCloudonixApiKey: cloudonixApiKey !== undefined,
  ...(role !== 'analyst' && { tenantKey }),
})

const assertTimeZone = (timeZone: string | undefined): void => {
  if (timeZone === undefined || isTimeZone(timeZone)) return
  const message = `"${timeZone}" is no time zone; write an IANA name such as Europe/Berlin`
  throw new DomainError('INVALID_INPUT', message, [{ path: '/timeZone', message }])
}

const assertLanguage = (language: string | undefined): void => {
  if (language === undefined || isLanguageTag(language)) return
  const message = `"${language}" is no language; write a tag such as en-US or de-DE`
  throw new DomainError('INVALID_INPUT', message, [{ path: '/settings/sayLanguage', message }])
}

/** As they are stored: tidy, and such that a number can match. */
const tidySettings = ({ settings, defaultCountry }: StoredTenant): StoredTenant['settings'] => {
  const tidied = (name: 'outboundAllow' | 'outboundDeny') =>
    settings[name] && {
      [name]: settings[name].map((text, i) => tidyPattern(`/settings/${name}/${i}`, text, defaultCountry)),
    }
  return { ...settings, ...tidied('outboundAllow'), ...tidied('outboundDeny') }
}

export const createTenantHandlers = (
  deps: ConfigDeps,
  /** Of a tenant that is gone. */
  removeFiles: (tenantId: string) => Promise<void>,
  refusalsOf: Refusals['of'],
): TenantHandlers => {
  const { store, directory, runtime, events, clock, newId, newSecret, publicUrl } = deps
  const changed = async (tenantId: string, change: 'created' | 'updated' | 'deleted'): Promise<void> => {
    await directory.reload(tenantId)
    events.publish('tenant.changed', { tenantId, change })
  }
  const get = (tenantId: string): Promise<StoredTenant> => getRow(store.tenants, 'tenant', undefined, tenantId)

  return {
    async 'tenants.list'(actor, { limit = 50, cursor, search }) {
      if (actor.tenantId !== undefined) {
        const own = await store.tenants.get(undefined, actor.tenantId)
        return { items: own ? [toTenant(own, actor.role)] : [] }
      }
      const page = await store.tenants.list(undefined, { limit, cursor, search })
      return { ...page, items: page.items.map((tenant) => toTenant(tenant, actor.role)) }
    },
    async 'tenants.create'(actor, { name, domain, webhookApiKey, cloudonixApiKey, ...rest }) {
      const nowMs = clock.nowMs()
      const fields = given(rest)
      assertTimeZone(fields.timeZone)
      assertLanguage(fields.settings?.sayLanguage)
      const tenant: StoredTenant = {
        id: newId(),
        version: 1,
        createdAtMs: nowMs,
        updatedAtMs: nowMs,
        domainAliases: [],
        timeZone: 'UTC',
        defaultCountry: 'US',
        settings: {},
        ...fields,
        name,
        domain: domain.toLowerCase(),
        webhookApiKey,
        cloudonixApiKey,
        tenantKey: newSecret(keyBits),
        previousKeys: [],
        signingKeys: [{ id: newId().slice(-6), secret: newSecret(256) }],
        configVersion: 1,
        rulesVersion: 1,
      }
      await assertTarget(deps, tenant.id, 'defaultTarget', 'The default target', tenant.defaultTarget)
      await assertTarget(
        deps,
        tenant.id,
        'settings/emergencyTarget',
        'The emergency target',
        tenant.settings.emergencyTarget,
      )
      const tidy = { ...tenant, settings: tidySettings(tenant) }
      await store.tenants.create(tidy)
      await changed(tenant.id, 'created')
      return toTenant(tidy, actor.role)
    },
    async 'tenants.get'(actor, { tenantId }) {
      return toTenant(await get(tenantId), actor.role)
    },
    async 'tenants.update'(actor, { tenantId, version, domain, settings, ...rest }) {
      const before = await get(tenantId)
      const next: StoredTenant = {
        ...before,
        ...given(rest),
        ...(domain !== undefined && { domain: domain.toLowerCase() }),
        settings: { ...before.settings, ...given(settings ?? {}) },
      }
      assertTimeZone(rest.timeZone)
      assertLanguage(next.settings.sayLanguage)
      await assertTarget(deps, tenantId, 'defaultTarget', 'The default target', next.defaultTarget)
      await assertTarget(
        deps,
        tenantId,
        'settings/emergencyTarget',
        'The emergency target',
        next.settings.emergencyTarget,
      )
      const row = await updateRow(
        store.tenants,
        'tenant',
        version,
        { ...next, settings: tidySettings(next) },
        clock.nowMs(),
      )
      await changed(tenantId, 'updated')
      return toTenant(row, actor.role)
    },
    async 'tenants.delete'(_actor, { tenantId, force }) {
      const tenant = await get(tenantId)
      if (!force) {
        const calls = await store.countCalls(tenantId)
        const nouns = {
          'voice agents': store.voiceAgents,
          'agent groups': store.agentGroups,
          'inbound rules': store.inboundRules,
          'outbound rules': store.outboundRules,
          trunks: store.trunks,
          numbers: store.numbers,
          schedules: store.schedules,
        }
        const owned = calls > 0 ? [`${calls} call records`] : []
        for (const [noun, repository] of Object.entries(nouns))
          if ((await repository.list(tenantId, { limit: 1 })).items.length > 0) owned.push(noun)
        if (owned.length > 0) {
          throw new DomainError(
            'CONFLICT',
            `Tenant ${tenant.name} owns ${owned.join(', ')}; delete with force=true to lose them all`,
          )
        }
      }
      await store.tenants.delete(undefined, tenantId)
      await runtime.forgetTenant(tenantId)
      await removeFiles(tenantId)
      await changed(tenantId, 'deleted')
      return undefined
    },
    async 'tenants.rotateKey'(actor, { tenantId, overlapSeconds = defaultOverlapSeconds }) {
      const before = await get(tenantId)
      const nowMs = clock.nowMs()
      const validUntilMs = nowMs + overlapSeconds * 1000
      // Kept past their overlap for the dial results of calls under way, the longest of which lasts a day and an hour.
      const stillUsed = before.previousKeys.filter((previous) => previous.validUntilMs + 25 * 3_600_000 > nowMs)
      const next: StoredTenant = {
        ...before,
        tenantKey: newSecret(keyBits),
        previousKeys: [...stillUsed, { key: before.tenantKey, validUntilMs }],
      }
      const row = await updateRow(store.tenants, 'tenant', before.version, next, nowMs)
      await changed(tenantId, 'updated')
      return { ...toTenant(row, actor.role), previousKeyValidUntilMs: validUntilMs }
    },
    async 'tenants.endpoints'(_actor, { tenantId }) {
      const { tenantKey } = await get(tenantId)
      const base = `${publicUrl ?? ''}/voice/${tenantKey}`
      return {
        ...(publicUrl !== undefined && { base: publicUrl }),
        application: `${base}/application`,
        method: 'POST',
        dialResult: `${base}/dial-result`,
        session: `${base}/session`,
        cdr: `${base}/cdr`,
        refused: [...refusalsOf(tenantId)],
      }
    },
  }
}

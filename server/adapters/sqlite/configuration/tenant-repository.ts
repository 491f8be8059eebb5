import type { Database } from 'better-sqlite3'
import type { ListQuery, StoredTenant, TenantVersion } from '../../../ports/configuration.ts'
import { createConfigList, mapPage, refuseTaken, type SyncConfigRepository } from './config-repository.ts'
import type { Keyring } from '../keys/keyring.ts'
import { byName } from './noun-repository.ts'
import { given, json, parse, parseGiven } from '../query/rows.ts'
import { seal, unsealText } from '../../../sealing/sealing.ts'
import { inSnapshot, inTransaction } from '../file/transaction.ts'

interface TenantRow {
  readonly id: string
  readonly name: string
  readonly domain: string
  readonly domain_aliases: string
  readonly domain_uuid: string | null
  readonly webhook_api_key: Buffer | null
  readonly cloudonix_api_key: Buffer | null
  readonly time_zone: string
  readonly default_country: string
  readonly default_target: string | null
  readonly settings: string
  readonly config_version: number
  readonly rules_version: number
  readonly version: number
  readonly created_at_ms: number
  readonly updated_at_ms: number
}

const webhookKeyPlace = (tenantId: string) => `tenants.webhook_api_key.${tenantId}`
const cloudonixKeyPlace = (tenantId: string) => `tenants.cloudonix_api_key.${tenantId}`
const tenantKeyPlace = (tenantId: string, position: number) => `tenant_keys.tenant_key.${tenantId}.${position}`
const signingKeyPlace = (tenantId: string, id: string) => `signing_keys.secret.${tenantId}.${id}`

interface SealedKeys {
  readonly webhookApiKey: Buffer | null
  readonly cloudonixApiKey: Buffer | null
}
const noKeys: SealedKeys = { webhookApiKey: null, cloudonixApiKey: null }

const columns = (tenant: StoredTenant, { webhookApiKey, cloudonixApiKey }: SealedKeys) => ({
  id: tenant.id,
  name: tenant.name,
  domain: tenant.domain,
  domainAliases: json(tenant.domainAliases),
  domainUuid: tenant.domainUuid ?? null,
  webhookApiKey,
  cloudonixApiKey,
  timeZone: tenant.timeZone,
  defaultCountry: tenant.defaultCountry,
  defaultTarget: json(tenant.defaultTarget),
  settings: json(tenant.settings),
  version: tenant.version,
  createdAtMs: tenant.createdAtMs,
  updatedAtMs: tenant.updatedAtMs,
})

const createKeyTables = (db: Database, keyring: Keyring) => {
  const clearKeys = db.prepare('DELETE FROM tenant_keys WHERE tenant_id = ?')
  const clearSigning = db.prepare('DELETE FROM signing_keys WHERE tenant_id = ?')
  const addKey = db.prepare(
    'INSERT INTO tenant_keys (tenant_id, position, tenant_key, valid_until_ms) VALUES (?, ?, ?, ?)',
  )
  const addSigning = db.prepare('INSERT INTO signing_keys (tenant_id, position, id, secret) VALUES (?, ?, ?, ?)')
  const keys = db.prepare<[string], { position: number; tenant_key: Buffer; valid_until_ms: number | null }>(
    'SELECT position, tenant_key, valid_until_ms FROM tenant_keys WHERE tenant_id = ? ORDER BY position',
  )
  const signing = db.prepare<[string], { id: string; secret: Buffer }>(
    'SELECT id, secret FROM signing_keys WHERE tenant_id = ? ORDER BY position',
  )
  return {
    write: ({ id, tenantKey, previousKeys, signingKeys }: StoredTenant): void => {
      const { dataKey } = keyring.of(id)
      const all = [{ key: tenantKey, validUntilMs: null }, ...previousKeys]
      clearKeys.run(id)
      for (const [position, { key, validUntilMs }] of all.entries())
        addKey.run(id, position, seal(dataKey, key, tenantKeyPlace(id, position)), validUntilMs)
      clearSigning.run(id)
      for (const [position, { id: keyId, secret }] of signingKeys.entries())
        addSigning.run(id, position, keyId, seal(dataKey, secret, signingKeyPlace(id, keyId)))
    },
    read: (id: string) => {
      const { dataKey } = keyring.of(id)
      const [current, ...previous] = keys.all(id).map(({ position, tenant_key, valid_until_ms }) => ({
        key: unsealText(dataKey, tenant_key, tenantKeyPlace(id, position)),
        validUntilMs: valid_until_ms ?? 0,
      }))
      if (!current) throw new Error(`Tenant ${id} has no webhook key`)
      return {
        tenantKey: current.key,
        previousKeys: previous,
        signingKeys: signing.all(id).map((row) => ({
          id: row.id,
          secret: unsealText(dataKey, row.secret, signingKeyPlace(id, row.id)),
        })),
      }
    },
  }
}

export const createSqliteTenantRepository = (
  db: Database,
  keyring: Keyring,
): SyncConfigRepository<StoredTenant> & { versions(): TenantVersion[] } => {
  const keyTables = createKeyTables(db, keyring)
  const one = db.prepare<[string], TenantRow>('SELECT * FROM tenants WHERE id = ?')
  const versions = db.prepare<[], TenantVersion>('SELECT id, config_version AS configVersion FROM tenants')
  const insert = db.prepare(`
INSERT INTO tenants (id, name, domain, domain_aliases, domain_uuid, data_key, webhook_api_key, cloudonix_api_key, time_zone,
  default_country, default_target, settings, config_version, version, created_at_ms, updated_at_ms)
VALUES (:id, :name, :domain, :domainAliases, :domainUuid, :dataKey, :webhookApiKey, :cloudonixApiKey, :timeZone,
  :defaultCountry, :defaultTarget, :settings, :configVersion, :version, :createdAtMs, :updatedAtMs)`)
  const change = db.prepare(`
UPDATE tenants SET name = :name, domain = :domain, domain_aliases = :domainAliases, domain_uuid = :domainUuid,
  webhook_api_key = :webhookApiKey, cloudonix_api_key = :cloudonixApiKey, time_zone = :timeZone,
  default_country = :defaultCountry, default_target = :defaultTarget, settings = :settings, config_version = config_version + 1, version = :version, created_at_ms = :createdAtMs,
  updated_at_ms = :updatedAtMs
WHERE id = :id AND version = :version - 1`)
  const setKeys = db.prepare(
    'UPDATE tenants SET webhook_api_key = :webhookApiKey, cloudonix_api_key = :cloudonixApiKey WHERE id = :id',
  )
  const remove = db.prepare('DELETE FROM tenants WHERE id = ?')
  const page = createConfigList<TenantRow>(db, {
    table: 'tenants',
    order: byName,
    search: ['name', 'domain', 'domain_aliases'],
    filters: { id: 'id', domain: 'domain' },
  })

  const sealGiven = (tenantId: string, key: string | undefined, place: string) =>
    key === undefined ? null : seal(keyring.of(tenantId).dataKey, key, place)
  const unsealGiven = (tenantId: string, sealed: Buffer | null, place: string) =>
    sealed ? unsealText(keyring.of(tenantId).dataKey, sealed, place) : undefined
  const sealKeys = ({ id, webhookApiKey, cloudonixApiKey }: StoredTenant): SealedKeys => ({
    webhookApiKey: sealGiven(id, webhookApiKey, webhookKeyPlace(id)),
    cloudonixApiKey: sealGiven(id, cloudonixApiKey, cloudonixKeyPlace(id)),
  })
  const toTenant = (row: TenantRow): StoredTenant => ({
    id: row.id,
    version: row.version,
    createdAtMs: row.created_at_ms,
    updatedAtMs: row.updated_at_ms,
    name: row.name,
    domain: row.domain,
    domainAliases: parse(row.domain_aliases),
    domainUuid: given(row.domain_uuid),
    timeZone: row.time_zone,
    defaultCountry: row.default_country,
    defaultTarget: parseGiven(row.default_target),
    settings: parse(row.settings),
    webhookApiKey: unsealGiven(row.id, row.webhook_api_key, webhookKeyPlace(row.id)),
    cloudonixApiKey: unsealGiven(row.id, row.cloudonix_api_key, cloudonixKeyPlace(row.id)),
    configVersion: row.config_version,
    rulesVersion: row.rules_version,
    ...keyTables.read(row.id),
  })
  const taken = <T>(tenant: StoredTenant, write: () => T) =>
    refuseTaken(
      write,
      'domain',
      `There is already a tenant for the domain ${tenant.domain}; change that one, or use another domain`,
    )

  return {
    // Keys lie in tables of their own: whoever deletes the tenant meanwhile takes them away.
    list: inSnapshot(db, (_site: unknown, query: ListQuery) => mapPage(page(undefined, query), toTenant)),
    versions: () => versions.all(),
    get: inSnapshot(db, (_site: unknown, id: string) => {
      const row = one.get(id)
      return row && toTenant(row)
    }),
    create: inTransaction(db, (tenant: StoredTenant) => {
      const row = columns(tenant, noKeys)
      const dataKey = keyring.wrapNewDataKey(tenant.id)
      taken(tenant, () => insert.run({ ...row, dataKey, configVersion: tenant.configVersion }))
      setKeys.run({ id: tenant.id, ...sealKeys(tenant) })
      keyTables.write(tenant)
    }),
    update: inTransaction(db, (tenant: StoredTenant) => {
      if (!one.get(tenant.id)) return false
      if (taken(tenant, () => change.run(columns(tenant, sealKeys(tenant)))).changes === 0) return false
      keyTables.write(tenant)
      return true
    }),
    delete: (_site, id) => remove.run(id).changes > 0,
  }
}

import type { CloudonixTrunk } from '../../shared/contract/cloudonix.ts'
import type { Handlers } from '../../shared/contract/index.ts'
import { DomainError } from '../domain/errors.ts'
import type { Cloudonix, CloudonixDomain, PlatformTrunk } from '../ports/cloudonix.ts'
import type { TenantDirectory } from './tenant-directory.ts'

type CloudonixHandlers = Pick<Handlers, Extract<keyof Handlers, `cloudonix.${string}`>>

/** How the tenant's domain is asked about at the platform. Throws when there is no such tenant, or no key to ask with. */
export const platformDomainOf = (directory: Pick<TenantDirectory, 'byId'>, tenantId: string): CloudonixDomain => {
  const tenant = directory.byId(tenantId)?.tenant
  if (!tenant) throw new DomainError('NOT_FOUND', `There is no tenant ${tenantId}`)
  const { name, domain, cloudonixApiKey } = tenant
  if (cloudonixApiKey === undefined) {
    throw new DomainError(
      'CONFLICT',
      `Tenant ${name} has no key for the Cloudonix API; set its cloudonixApiKey to a key (XI…) of the domain ${domain}`,
    )
  }
  return { domain, apiKey: cloudonixApiKey }
}

/** What is not known is left out rather than sent as nothing. */
const toTrunk = (trunk: PlatformTrunk): CloudonixTrunk => {
  const { uuid, address, port, transport, prefix, ...always } = trunk
  return {
    ...always,
    ...(uuid !== undefined && { uuid }),
    ...(address !== undefined && { address }),
    ...(port !== undefined && { port }),
    ...(transport !== undefined && { transport }),
    ...(prefix !== undefined && { prefix }),
  }
}

export const createCloudonixHandlers = (
  cloudonix: Cloudonix,
  directory: Pick<TenantDirectory, 'byId'>,
): CloudonixHandlers => ({
  async 'cloudonix.test'(_actor, { tenantId }) {
    const of = platformDomainOf(directory, tenantId)
    const { name, uuid, isActive } = await cloudonix.readDomain(of)
    const trunks = await cloudonix.listTrunks(of)
    const sessions = await cloudonix.listSessions(of)
    return {
      ok: true,
      domain: name,
      ...(uuid !== undefined && { domainUuid: uuid }),
      isDomainActive: isActive,
      trunks: trunks.length,
      outboundTrunks: trunks.filter(({ isOutboundChoice }) => isOutboundChoice).length,
      sessions: sessions.length,
    }
  },
  async 'cloudonix.trunks'(_actor, { tenantId }) {
    const trunks = await cloudonix.listTrunks(platformDomainOf(directory, tenantId))
    return { items: trunks.map(toTrunk) }
  },
})

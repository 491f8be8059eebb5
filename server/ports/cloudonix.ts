/** Which domain is asked about at the platform, and with which key. The key is in no answer and in no error. */
export interface CloudonixDomain {
  /** Name, id or UUID of the domain. */
  readonly domain: string
  readonly apiKey: string
}

/** A trunk as the platform has it, without its credentials and headers. */
export interface PlatformTrunk {
  readonly id: string
  /** What documents call it by. */
  readonly name: string
  readonly uuid?: string | undefined
  /** In lower case: `inbound`, `outbound`, `public-inbound`, `public-outbound`, or what else the platform says. */
  readonly direction: string
  readonly address?: string | undefined
  readonly port?: number | undefined
  readonly transport?: string | undefined
  readonly prefix?: string | undefined
  readonly isActive: boolean
  readonly isDeleted: boolean
  /** Active, not deleted, and made for calls that go out. Others must not be offered as a way out. */
  readonly isOutboundChoice: boolean
}

/** A session as the platform has it, going on or over. */
export interface PlatformSession {
  readonly id?: string | undefined
  readonly token: string
  readonly from?: string | undefined
  readonly to?: string | undefined
  /** As the platform writes them: any case, and words nobody has heard of. */
  readonly direction?: string | undefined
  readonly status?: string | undefined
  readonly startedAtMs?: number | undefined
  readonly answeredAtMs?: number | undefined
  readonly endedAtMs?: number | undefined
}

export interface PlatformDomain {
  readonly id?: string | undefined
  readonly name: string
  readonly uuid?: string | undefined
  readonly isActive: boolean
}

/**
 * The platform's REST API. Never asks more than 10 times per domain in any 10 seconds; who has to wait for that takes
 * turns. Throws DomainErrors that name what was asked, the domain and the way out: CONFLICT when the key is refused,
 * NOT_FOUND when the platform knows no such domain or session, TOO_MANY_REQUESTS when there is no turn to be had,
 * UNAVAILABLE when there is no answer that could be used.
 */
export interface Cloudonix {
  readDomain(of: CloudonixDomain): Promise<PlatformDomain>
  /** All of them, also those that nobody may dial through. */
  listTrunks(of: CloudonixDomain): Promise<readonly PlatformTrunk[]>
  /** Those going on, and past ones as far as the platform still tells them. */
  listSessions(of: CloudonixDomain): Promise<readonly PlatformSession[]>
  /** Done when the platform has accepted it; that the call is over is told by its webhooks. */
  hangUp(of: CloudonixDomain, token: string): Promise<void>
}

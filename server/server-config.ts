import type { TlsFiles } from './adapters/http/tls-files.ts'
import type { Access } from './operations/access/access.ts'
import type { Dispatch } from './operations/dispatch.ts'
import type { ExportLimits } from './operations/export-runner.ts'
import type { EventBus } from './ports/event-bus.ts'
import type { EventLog } from './ports/event-log.ts'
import type { Log } from './ports/system.ts'

export interface ServerConfig {
  readonly version: string
  /** Where everything durable lies; made when it is not there. */
  readonly dataDir: string
  /** Webhooks: what Cloudonix reaches. Port 0 takes a free one. */
  readonly host: string
  readonly port: number
  /** API and console: what people and automation reach. */
  readonly adminHost: string
  readonly adminPort: number
  /** Names besides localhost under which the admin listener may be reached. */
  readonly adminAllowedHosts?: readonly string[] | undefined
  /** Certificate and key of the webhook listener, which then speaks HTTPS. */
  readonly tls?: TlsFiles | undefined
  readonly adminTls?: TlsFiles | undefined
  /** Addresses and networks in front of the admin listener whose X-Forwarded-… headers are believed. */
  readonly trustedProxies?: readonly string[] | undefined
  /** The base of our URLs as Cloudonix sees them; without it they are relative. */
  readonly publicUrl?: string | undefined
  /** Where the Cloudonix API is, if not where everybody's is. */
  readonly cloudonixUrl?: string | undefined
  /** The Redis that this node shares with others; without it there is one process, and it keeps its state itself. */
  readonly redisUrl?: string | undefined
  readonly bootstrapToken?: string | undefined
  /** 32 bytes as hex or base64; else a key file in the data directory. */
  readonly masterKey?: string | undefined
  /** Where the built console lies. */
  readonly consoleDir?: string | undefined
  /** What is not set has a default. */
  readonly exportLimits?: Partial<ExportLimits> | undefined
  readonly demo?: boolean | undefined
  readonly logLevel?: string | undefined
}

export interface Server {
  readonly urls: { readonly webhooks: string; readonly admin: string }
  readonly dispatch: Dispatch
  readonly events: EventBus
  readonly eventLog: EventLog
  readonly access: Access
  readonly log: Log
  /** A link that signs one browser in as owner, once. */
  signInLink(): Promise<string>
  /** Reads the certificates again; false where there are none. */
  reloadTls(): Promise<boolean>
  /** Takes no new requests, answers those under way, writes everything down. */
  close(): Promise<void>
}

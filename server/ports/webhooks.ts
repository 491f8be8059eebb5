import type { WebhookKind } from '../../shared/vocabulary.ts'

/** One request from Cloudonix, decoded but not interpreted. */
export interface WebhookRequest {
  readonly kind: WebhookKind
  readonly tenantKey: string
  /** Lower-case names. */
  readonly headers: Readonly<Record<string, string>>
  /** Query parameters, and the body's on top: an object, or whatever else the JSON held. */
  readonly fields: unknown
  /** Query parameters alone: our own signed state comes back in them. */
  readonly query: Readonly<Record<string, string>>
  /** The body as text (GET: the query string), for the audit and for telling requests apart. */
  readonly payload: string
  /** Why the body could not be read, if so; `tooLarge` is over 1 MiB. */
  readonly unreadable?: { readonly reason: string; readonly tooLarge: boolean } | undefined
  readonly receivedAtMicros: number
}

/** A stored body (or query string) once more as fields, as it would be read today. */
export type ReadStoredPayload = (event: {
  readonly headers: Readonly<Record<string, string>>
  readonly payload: string
}) => Pick<WebhookRequest, 'fields' | 'unreadable'>

/** CXML on the two CXML paths, JSON on the other two. */
export interface WebhookAnswer {
  readonly status: number
  readonly contentType: 'application/xml; charset=utf-8' | 'application/json; charset=utf-8'
  readonly body: string
}

/** Never rejects. */
export type HandleWebhook = (request: WebhookRequest) => Promise<WebhookAnswer>

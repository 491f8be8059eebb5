import type { WebhookKind } from '../../shared/vocabulary.ts'

/** How often a field or value came that nobody documented. */
export interface DialectCount {
  readonly kind: WebhookKind
  readonly field: string
  /** Empty where it is the field itself. */
  readonly value: string
  readonly count: number
  readonly firstSeenMs: number
  readonly lastSeenMs: number
  /** The newest event that had it, which may be gone. */
  readonly webhookEventId: string
}

export interface DialectStore {
  /** Adds to what is there. Of a tenant so many are kept; the rest counts as `(other)`. A tenant that is gone is passed over. */
  add(tenantId: string, counts: readonly DialectCount[]): Promise<void>
  /** The newest first. */
  list(tenantId: string): Promise<readonly DialectCount[]>
  /** Forgets a tenant's; how many there were. */
  clear(tenantId: string): Promise<number>
}

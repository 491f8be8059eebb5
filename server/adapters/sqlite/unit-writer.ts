import type { Database } from 'better-sqlite3'
import type { DecisionRow, UnitOfWork, WebhookEventRow } from '../../ports/call-store.ts'
import { createAnswerWriter } from './answer-repository.ts'
import { createCallWriter } from './call-writer.ts'
import type { Keyring, TenantKeys } from './keyring.ts'

/** Writes what one webhook caused, inside the transaction of its caller. */
export const createUnitWriter = (db: Database, keyring: Keyring) => {
  const calls = createCallWriter(db)
  const answers = createAnswerWriter(db)
  const addDecision = db.prepare(`
INSERT INTO routing_decisions (tenant_no, call_no, id, at_ms, outcome, explanation, cxml) VALUES (?, ?, ?, ?, ?, ?, ?)`)
  const addEvent = db.prepare(`
INSERT INTO webhook_audit (tenant_no, id, kind, at_ms, token, outcome, reason, status, latency_micros, headers, payload, answer)
VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`)

  const writeDecision = (tenantNo: number, callNo: number | null, decision: DecisionRow): void => {
    const { id, atMs, outcome, explanation, cxml } = decision
    addDecision.run(tenantNo, callNo, id, atMs, JSON.stringify(outcome), JSON.stringify(explanation), cxml)
  }
  const writeEvent = (tenantNo: number, event: WebhookEventRow): void => {
    const { id, kind, atMs, token, outcome, reason, status, latencyMicros, headers, payload, answer } = event
    addEvent.run(
      tenantNo,
      id,
      kind,
      atMs,
      token,
      outcome,
      reason,
      status,
      latencyMicros,
      JSON.stringify(headers),
      payload,
      answer,
    )
  }
  // For one batch only: between batches a tenant may be deleted.
  const tenants = new Map<string, TenantKeys>()
  const tenantOf = (tenantId: string): TenantKeys => {
    let tenant = tenants.get(tenantId)
    if (!tenant) tenants.set(tenantId, (tenant = keyring.of(tenantId)))
    return tenant
  }
  return {
    beginBatch: () => tenants.clear(),
    write: ({ tenantId, call, attempts, transitions, decision, webhookEvent, answer }: UnitOfWork): void => {
      const tenant = tenantOf(tenantId)
      const callNo = call ? calls.write(tenant.no, call) : null
      if (call && callNo !== null) {
        if (attempts) calls.writeAttempts(tenant.no, callNo, attempts)
        if (transitions) calls.writeTransitions(tenant.no, call, callNo, transitions)
      }
      if (decision) writeDecision(tenant.no, callNo, decision)
      if (webhookEvent) writeEvent(tenant.no, webhookEvent)
      if (answer) answers.put(tenant, answer)
    },
    forget: calls.forget,
  }
}

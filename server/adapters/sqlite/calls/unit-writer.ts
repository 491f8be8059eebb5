import type { Database } from 'better-sqlite3'
import { createAnswerWriter } from './answer-repository.ts'
import { createCallWriter } from './call-writer.ts'
import { createCircuitWriter } from './circuit-repository.ts'
import type { Keyring, TenantKeys } from '../keys/keyring.ts'
import type { PackedUnit } from './packed-unit.ts'
import { createRollupWriter } from '../analytics/rollup-writer.ts'
import { createWebhookWriter } from '../webhooks/webhook-writer.ts'

/** Writes what one webhook caused, inside the transaction of its caller. */
export const createUnitWriter = (db: Database, keyring: Keyring, isShared: boolean) => {
  const rollups = createRollupWriter(db)
  const calls = createCallWriter(db, rollups.touch)
  const answers = createAnswerWriter(db)
  const addCircuitChanges = createCircuitWriter(db)
  const addDecision = db.prepare(`
INSERT INTO routing_decisions (tenant_no, call_no, id, at_ms, outcome, explanation, cxml) VALUES (?, ?, ?, ?, ?, ?, ?)`)
  const webhooks = createWebhookWriter(db)

  const findEvent = db.prepare<[number, unknown]>('SELECT 1 FROM webhook_audit WHERE tenant_no = ? AND id = ?')

  // For one batch only: between batches a tenant may be deleted.
  const tenants = new Map<string, TenantKeys>()
  const tenantOf = (tenantId: string): TenantKeys => {
    let tenant = tenants.get(tenantId)
    if (!tenant) tenants.set(tenantId, (tenant = keyring.of(tenantId)))
    return tenant
  }
  return {
    beginBatch: () => {
      tenants.clear()
      rollups.forget()
      webhooks.beginBatch()
      if (isShared) calls.forget()
    },
    /** Just before the transaction ends. */
    endBatch: rollups.flush,
    write: ({
      tenantId,
      isRepeated,
      call,
      attempts,
      transitions,
      circuitChanges,
      decision,
      webhookEvent,
      answer,
      answered,
    }: PackedUnit): void => {
      const tenant = tenantOf(tenantId)
      // A unit is written whole, so where its event is the rest is too.
      if (isRepeated && webhookEvent && findEvent.get(tenant.no, webhookEvent[0])) return
      const callNo = call ? calls.write(tenant.no, call) : null
      let transitionsBefore: number | undefined
      if (call && callNo !== null) {
        calls.writeAttempts(tenant.no, call, callNo, attempts)
        transitionsBefore = calls.writeTransitions(tenant.no, call, callNo, transitions)
      }
      addCircuitChanges(tenant.no, circuitChanges)
      if (decision) addDecision.run(tenant.no, callNo, ...decision)
      if (webhookEvent) webhooks.add(tenant.no, webhookEvent, transitionsBefore)
      if (answer) answers.put(tenant, answer)
      if (answer?.otherKey !== undefined) answers.put(tenant, { ...answer, key: answer.otherKey })
      // Last: of a unit that fails nothing is counted.
      if (answered) rollups.countAnswer(tenant.no, answered.atMs, answered.micros)
    },
    forget: calls.forget,
  }
}

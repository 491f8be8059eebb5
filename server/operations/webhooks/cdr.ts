import type { Call } from '../../domain/calls/call.ts'
import { applyCdr, unchanged, type Progress } from '../../domain/calls/call-progress.ts'
import { readNumbers } from '../../domain/routing/call-numbers.ts'
import { readCdr, type Cdr } from '../../domain/webhooks/read-cdr.ts'
import { canonicalJson } from './canonical.ts'
import type { Handled, Incoming, WebhookDeps } from './context.ts'
import { knownCall } from './known-call.ts'

/** Another node may have begun the same call and not be heard of yet. Whatever it knows is older than a CDR. */
const lastWordRevision = 1000

/** A call that only its CDR tells of: routed by somebody else, or before we were there. */
const callFromCdr = (deps: WebhookDeps, { inForce, token, nowMs }: Incoming, cdr: Cdr): Progress => {
  const numbers = readNumbers(inForce.routing, cdr.from, cdr.to)
  const call: Call = {
    id: deps.newId(),
    tenantId: inForce.tenant.id,
    token,
    direction: cdr.direction,
    from: numbers.from.number,
    to: numbers.to.number,
    state: 'received',
    startedAtMs: cdr.startedAtMs ?? nowMs,
    attempts: [],
    deadlineMs: nowMs,
    updatedAtMs: nowMs,
    revision: lastWordRevision,
  }
  return { call, transitions: [{ atMs: nowMs, event: 'received', to: 'received' }], attempts: [] }
}

/** The final record of a call; closes it, whichever order things come in. */
export const handleCdr = async (deps: WebhookDeps, incoming: Incoming): Promise<Handled> => {
  const { inForce, fields, token, nowMs, request } = incoming
  const tenantId = inForce.tenant.id
  const cdr = readCdr(fields)
  const hash = deps.crypto.digest(canonicalJson(request.fields))
  const known = await knownCall(deps, tenantId, token)
  if (known?.cdrHash === hash) return { outcome: 'duplicate', stands: known }
  const { progress, ignored } = applyCdr(known ? unchanged(known) : callFromCdr(deps, incoming, cdr), cdr, hash, nowMs)
  return ignored === undefined
    ? { outcome: 'applied', progress, isNewCall: !known }
    : { outcome: 'ignored', reason: ignored, progress }
}

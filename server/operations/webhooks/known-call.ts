import type { Call } from '../../domain/calls/call.ts'
import type { WebhookDeps } from './context.ts'

/** The call of a token, from the runtime state or, after a restart or a long time, from the durable store. */
export const knownCall = async (
  { runtime, calls }: WebhookDeps,
  tenantId: string,
  token: string,
): Promise<Call | undefined> => (await runtime.loadCall(tenantId, token)) ?? calls.find(tenantId, token)

const dayMs = 86_400_000

/** The answer that a request got when it came first, within a day. `mayBeOld`: its call was known before this moment. */
export const earlierAnswer = async (
  { runtime, calls }: WebhookDeps,
  tenantId: string,
  key: string,
  mayBeOld: boolean,
  nowMs: number,
): Promise<string | undefined> => {
  const recent = await runtime.loadAnswer(tenantId, key)
  if (recent) return recent.body
  return mayBeOld ? (await calls.findAnswer(tenantId, key, nowMs - dayMs))?.body : undefined
}

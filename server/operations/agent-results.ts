import type { AttemptResult } from '../../shared/vocabulary.ts'

/** The last results of each agent, for its health; since this process started. */
export interface AgentResults {
  note(tenantId: string, agentId: string, result: AttemptResult, atMs: number): void
  forget(tenantId: string, agentId: string): void
  recent(tenantId: string, agentId: string): { atMs: number; result: AttemptResult }[]
}

const remembered = 10

export const createAgentResults = (): AgentResults => {
  const byAgent = new Map<string, { atMs: number; result: AttemptResult }[]>()
  return {
    note(tenantId, agentId, result, atMs) {
      const key = `${tenantId}\n${agentId}`
      byAgent.set(key, [{ atMs, result }, ...(byAgent.get(key) ?? []).slice(0, remembered - 1)])
    },
    forget: (tenantId, agentId) => void byAgent.delete(`${tenantId}\n${agentId}`),
    recent: (tenantId, agentId) => byAgent.get(`${tenantId}\n${agentId}`) ?? [],
  }
}

import type { Target } from '../../../ports/configuration.ts'

/** The agent or group a target leads to; null for targets that name none. */
export const targetId = (target: Target | undefined): string | null =>
  target?.type === 'agent' || target?.type === 'group' ? target.id : null

import type { Static } from 'typebox'
import type { CallFilters } from '../../shared/contract/calls.ts'
import type { CallFilter } from '../ports/call-store.ts'

const many = <T>(value: T | T[] | undefined): T[] | undefined =>
  value === undefined ? undefined : Array.isArray(value) ? value : [value]

/** One value is a list of one. */
export const toCallFilter = ({
  agentId,
  groupId,
  ruleId,
  trunkId,
  provider,
  direction,
  state,
  disposition,
  ...rest
}: Static<typeof CallFilters>): CallFilter => ({
  ...rest,
  agentId: many(agentId),
  groupId: many(groupId),
  ruleId: many(ruleId),
  trunkId: many(trunkId),
  provider: many(provider),
  direction: many(direction),
  state: many(state),
  disposition: many(disposition),
})

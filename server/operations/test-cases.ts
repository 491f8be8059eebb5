import type { Handlers, Output } from '../../shared/contract/index.ts'
import type { RoutingTestCase, TestCaseResult, TestExpectation } from '../../shared/contract/routing-tests.ts'
import { DomainError } from '../domain/errors.ts'
import { describeTarget, isSameTarget } from '../domain/routing/target.ts'
import type { ConfigurationStore } from '../ports/configuration.ts'
import type { Clock, NewId } from '../ports/system.ts'
import type { DryRun, DryRunResult } from './dry-run.ts'
import { createSlices } from './in-slices.ts'
import { allOf, getRow, given, updateRow } from './rows.ts'
import { assertKnownTenant, tenantInForce, type TenantDirectory } from './tenant-directory.ts'

type TestCaseHandlers = Pick<Handlers, Extract<keyof Handlers, `routing.testCases.${string}`>>

const noun = 'routing test case'

/** What came instead of what was expected. */
const differences = (
  expect: TestExpectation,
  { decision, explanation }: DryRunResult,
): TestCaseResult['differences'] => {
  const found: TestCaseResult['differences'] = []
  const compare = (field: string, expected: string | undefined, came: string | undefined): void => {
    if (expected !== undefined && expected !== came) found.push({ field, expected, came: came ?? 'none' })
  }
  compare('outcome', expect.outcome, decision.target.type)
  compare('direction', expect.direction, explanation.direction)
  compare('ruleId', expect.ruleId, decision.ruleId)
  compare('groupId', expect.groupId, decision.groupId)
  compare('agentId', expect.agentId, decision.agentId)
  compare('provider', expect.provider, decision.provider)
  compare('trunkId', expect.trunkId, decision.trunkId)
  const { target } = expect
  if (target && !isSameTarget(target, decision.target) && !(target.type === 'group' && target.id === decision.groupId))
    found.push({ field: 'target', expected: describeTarget(target), came: describeTarget(decision.target) })
  return found
}

export const createTestCaseHandlers = ({
  store: { testCases },
  directory,
  dryRun,
  clock,
  newId,
}: {
  readonly store: Pick<ConfigurationStore, 'testCases'>
  readonly directory: TenantDirectory
  readonly dryRun: DryRun
  readonly clock: Clock
  readonly newId: NewId
}): TestCaseHandlers => {
  const chosen = async (tenantId: string, ids: readonly string[] | undefined): Promise<RoutingTestCase[]> => {
    const all = await allOf((query) => testCases.list(tenantId, query))
    if (!ids) return all
    const byId = new Map(all.map((row) => [row.id, row]))
    return ids.map((id) => {
      const row = byId.get(id)
      if (!row) throw new DomainError('NOT_FOUND', `There is no ${noun} ${id}`)
      return row
    })
  }

  const run = async (tenantId: string, cases: readonly RoutingTestCase[]): Promise<Output<'routing.testCases.run'>> => {
    // One configuration for all of them, whatever changes meanwhile.
    const inForce = tenantInForce(directory, tenantId)
    const slice = createSlices(clock)
    const items: TestCaseResult[] = []
    for (const { id, name, expect, direction, from, to, atMs } of cases) {
      const result = await dryRun(inForce, { direction, from, to, atMs })
      const found = differences(expect, result)
      const { decision, explanation } = result
      items.push({ id, name, passed: found.length === 0, differences: found, decision, summary: explanation.summary })
      await slice()
    }
    const passed = items.filter((item) => item.passed).length
    return { passed, failed: items.length - passed, items }
  }

  return {
    async 'routing.testCases.list'(_actor, { tenantId, limit = 50, cursor, search }) {
      assertKnownTenant(directory, tenantId)
      return testCases.list(tenantId, { limit, cursor, search })
    },
    async 'routing.testCases.create'(_actor, { tenantId, ...fields }) {
      assertKnownTenant(directory, tenantId)
      const nowMs = clock.nowMs()
      const row: RoutingTestCase = {
        id: newId(),
        version: 1,
        createdAtMs: nowMs,
        updatedAtMs: nowMs,
        tenantId,
        ...fields,
      }
      await testCases.create(row)
      return row
    },
    'routing.testCases.get': (_actor, { tenantId, id }) => getRow(testCases, noun, tenantId, id),
    async 'routing.testCases.update'(_actor, { tenantId, id, version, ...change }) {
      const before = await getRow(testCases, noun, tenantId, id)
      return updateRow(testCases, noun, version, { ...before, ...given(change) }, clock.nowMs())
    },
    async 'routing.testCases.delete'(_actor, { tenantId, id }) {
      await getRow(testCases, noun, tenantId, id)
      await testCases.delete(tenantId, id)
      return undefined
    },
    async 'routing.testCases.run'(_actor, { tenantId, ids }) {
      assertKnownTenant(directory, tenantId)
      return run(tenantId, await chosen(tenantId, ids))
    },
  }
}

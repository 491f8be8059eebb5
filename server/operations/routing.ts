import type { Handlers } from '../../shared/contract/index.ts'
import type { ConfigurationStore } from '../ports/configuration.ts'
import type { CsvText } from '../ports/csv.ts'
import type { Clock, NewId } from '../ports/system.ts'
import type { DryRun } from './dry-run.ts'
import { createAnalyseTenant } from './routing-analysis.ts'
import { createTestBatch } from './test-batch.ts'
import { createTestCaseHandlers } from './test-cases.ts'
import { tenantInForce, type TenantDirectory } from './tenant-directory.ts'

type RoutingHandlers = Pick<Handlers, Extract<keyof Handlers, `routing.${string}`>>

/** Asks what would happen, and what could not. None of it changes anything, but for the test cases that are kept. */
export const createRoutingHandlers = (deps: {
  readonly store: ConfigurationStore
  readonly directory: TenantDirectory
  readonly dryRun: DryRun
  readonly csv: CsvText
  readonly clock: Clock
  readonly newId: NewId
}): RoutingHandlers => {
  const { store, directory, dryRun, csv, clock } = deps
  const testBatch = createTestBatch(dryRun, csv, clock)
  const analyseTenant = createAnalyseTenant(store, directory, clock)
  return {
    ...createTestCaseHandlers(deps),
    async 'routing.test'(_actor, { tenantId, ...call }) {
      return dryRun(tenantInForce(directory, tenantId), call)
    },
    async 'routing.testBatch'(_actor, { tenantId, ...asked }) {
      return testBatch(tenantInForce(directory, tenantId), asked)
    },
    async 'routing.analysis'(_actor, { tenantId, limit = 200, ruleId, kind }) {
      tenantInForce(directory, tenantId)
      const kinds = kind === undefined || Array.isArray(kind) ? kind : [kind]
      return analyseTenant(tenantId, { limit, ruleId, kinds })
    },
  }
}

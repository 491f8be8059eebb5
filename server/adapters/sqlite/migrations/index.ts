import type { Migration } from '../file/migrate.ts'
import { tenantsAndAccess } from './0010-tenants-and-access.ts'
import { providers } from './0020-providers.ts'
import { routing } from './0030-routing.ts'
import { calls } from './0040-calls.ts'
import { webhooks } from './0050-webhooks.ts'
import { runtimeJournal } from './0060-runtime-journal.ts'
import { dialledNumber } from './0070-dialled-number.ts'
import { callRevision } from './0072-call-revision.ts'
import { schedules } from './0080-schedules.ts'
import { cloudonixKey } from './0090-cloudonix-key.ts'
import { routingTestCases } from './0100-routing-test-cases.ts'
import { circuits } from './0110-circuits.ts'
import { rulesVersion } from './0120-rules-version.ts'
import { outbound } from './0130-outbound.ts'
import { stage } from './0140-stage.ts'
import { nodes } from './0150-nodes.ts'
import { requestBudget } from './0155-request-budget.ts'
import { callFacts } from './0160-call-facts.ts'
import { callSearch } from './0165-call-search.ts'
import { analytics } from './0170-analytics.ts'
import { webhookSearch } from './0180-webhook-search.ts'
import { webhookDialect } from './0185-webhook-dialect.ts'
import { retention } from './0190-retention.ts'
import { exportsOfCalls } from './0200-exports.ts'
import { savedFilters } from './0210-saved-filters.ts'
import { settling } from './0220-settling.ts'
import { exportMoves } from './0230-export-moves.ts'
import { reopenedCalls } from './0235-reopened-calls.ts'
import { auditLog } from './0240-audit-log.ts'
import { users } from './0250-users.ts'

/** Listed by hand: the build is one bundle, there is no directory to scan. */
export const migrations: readonly Migration[] = [
  tenantsAndAccess,
  providers,
  routing,
  calls,
  webhooks,
  runtimeJournal,
  dialledNumber,
  callRevision,
  schedules,
  cloudonixKey,
  routingTestCases,
  circuits,
  rulesVersion,
  outbound,
  stage,
  nodes,
  requestBudget,
  callFacts,
  callSearch,
  analytics,
  webhookSearch,
  webhookDialect,
  retention,
  exportsOfCalls,
  savedFilters,
  settling,
  exportMoves,
  reopenedCalls,
  auditLog,
  users,
]

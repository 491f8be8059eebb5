import type { Handlers } from '../../shared/contract/index.ts'
import { DomainError } from '../domain/errors.ts'
import { maskDocument, renderCxml } from '../domain/cxml/render-cxml.ts'
import { cxmlProblems } from '../domain/cxml/validate-cxml.ts'
import { buildDocument } from '../domain/routing/build-document.ts'
import { classify, nothingTried, readNumbers, routeInbound } from '../domain/routing/routing-engine.ts'
import type { RuntimeState } from '../ports/runtime-state.ts'
import type { Clock } from '../ports/system.ts'
import type { TenantDirectory } from './tenant-directory.ts'
import { runEngine } from './webhooks/place-call.ts'

type RoutingHandlers = Pick<Handlers, 'routing.test'>

/** Asks what would happen; takes no slot and counts nothing. */
export const createRoutingHandlers = (
  directory: TenantDirectory,
  runtime: RuntimeState,
  clock: Clock,
): RoutingHandlers => ({
  async 'routing.test'(_actor, { tenantId, direction: asked, from, to, atMs }) {
    const inForce = directory.byId(tenantId)
    if (!inForce) throw new DomainError('NOT_FOUND', `There is no tenant ${tenantId}`)
    const startedAt = clock.micros()
    const { routing: config } = inForce
    const numbers = readNumbers(config, from, to)
    const direction = asked ?? classify(config, false, numbers)
    if (direction === 'outbound') {
      const because = 'outbound call; no outbound rules exist'
      const document = [{ verb: 'Reject' as const, reason: 'rejected' as const }]
      return {
        decision: { target: { type: 'reject', value: 'rejected' } },
        explanation: {
          summary: `${because} → reject (rejected)`,
          trigger: 'test',
          direction,
          ...numbers,
          steps: [{ type: 'reject', because, outcome: 'reject (rejected)' }],
        },
        cxml: renderCxml(document),
      }
    }
    const tried = { ...nothingTried, atMs: atMs ?? clock.nowMs() }
    const routing = await runEngine(routeInbound(config, numbers, tried), ({ group, members, isFirstChoice }) =>
      runtime.select({
        tenantId,
        group,
        members,
        isFirstChoice,
        leaseKey: 'test',
        leaseMs: 0,
        nowMs: atMs ?? clock.steadyMs(),
        dryRun: true,
      }),
    )
    const document = buildDocument(config, routing, 'test', '/voice/-/dial-result?s=-')
    const problems = cxmlProblems(document)
    const last = routing.steps.at(-1)
    return {
      decision: {
        target: routing.target,
        agentId: routing.agent?.id,
        agentName: routing.agent?.name,
        groupId: routing.group?.id,
        ruleId: routing.ruleId,
        provider: routing.agent?.provider,
        attempt: routing.agent ? 1 : undefined,
      },
      explanation: {
        summary: `${last?.because ?? ''} → ${last?.outcome ?? ''}`,
        trigger: 'test',
        direction,
        ...numbers,
        rules: routing.rules,
        ...(routing.moreRules !== undefined && { moreRules: routing.moreRules }),
        steps: routing.steps,
        ...(problems.length > 0 && { notes: problems }),
        tookMicros: Math.max(0, clock.micros() - startedAt),
      },
      cxml: renderCxml(maskDocument(document)),
    }
  },
})

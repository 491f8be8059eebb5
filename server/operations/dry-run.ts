import type { DecisionOutcome, Explanation } from '../../shared/contract/routing.ts'
import type { Direction } from '../../shared/vocabulary.ts'
import { maskDocument, renderCxml } from '../domain/cxml/render-cxml.ts'
import { cxmlProblems } from '../domain/cxml/validate-cxml.ts'
import { buildDocument } from '../domain/routing/build-document.ts'
import { classify, readNumbers, type Numbers } from '../domain/routing/call-numbers.ts'
import { nothingTried } from '../domain/routing/routing.ts'
import { routeInbound } from '../domain/routing/routing-engine.ts'
import type { RuntimeState } from '../ports/runtime-state.ts'
import type { Clock, Random } from '../ports/system.ts'
import type { TenantInForce } from './tenant-directory.ts'
import { runEngine } from './webhooks/place-call.ts'

/** A call that might come. */
export interface TestedCall {
  readonly direction?: Direction | undefined
  readonly from: string
  readonly to: string
  readonly atMs?: number | undefined
}

export interface DryRunResult {
  readonly decision: DecisionOutcome
  readonly explanation: Explanation
  readonly cxml: string
}

/** What would happen to a call; takes no slot and counts nothing. All testing of rules goes through here. */
export type DryRun = (inForce: TenantInForce, call: TestedCall) => Promise<DryRunResult>

const refuseOutbound = (numbers: Numbers): DryRunResult => {
  const because = 'outbound call; no outbound rules exist'
  return {
    decision: { target: { type: 'reject', value: 'rejected' } },
    explanation: {
      summary: `${because} → reject (rejected)`,
      trigger: 'test',
      direction: 'outbound',
      ...numbers,
      steps: [{ type: 'reject', because, outcome: 'reject (rejected)' }],
    },
    cxml: renderCxml([{ verb: 'Reject', reason: 'rejected' }]),
  }
}

export const createDryRun =
  (
    runtime: Pick<RuntimeState, 'select'>,
    clock: Pick<Clock, 'micros' | 'nowMs' | 'steadyMs'>,
    chance: Random,
  ): DryRun =>
  async ({ tenant, routing: config }, { direction: asked, from, to, atMs }) => {
    const startedAt = clock.micros()
    const numbers = readNumbers(config, from, to)
    const direction = asked ?? classify(config, false, numbers)
    if (direction === 'outbound') return refuseOutbound(numbers)
    const tried = { ...nothingTried, caller: numbers.from.number, atMs: atMs ?? clock.nowMs() }
    const routing = await runEngine(routeInbound(config, numbers, tried), ({ group, members, isFirstChoice, sticky }) =>
      runtime.select({
        tenantId: tenant.id,
        group,
        members,
        isFirstChoice,
        leaseKey: 'test',
        leaseMs: 0,
        trialMs: 0,
        providerLimits: config.providerLimits,
        sticky,
        chance: chance(),
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
  }

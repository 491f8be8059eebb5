import type { DecisionOutcome, Explanation } from '../../shared/contract/routing.ts'
import type { Direction } from '../../shared/vocabulary.ts'
import { maskDocument, renderCxml } from '../domain/cxml/render-cxml.ts'
import { cxmlProblems } from '../domain/cxml/validate-cxml.ts'
import { buildDocument } from '../domain/routing/build-document.ts'
import { classify, readNumbers } from '../domain/routing/call-numbers.ts'
import { routeOutbound } from '../domain/routing/outbound.ts'
import { nothingTried, type Ask, type SelectionReply } from '../domain/routing/routing.ts'
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

export const createDryRun =
  (
    runtime: Pick<RuntimeState, 'select' | 'selectTrunk'>,
    clock: Pick<Clock, 'micros' | 'nowMs' | 'steadyMs'>,
    chance: Random,
  ): DryRun =>
  async ({ tenant, routing: config }, { direction: asked, from, to, atMs }) => {
    const startedAt = clock.micros()
    const numbers = readNumbers(config, from, to)
    const direction = asked ?? classify(config, false, numbers)
    const tried = { ...nothingTried, caller: numbers.from.number, direction, atMs: atMs ?? clock.nowMs() }
    const nowMs = atMs ?? clock.steadyMs()
    const ask = async (question: Ask): Promise<SelectionReply> => {
      const always = { tenantId: tenant.id, leaseKey: 'test', leaseMs: 0, nowMs, dryRun: true }
      if ('trunks' in question) {
        const { trunkId, verdicts } = await runtime.selectTrunk({ ...always, trunks: question.trunks })
        return { verdicts: [], trunkId, trunks: verdicts }
      }
      const { group, members, isFirstChoice, sticky } = question
      const drawn = chance()
      const reply = await runtime.select({
        ...always,
        group,
        members,
        isFirstChoice,
        trialMs: 0,
        providerLimits: config.providerLimits,
        sticky,
        chance: drawn,
      })
      return { ...reply, chance: drawn }
    }
    const isSaid = asked === 'outbound'
    const routing = await runEngine(
      direction === 'outbound'
        ? routeOutbound(config, numbers, isSaid ? 'authenticated' : undefined, tried)
        : routeInbound(config, numbers, tried),
      ask,
    )
    const notes = isSaid
      ? [
          'tested as a call of an authenticated device; leave the direction out for one whose number alone says who calls',
        ]
      : []
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
        trunkId: routing.trunk?.id,
        trunkName: routing.trunk?.name,
        attempt: (routing.agent ?? routing.trunk) ? 1 : undefined,
      },
      explanation: {
        summary: `${last?.because ?? ''} → ${last?.outcome ?? ''}`,
        trigger: 'test',
        direction,
        ...numbers,
        rules: routing.rules,
        ...(routing.moreRules !== undefined && { moreRules: routing.moreRules }),
        steps: routing.steps,
        ...(notes.length + problems.length > 0 && { notes: [...notes, ...problems] }),
        tookMicros: Math.max(0, clock.micros() - startedAt),
      },
      cxml: renderCxml(maskDocument(document)),
    }
  }

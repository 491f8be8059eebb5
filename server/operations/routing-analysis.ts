import type { Output } from '../../shared/contract/index.ts'
import { analyse, type Analysis, type Listed } from '../domain/routing/analysis/analyse.ts'
import type { AnalysedRule } from '../domain/routing/analysis/finding.ts'
import { any, parsePattern, type Pattern } from '../domain/routing/pattern.ts'
import type { OutboundWay } from '../domain/routing/route.ts'
import type { ConfigurationStore, RoutingRule, StoredOutboundRule } from '../ports/configuration.ts'
import type { Clock } from '../ports/system.ts'
import { createSlices } from './in-slices.ts'
import { allOf } from './rows.ts'
import { tenantInForce, wayOf, type TenantDirectory } from './tenant-directory.ts'

const pageSize = 1000

const read = (text: string): { readonly pattern: Pattern; readonly problem?: string } => {
  const pattern = parsePattern(text)
  return typeof pattern === 'string' ? { pattern: any, problem: pattern } : { pattern }
}

const toAnalysed = <T>(
  { id, callerPattern, pattern, ...rule }: Omit<RoutingRule, 'target'> & { readonly target: T },
  age: number,
): AnalysedRule<T> => {
  const to = read(pattern)
  const from = callerPattern === undefined ? undefined : read(callerPattern)
  return {
    ...rule,
    ruleId: id,
    age,
    pattern: to.pattern,
    callerPattern: from?.pattern,
    unreadable: to.problem ?? from?.problem,
    isSometimesClosed: rule.scheduleId !== undefined,
  }
}

const toAnalysedOutbound = (rule: StoredOutboundRule, age: number): AnalysedRule<OutboundWay> => {
  const { id, name, destinationPattern, callerPattern, priority, enabled } = rule
  const facts = { id, name, pattern: destinationPattern, callerPattern, priority, enabled, target: wayOf(rule) }
  return { ...toAnalysed<OutboundWay>(facts, age), isOutbound: true }
}

export type AnalyseTenant = (tenantId: string, listed: Listed) => Promise<Output<'routing.analysis'>>

/** Reads the rules a page at a time and works in slices, so that no call waits; one analysis at a time. */
export const createAnalyseTenant = (
  store: Pick<ConfigurationStore, 'rulesAfter' | 'outboundRules'>,
  directory: TenantDirectory,
  clock: Pick<Clock, 'micros' | 'nowMs'>,
): AnalyseTenant => {
  const readRules = async (tenantId: string): Promise<AnalysedRule[]> => {
    const rules: AnalysedRule[] = []
    for (let after = 0; ;) {
      const page = await store.rulesAfter(tenantId, after, pageSize)
      for (const rule of page.rules) rules.push(toAnalysed(rule, rules.length + 1))
      if (page.rules.length < pageSize) return rules
      after = page.lastRowId
    }
  }

  const run = async (tenantId: string, listed: Listed): Promise<Output<'routing.analysis'>> => {
    const rules = await readRules(tenantId)
    const stored = await allOf((query) => store.outboundRules.list(tenantId, query))
    const outboundRules = stored.map(toAnalysedOutbound)
    // Read after the rules: what they lead to is then as new as they are, or newer.
    const { tenant, routing: config } = tenantInForce(directory, tenantId)
    const work = analyse(
      { config, atMs: clock.nowMs(), emergencyTarget: tenant.settings.emergencyTarget, rules, outboundRules },
      listed,
    )
    const slice = createSlices(clock)
    let step: IteratorResult<undefined, Analysis> = work.next()
    while (!step.done) {
      await slice()
      step = work.next()
    }
    return { configVersion: config.configVersion, rules: rules.length + outboundRules.length, ...step.value }
  }

  let before: Promise<unknown> = Promise.resolve()
  return (tenantId, listed) => {
    const mine = before.then(() => run(tenantId, listed))
    before = mine.catch(() => undefined)
    return mine
  }
}

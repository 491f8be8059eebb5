import type { SystemCounters, SystemHealth } from '../../shared/contract/system.ts'

const help: Readonly<Record<keyof SystemCounters, string>> = {
  voiceRequests: 'Voice requests received',
  dialResults: 'Dial results received',
  sessionUpdates: 'Session updates received',
  cdrs: 'CDRs received',
  duplicates: 'Webhooks that came before',
  undurableAnswers: 'Voice answers sent before their decision was written',
  faults: 'Internal faults while a webhook was handled',
  dialectFindings: 'Fields and values of webhooks that nobody documented',
  unknownKeys: 'Webhooks to an address of no tenant',
  activeCalls: 'Calls going on now',
  writeBacklog: 'Units of work waiting for the store',
}
const gauges: ReadonlySet<string> = new Set(['activeCalls', 'writeBacklog'])

const snake = (name: string): string => name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`)

/** The counters in the text format of Prometheus. */
export const renderMetrics = (
  { status, problems, counters }: SystemHealth & { counters: SystemCounters },
  refusals: readonly { readonly tenantId: string; readonly kind: string; readonly count: number }[] = [],
): string => {
  const lines = Object.entries(counters).flatMap(([name, value]) => {
    const metric = `switchyard_${snake(name)}${gauges.has(name) ? '' : '_total'}`
    return [
      `# HELP ${metric} ${help[name as keyof SystemCounters]}`,
      `# TYPE ${metric} ${gauges.has(name) ? 'gauge' : 'counter'}`,
      `${metric} ${value}`,
    ]
  })
  return [
    ...lines,
    '# HELP switchyard_refused_webhooks_total Webhooks whose credential was refused, and dial results whose signed state was not believed',
    '# TYPE switchyard_refused_webhooks_total counter',
    ...refusals.map(
      ({ tenantId, kind, count }) =>
        `switchyard_refused_webhooks_total{tenant="${tenantId.replace(/["\\\n]/g, '_')}",kind="${kind}"} ${count}`,
    ),
    '# HELP switchyard_degraded Whether a part does not work',
    '# TYPE switchyard_degraded gauge',
    `switchyard_degraded ${status === 'degraded' ? 1 : 0}`,
    ...problems.map(({ part }) => `switchyard_part_degraded{part="${part.replace(/["\\\n]/g, '_')}"} 1`),
    '',
  ].join('\n')
}

import { webhookKinds, type WebhookKind } from '../../shared/vocabulary.ts'
import type { JudgedShares } from './judge-shares.ts'
import type { GroupShare } from './shares.ts'
import type { Summary } from './summary.ts'
import type { Verification } from './verify.ts'

type Row = readonly (string | number)[]

/** Columns as wide as they must be; the first to the left, the others to the right. */
const table = (head: Row, rows: readonly Row[]): string => {
  const lines = [head, ...rows].map((row) => row.map(String))
  const widths = head.map((_, column) => Math.max(...lines.map((line) => line[column]?.length ?? 0)))
  const pad = (text: string, column: number): string =>
    column === 0 ? text.padEnd(widths[column] ?? 0) : text.padStart(widths[column] ?? 0)
  return lines.map((line) => `  ${line.map(pad).join('  ')}`.trimEnd()).join('\n')
}

const percent = (share: number): string => `${(share * 100).toFixed(1)} %`
const counted = (counts: Readonly<Record<string, number | undefined>>): string =>
  Object.entries(counts)
    .map(([name, count]) => `${count} ${name}`)
    .join(', ')

const kindNames: Record<WebhookKind, string> = {
  voice_request: 'voice request',
  dial_result: 'dial result',
  session_update: 'session update',
  cdr: 'CDR',
}

const times = (count: number): string => (count === 1 ? 'once' : `${count} times`)

const headline = (
  { name, firstChoices, maxDeviation, isWithinLimit, setChanges }: GroupShare,
  isVerified: boolean,
): string => {
  const tooMuch = isWithinLimit ? '' : ', more than allowed'
  const most = `${name}: ${firstChoices} first choices, at most ${maxDeviation.toFixed(2)} calls from the ideal`
  if (setChanges !== undefined)
    return `${most} of who was eligible; the eligible set changed ${times(setChanges)}${tooMuch}`
  const hint = isWithinLimit || isVerified ? '' : '. Circuits or caps may have taken members out; --verify can tell'
  return `${most}${tooMuch}${hint}`
}

const tellCircuits = ({ circuits, foundNobody }: Pick<JudgedShares, 'circuits' | 'foundNobody'>): string[] => [
  ...(circuits.length === 0 ? [] : ['Circuits that opened, so that an agent got no calls for a while:']),
  ...circuits.map(({ kind, name, opened, failedTrials }) => {
    const trials = failedTrials === 0 ? '' : `, trial calls that failed: ${failedTrials}`
    return `  ${kind} ${name}: ${times(opened)}${trials}`
  }),
  ...(foundNobody === 0
    ? []
    : [`${foundNobody} calls found no eligible member in a group and got its fallback without a dial to an agent`]),
]

/** The summary for people. */
export const printSummary = (
  summary: Summary,
  verification?: Verification & Pick<JudgedShares, 'circuits' | 'foundNobody'>,
): string => {
  const { wrongAnswers } = summary
  const parts = [
    `${summary.calls} calls in ${summary.seconds} s (${summary.callsPerSecond}/s), ${summary.requests} requests (${summary.requestsPerSecond}/s)`,
    `Ended: ${counted(summary.states)}`,
    `Dispositions: ${counted(summary.dispositions)}`,
    `Dials: ${summary.attempts}, of these failovers ${summary.failovers}`,
    `Duplicates sent: ${summary.duplicatesSent}. Reordered calls: ${summary.reorderedCalls}. Late: ${summary.delayedEvents}. Lost: ${summary.lostEvents}. Retries: ${summary.retries}`,
    '',
    table(
      ['Agent', 'Provider', 'First choices', 'Share', 'Attempts', 'Answered'],
      summary.agents.map((agent) => [
        agent.value,
        agent.provider ?? '',
        agent.firstChoices,
        percent(agent.share),
        agent.attempts,
        agent.answered,
      ]),
    ),
    ...summary.groups
      .filter(({ firstChoices }) => firstChoices > 0)
      .flatMap((group) => [
        '',
        headline(group, verification !== undefined),
        table(
          ['Member', 'Weight', 'First choices', 'Ideal', 'Deviation'],
          group.members.map((member) => [
            member.value,
            member.weight,
            member.firstChoices,
            member.ideal.toFixed(2),
            member.deviation.toFixed(2),
          ]),
        ),
      ]),
    '',
    table(
      ['Latency in ms', 'Count', 'p50', 'p95', 'p99', 'max'],
      webhookKinds.map((kind) => {
        const { count, p50Ms, p95Ms, p99Ms, maxMs } = summary.latency[kind]
        return [kindNames[kind], count, p50Ms.toFixed(2), p95Ms.toFixed(2), p99Ms.toFixed(2), maxMs.toFixed(2)]
      }),
    ),
    '',
    `Wrong answers: ${wrongAnswers.count}`,
    ...wrongAnswers.first.map(({ token, kind, reason }) => `  ${token} ${kindNames[kind]}: ${reason}`),
  ]
  if (verification) {
    parts.push(
      `Records: ${verification.compared} compared, ${verification.notComparable} not comparable, ${verification.mismatches.length} mismatches`,
      ...verification.mismatches
        .slice(0, 50)
        .map(({ token, field, expected, found }) => `  ${token} ${field}: expected ${expected}, found ${found}`),
      ...tellCircuits(verification),
    )
  }
  return parts.join('\n')
}

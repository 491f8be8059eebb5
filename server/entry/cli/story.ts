import type { CallDetail, CallExplanation, RerunChoice } from '../../../shared/contract/calls.ts'
import type { Explanation, RoutingStep } from '../../../shared/contract/routing.ts'

/** A decision as a short story, for people at a terminal. */

const listedRules = 5
const listedMembers = 10

const reading = (label: string, number: Explanation['to']): string[] => {
  if (!number) return []
  const read = number.text === number.number ? number.number : `${number.text} is read as ${number.number}`
  return [`${label.padEnd(6)}${read} (${number.how})`]
}

/** The last ones matter most: the one chosen is the last of all. */
const rules = ({ rules: considered = [], moreRules = 0 }: Explanation): string[] => {
  const shown = considered.slice(-listedRules)
  const hidden = considered.length - shown.length + moreRules
  return [
    ...(hidden > 0 ? [`  ${hidden} rules before were passed over`] : []),
    ...shown.map(
      ({ name, pattern, priority, verdict, chosen }) =>
        `  ${chosen ? '→' : '·'} rule ${name} (${pattern}, priority ${priority}): ${verdict}`,
    ),
  ]
}

const members = ({ members: compared = [], moreMembers = 0 }: RoutingStep): string[] => {
  const shown = compared.filter((member, i) => i < listedMembers || member.chosen)
  const hidden = compared.length - shown.length + moreMembers
  return [
    ...shown.map(({ name, verdict, chosen, activeCalls, behind }) => {
      const active = activeCalls === undefined ? '' : `, ${activeCalls} active`
      const share = behind === undefined ? '' : `, ${Math.round(behind * 1000) / 1000} behind its share`
      return `     ${chosen ? '→' : '·'} ${name}: ${verdict}${active}${share}`
    }),
    ...(hidden > 0 ? [`     and ${hidden} more members`] : []),
  ]
}

export const tellExplanation = (explanation: Explanation): string[] => [
  ...reading('To', explanation.to),
  ...reading('From', explanation.from),
  ...(explanation.direction === undefined ? [] : [`Taken as ${explanation.direction}`]),
  ...(explanation.after === undefined ? [] : [`After ${explanation.after}`]),
  ...rules(explanation),
  ...explanation.steps.flatMap((step, i) => [
    `${String(i + 1).padStart(3)}. ${step.because} → ${step.outcome}${step.strategy === undefined ? '' : ` (${step.strategy})`}`,
    ...members(step),
    ...(step.trunks ?? []).map(({ name, verdict, chosen }) => `     ${chosen ? '→' : '·'} trunk ${name}: ${verdict}`),
  ]),
  ...(explanation.notes ?? []).map((note) => `  ! ${note}`),
]

const time = (ms: number): string => new Date(ms).toISOString()

const tellAgain = ({ kind, among, same, again, incomplete }: RerunChoice): string =>
  same
    ? `  = ${kind} of ${among}: the same when made again from what is stored`
    : `  ≠ ${kind} of ${among}: ${incomplete === undefined ? `made again, it is ${again ?? 'none'}` : `cannot be made again: ${incomplete}`}`

export const tellCall = (call: CallDetail, { decisions: again }: CallExplanation): string[] => [
  `Call ${call.id} from ${call.from} to ${call.to}, ${call.direction}, ${time(call.startedAtMs)}: ${call.state}`,
  ...call.decisions.flatMap((decision, i) => [
    '',
    `Decision ${i + 1} of ${call.decisions.length}, ${time(decision.atMs)}: ${decision.explanation.summary}`,
    ...tellExplanation(decision.explanation),
    ...(again.find(({ id }) => id === decision.id)?.choices ?? []).map(tellAgain),
  ]),
  ...(call.decisions.length === 0 ? ['', 'Nothing was decided for this call'] : []),
]

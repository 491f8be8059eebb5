import { IconArrowRight, IconCheck } from '@tabler/icons-react'
import type { Explanation, RoutingStep } from '../../shared/contract/routing.ts'
import { formatMicros } from '../ui/format-time.ts'
import { strategyWords } from './call-words.ts'
import { targetWords, type DecisionNews } from './decision-words.ts'
import classes from './decision-explanation.module.css'
import { PhoneNumber } from './number.tsx'

type Reading = NonNullable<Explanation['to']>
type Rule = NonNullable<Explanation['rules']>[number]
type Member = NonNullable<RoutingStep['members']>[number]

const ReadingLine = ({ label, reading }: { readonly label: string; readonly reading: Reading }) => (
  <div className={classes.reading}>
    <dt>{label}</dt>
    <dd>
      <PhoneNumber value={reading.number} />
      <span className={classes.quiet}>
        {reading.text === reading.number ? reading.how : `“${reading.text}”: ${reading.how}`}
      </span>
    </dd>
  </div>
)

const Verdict = ({ text, isChosen }: { readonly text: string; readonly isChosen: boolean }) => (
  <span className={isChosen ? classes.chosen : undefined}>
    {isChosen ? <IconCheck size={13} aria-hidden /> : undefined}
    {text}
  </span>
)

const RulesTable = ({ rules, more }: { readonly rules: readonly Rule[]; readonly more: number }) => (
  <>
    <table className={classes.table}>
      <thead>
        <tr>
          <th scope="col">Rule</th>
          <th scope="col">Pattern</th>
          <th scope="col" className={classes.figure}>
            Priority
          </th>
          <th scope="col">Verdict</th>
        </tr>
      </thead>
      <tbody>
        {rules.map((rule) => (
          <tr key={rule.ruleId} data-chosen={rule.chosen}>
            <td>{rule.name}</td>
            <td>
              <code>{rule.pattern}</code>
            </td>
            <td className={classes.figure}>{rule.priority}</td>
            <td>
              <Verdict text={rule.verdict} isChosen={rule.chosen} />
            </td>
          </tr>
        ))}
      </tbody>
    </table>
    {more > 0 ? <p className={classes.quiet}>and {more} more that did not match</p> : undefined}
  </>
)

/** One column of a comparison, kept only where some member has a value for it. */
interface Figure {
  readonly label: string
  readonly of: (member: Member) => number | undefined
  readonly digits: number
}
const figures: readonly Figure[] = [
  { label: 'Priority', of: (member) => member.priority, digits: 0 },
  { label: 'Weight', of: (member) => member.weight, digits: 0 },
  { label: 'Active', of: (member) => member.activeCalls, digits: 0 },
  { label: 'First choices', of: (member) => member.firstChoices, digits: 0 },
  { label: 'Behind', of: (member) => member.behind, digits: 2 },
]

const MembersTable = ({ members, more }: { readonly members: readonly Member[]; readonly more: number }) => {
  const columns = figures.filter((figure) => members.some((member) => figure.of(member) !== undefined))
  return (
    <>
      <table className={classes.table}>
        <thead>
          <tr>
            <th scope="col">Member</th>
            {columns.map((column) => (
              <th scope="col" key={column.label} className={classes.figure}>
                {column.label}
              </th>
            ))}
            <th scope="col">Verdict</th>
          </tr>
        </thead>
        <tbody>
          {members.map((member) => (
            <tr key={member.agentId} data-chosen={member.chosen} data-passed={!member.eligible}>
              <td>{member.name}</td>
              {columns.map((column) => (
                <td key={column.label} className={classes.figure}>
                  {column.of(member)?.toFixed(column.digits) ?? '–'}
                </td>
              ))}
              <td>
                <Verdict text={member.verdict} isChosen={member.chosen} />
              </td>
            </tr>
          ))}
        </tbody>
      </table>
      {more > 0 ? <p className={classes.quiet}>and {more} more members</p> : undefined}
    </>
  )
}

const Step = ({ step }: { readonly step: RoutingStep }) => (
  <li className={classes.step}>
    <p>
      <strong>{step.name ?? targetWords[step.type]}</strong>
      <span className={classes.quiet}>
        {step.strategy ? ` ${strategyWords[step.strategy]},` : ''} {step.because}
      </span>
    </p>
    {step.members && step.members.length > 0 ? (
      <MembersTable members={step.members} more={step.moreMembers ?? 0} />
    ) : undefined}
    <p className={classes.outcome}>
      <IconArrowRight size={14} aria-hidden /> {step.outcome}
    </p>
  </li>
)

/** The whole reasoning, top to bottom: number as understood, rules, steps. */
export const DecisionExplanation = ({ decision }: { readonly decision: DecisionNews }) => {
  const { explanation } = decision
  return (
    <div className={classes.story}>
      <div>
        <p className={classes.summary}>{explanation.summary}</p>
        {explanation.after ? <p className={classes.quiet}>After {explanation.after}.</p> : undefined}
      </div>
      {explanation.from || explanation.to ? (
        <section>
          <h3>Numbers as understood</h3>
          <dl>
            {explanation.from ? <ReadingLine label="From" reading={explanation.from} /> : undefined}
            {explanation.to ? <ReadingLine label="To" reading={explanation.to} /> : undefined}
          </dl>
        </section>
      ) : undefined}
      {explanation.rules ? (
        <section>
          <h3>Rules considered</h3>
          {explanation.rules.length > 0 ? (
            <RulesTable rules={explanation.rules} more={explanation.moreRules ?? 0} />
          ) : (
            <p className={classes.quiet}>None matched.</p>
          )}
        </section>
      ) : undefined}
      {explanation.steps.length > 0 ? (
        <section>
          <h3>Steps</h3>
          <ol className={classes.steps}>
            {explanation.steps.map((step, index) => (
              <Step key={index} step={step} />
            ))}
          </ol>
        </section>
      ) : undefined}
      {(explanation.notes ?? []).map((note) => (
        <p key={note} className={classes.quiet}>
          {note}
        </p>
      ))}
      {explanation.tookMicros === undefined ? undefined : (
        <p className={classes.quiet}>Decided in {formatMicros(explanation.tookMicros)}.</p>
      )}
    </div>
  )
}

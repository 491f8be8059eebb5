import { selectMember } from '../../server/domain/routing/select-member.ts'
import { aPresent } from './builders.ts'
import { countFirstChoice, emptyTally, type GroupTally } from '../../server/domain/routing/strategies/tally.ts'
import type { Ask, Routing, SelectionAsk, SelectionReply, TrunkAsk } from '../../server/domain/routing/routing.ts'

/** Answers the engine's questions as a runtime state does: one tally per group, active calls as the test sets them. */
export const aWalker = (activeCalls: Readonly<Record<string, number>> = {}, fullTrunks: readonly string[] = []) => {
  const askedTrunks: TrunkAsk[] = []
  const tallies = new Map<string, GroupTally>()
  const asked: SelectionAsk[] = []
  const answer = (question: Ask): SelectionReply => {
    if ('trunks' in question) {
      askedTrunks.push(question)
      const trunkId = question.trunks.find(({ id }) => !fullTrunks.includes(id))?.id
      const trunks = question.trunks.map(({ id }) => ({
        trunkId: id,
        eligible: !fullTrunks.includes(id),
        chosen: id === trunkId,
        verdict: 'compared',
      }))
      return { verdicts: [], trunkId, trunks }
    }
    asked.push(question)
    const { group, members, isFirstChoice } = question
    const name = group?.id ?? ''
    const tally = tallies.get(name) ?? emptyTally()
    tallies.set(name, tally)
    const { chosen, contenders, verdicts } = selectMember(
      group?.strategy ?? 'priority',
      tally,
      members,
      aPresent({ activeCallsOf: (agentId) => activeCalls[agentId] ?? 0 }),
    )
    if (chosen && group && isFirstChoice) countFirstChoice(tally, contenders, chosen.agentId, undefined, 1000)
    return { agentId: chosen?.agentId, verdicts }
  }
  return {
    asked,
    askedTrunks,
    run<R extends Routing>(walk: Generator<Ask, R, SelectionReply>): R {
      let step = walk.next()
      while (!step.done) step = walk.next(answer(step.value))
      return step.value
    },
  }
}

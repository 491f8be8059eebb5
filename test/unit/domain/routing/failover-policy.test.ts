import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { readNumbers } from '../../../../server/domain/routing/call-numbers.ts'
import { nothingTried, type Routing, type Tried } from '../../../../server/domain/routing/routing.ts'
import { routeInbound, routeOnward } from '../../../../server/domain/routing/routing-engine.ts'
import { attemptResults, type AttemptResult } from '../../../../shared/vocabulary.ts'
import { aGroup, aMember, aRoutingConfig, aVoiceAgent } from '../../../support/builders.ts'
import { aWalker } from '../../../support/walk.ts'

const startMs = 1_767_268_800_000
const agents = ['a', 'b', 'c', 'd', 'e'].map((id, i) => aVoiceAgent({ id, value: `+1202555017${i}` }))
const members = (ids: string) => ids.split('').map((agentId, i) => aMember({ agentId, position: i + 1 }))
const retryOns: readonly (readonly AttemptResult[])[] = [
  [],
  ['busy'],
  ['no_answer', 'failed'],
  ['busy', 'no_answer', 'failed'],
  ['busy', 'no_answer', 'failed', 'cancelled'],
]

interface Policy {
  readonly retryOn: readonly AttemptResult[]
  readonly maxAttempts: number
  readonly maxMs: number | undefined
  readonly retriesCancelled: boolean
  readonly hasFallback: boolean
}

/** Plays a call whose dials end as given, each after ringing as long as it may, and tells all that was dialled. */
const play = (policy: Policy, results: readonly AttemptResult[], ringShare = 1) => {
  const { retriesCancelled, hasFallback, ...group } = policy
  const config = aRoutingConfig({
    agents,
    retriesCancelled,
    groups: [
      aGroup({
        ...group,
        members: members('abc'),
        ...(hasFallback && { fallback: { type: 'group' as const, id: 'group-2' } }),
      }),
      aGroup({ ...group, id: 'group-2', members: members('cdea'), fallback: { type: 'message', value: 'Sorry' } }),
    ],
  })
  const walker = aWalker()
  const dialled: { agentId: string; groupId: string; startedAtMs: number; endedAtMs: number }[] = []
  let tried: Tried = { ...nothingTried, caller: '+12025550123', atMs: startMs }
  let routing: Routing = walker.run(routeInbound(config, readNumbers(config, '+12025550123', '+12025550100'), tried))
  for (const result of results) {
    const { agent, group: asked } = routing
    if (!agent || !asked) break
    const endedAtMs = tried.atMs + Math.floor(routing.ringTimeoutSeconds * 1000 * ringShare)
    dialled.push({ agentId: agent.id, groupId: asked.id, startedAtMs: tried.atMs, endedAtMs })
    tried = {
      ...tried,
      atMs: endedAtMs,
      agentIds: dialled.map(({ agentId }) => agentId),
      attempts: dialled.length,
      attemptsByGroup: new Map([...tried.attemptsByGroup, [asked.id, routing.groupAttempts]]),
      startedByGroup: new Map([[asked.id, tried.atMs], ...tried.startedByGroup]),
    }
    const { groupAttempts } = routing
    routing = walker.run(routeOnward(config, { result, groupId: asked.id, groupAttempts, tried }))
  }
  return { dialled, routing }
}

const policies = retryOns.flatMap((retryOn) =>
  [1, 2, 3].flatMap((maxAttempts) =>
    [undefined, 30_000].flatMap((maxMs) =>
      [true, false].flatMap((retriesCancelled) =>
        [true, false].map((hasFallback): Policy => ({ retryOn, maxAttempts, maxMs, retriesCancelled, hasFallback })),
      ),
    ),
  ),
)

describe.each(attemptResults)('after %s', (result) => {
  it.each(policies)('the call goes on exactly where the policy lets it: %j', (policy) => {
    const { dialled, routing } = play(policy, [result])
    expect(dialled).toHaveLength(1)
    const mayGoOn =
      result !== 'answered' && (policy.retryOn.includes(result) || (result === 'cancelled' && policy.retriesCancelled))
    const hasNext = policy.maxAttempts > 1 || policy.hasFallback
    expect(routing.agent !== undefined).toBe(mayGoOn && hasNext)
    if (!mayGoOn) expect(routing.target).toEqual({ type: 'hangup' })
    if (mayGoOn && policy.maxAttempts > 1) expect(routing).toMatchObject({ agent: { id: 'b' }, groupAttempts: 2 })
  })
})

it('whatever happens, nobody is tried twice and no budget is exceeded', () => {
  fc.assert(
    fc.property(
      fc.constantFrom(...policies),
      fc.array(fc.constantFrom<AttemptResult>(...attemptResults), { minLength: 8, maxLength: 8 }),
      fc.double({ min: 0, max: 1, noNaN: true }),
      (policy, results, ringShare) => {
        const { dialled, routing } = play(policy, results, ringShare)
        expect(new Set(dialled.map(({ agentId }) => agentId)).size).toBe(dialled.length)
        for (const id of ['group-1', 'group-2']) {
          const own = dialled.filter(({ groupId }) => groupId === id)
          expect(own.length).toBeLessThanOrEqual(policy.maxAttempts)
          const spentMs = (own.at(-1)?.endedAtMs ?? 0) - (own[0]?.startedAtMs ?? 0)
          if (policy.maxMs !== undefined) expect(spentMs).toBeLessThanOrEqual(policy.maxMs)
        }
        // Eight results are more than anybody gets: the call has come to its end.
        expect(routing.agent).toBeUndefined()
      },
    ),
    { numRuns: 500 },
  )
})

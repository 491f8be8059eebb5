import type { Call } from '../../domain/calls/call.ts'
import { isTerminal } from '../../../shared/vocabulary.ts'
import { chooseTrunk, type TrunkChoice } from '../../domain/routing/choose-trunk.ts'
import type { GroupState, Selection, SelectionRequest, TrunkRequest } from '../../ports/runtime-state.ts'
import type { Log, NewId } from '../../ports/system.ts'
import type { AnswerSeal } from './answer-seal.ts'
import { createSharedCircuits } from './circuits.ts'
import * as keys from './keys.ts'
import * as scripts from './lua/scripts.ts'
import { freeOrphanedSlots } from './orphaned-slots.ts'
import { script, type RedisClient } from './redis-client.ts'
import { listOf, selectionArgs, toSelection, unlimited } from './selection-wire.ts'

const hourMs = 3_600_000
const liveCallKeptMs = 24 * hourMs
const endedCallKeptMs = hourMs
const answerKeptMs = hourMs
/** A node that died lets go of its calls after this. Nothing under a lock waits for anything but Redis and the store's reader. */
const lockMs = 2000

const select = script(scripts.selectScript)
const selectTrunk = script(scripts.selectTrunkScript)
const acquire = script(scripts.acquireScript)
const save = script(scripts.saveScript)
const adopt = script(scripts.adoptScript)
const overdue = script(scripts.overdueScript)

export interface Answer {
  readonly status: number
  readonly body: string
}
/** What came of the work on a token. */
export interface Saved {
  readonly call?: Call | undefined
  readonly answers: readonly { readonly key: string; readonly answer: Answer }[]
  /** Events of it that were handled. */
  readonly events?: readonly string[]
}
/** Two ways to say none: nobody else works on it and no call is known, or somebody else is at it. */
export type Acquired = { readonly isMine: false } | { readonly isMine: true; readonly call: Call | undefined }

const callWire = (call: Call) => {
  const isLive = !isTerminal(call.state)
  return {
    token: call.token,
    text: JSON.stringify(call),
    revision: call.revision,
    isLive,
    deadlineMs: call.deadlineMs,
    keptMs: isLive ? liveCallKeptMs : endedCallKeptMs,
  }
}

const readHash = (hash: Record<string, string>, kind: string): Map<string, string> =>
  new Map(
    Object.entries(hash).flatMap(([field, value]) =>
      field.startsWith(kind) ? [[field.slice(2), value] as const] : [],
    ),
  )

/** The runtime state that all nodes share, command by command. Each rejects when Redis does not answer in time. */
export const createRemoteState = (client: RedisClient, site: string, seal: AnswerSeal, newId: NewId, log: Log) => {
  const { redis, run, runCalmly, soon, primaries } = client
  const siteKeys = keys.siteKeys(site)
  const prefixOf = keys.tenantPrefix
  const knownTenants = new Set<string>()

  const rememberTenant = async (tenantId: string): Promise<void> => {
    if (knownTenants.has(tenantId)) return
    await soon((asked) => asked.sadd(siteKeys.tenants, tenantId))
    knownTenants.add(tenantId)
  }

  const answersWire = (tenantId: string, answers: Saved['answers']) =>
    answers.map(({ key, answer }) => {
      const place = keys.answerKey(key)
      return { key: place, text: seal.seal(tenantId, place, JSON.stringify(answer)), keptMs: answerKeptMs }
    })

  /** Keys of one tenant, which lie in one slot. */
  const deleteMatching = async (pattern: string, isMeant = (_name: string): boolean => true): Promise<void> => {
    for (const primary of primaries())
      for await (const names of primary.redis.scanStream({ match: pattern, count: 500 })) {
        const meant = (names as string[]).filter(isMeant)
        if (meant.length > 0) await redis.unlink(...meant)
      }
  }

  const adoptBy = async (
    runBy: RedisClient['run'],
    call: Call,
    answers: Saved['answers'],
    nowMs: number,
  ): Promise<void> => {
    await rememberTenant(call.tenantId)
    const slots = call.attempts.map(({ n, agentId, provider, trunkId, endedAtMs, leaseUntilMs }) => ({
      leaseKey: `${call.token}\n${n}`,
      names: [
        ...(agentId === undefined ? [] : [keys.leasesKey('agent', agentId)]),
        ...(provider === undefined ? [] : [keys.leasesKey('provider', provider)]),
        ...(trunkId === undefined ? [] : [keys.leasesKey('trunk', trunkId)]),
      ],
      untilMs: endedAtMs === undefined && !isTerminal(call.state) ? leaseUntilMs : 0,
    }))
    const wire = { call: callWire(call), slots, answers: answersWire(call.tenantId, answers) }
    await runBy(adopt, prefixOf(call.tenantId), [JSON.stringify(wire), nowMs])
  }

  return {
    ...createSharedCircuits(client, newId),

    /** What was known of Redis is not known any more. */
    beginAnew: () => knownTenants.clear(),

    async select(request: SelectionRequest): Promise<Selection> {
      const reply = await run(select, prefixOf(request.tenantId), selectionArgs(newId(), request))
      return toSelection(request, reply as (string | number)[])
    },

    async selectTrunk({ tenantId, trunks, leaseKey, leaseMs, nowMs, dryRun }: TrunkRequest): Promise<TrunkChoice> {
      const wire = {
        trunks: trunks.map(({ id, capacity = unlimited }) => [id, capacity]),
        leaseKey,
        leaseUntilMs: nowMs + leaseMs,
        nowMs,
        dryRun,
      }
      const text = (await run(selectTrunk, prefixOf(tenantId), [newId(), JSON.stringify(wire)])) as string
      const active = new Map(listOf(JSON.parse(text) as number[]).map((calls, i) => [trunks[i]?.id, calls]))
      return chooseTrunk(trunks, (id) => active.get(id) ?? 0)
    },

    async release(
      kinds: Readonly<Partial<Record<'agent' | 'provider' | 'trunk', string>>>,
      tenantId: string,
      leaseKey: string,
    ) {
      const names = Object.entries(kinds).map(([kind, id]) =>
        keys.leasesKey(kind as 'agent' | 'provider' | 'trunk', id),
      )
      const removed = await soon((asked) =>
        Promise.all(names.map((name) => asked.zrem(prefixOf(tenantId) + name, leaseKey))),
      )
      return (removed[0] ?? 0) > 0
    },

    async activeCalls(tenantId: string, agentIds: readonly string[], nowMs: number): Promise<Map<string, number>> {
      const counts = await Promise.all(
        agentIds.map((id) => redis.zcount(prefixOf(tenantId) + keys.leasesKey('agent', id), `(${nowMs}`, '+inf')),
      )
      return new Map(agentIds.map((id, i) => [id, counts[i] ?? 0]))
    },

    async groupState(tenantId: string, groupId: string, windowMs: number, nowMs: number): Promise<GroupState> {
      const read = (name: string) => redis.hgetall(prefixOf(tenantId) + name)
      const [windowed, buckets, rotation] = await Promise.all([
        read(keys.windowTally(groupId).tallyKey),
        read(keys.windowTally(groupId).windowKey),
        read(keys.rotationTally(groupId).tallyKey),
      ])
      const numbers = (hash: Record<string, string>, kind: string) =>
        new Map([...readHash(hash, kind)].map(([id, value]) => [id, Number(value)]))
      const lastUse = (hash: Record<string, string>) => Math.max(-Infinity, ...numbers(hash, 'u:').values())
      const isWindowed = lastUse(windowed) > lastUse(rotation)
      const hash = isWindowed ? windowed : rotation
      const firstChoices = new Map([...readHash(hash, 'o:').keys()].map((id) => [id, 0]))
      if (isWindowed) {
        for (const [field, count] of Object.entries(buckets)) {
          const colon = field.indexOf(':')
          const id = field.slice(colon + 1)
          if (Number(field.slice(0, colon)) >= nowMs - windowMs)
            firstChoices.set(id, (firstChoices.get(id) ?? 0) + Number(count))
        }
      } else for (const [id, count] of numbers(hash, 'c:')) firstChoices.set(id, count)
      return { firstChoices, lastUsedAtMs: numbers(hash, 'u:') }
    },

    /** Tries to be the only one who works on a token. `owner` names who asks; asking again is harmless. */
    async acquire(tenantId: string, token: string, owner: string): Promise<Acquired> {
      const args = [keys.lockKey(token), owner, lockMs, token]
      const [isMine, call] = (await run(acquire, prefixOf(tenantId), args)) as [number, string | null | undefined]
      if (isMine !== 1) return { isMine: false }
      return { isMine: true, call: call ? (JSON.parse(call) as Call) : undefined }
    },

    /** Keeps what came of the work and, where an owner is named, lets go of the token, in one step. */
    async save(
      tenantId: string,
      token: string,
      owner: string | undefined,
      { call, answers, events = [] }: Saved,
    ): Promise<void> {
      if (call) await rememberTenant(tenantId)
      const wire = {
        call: call && callWire(call),
        answers: answersWire(tenantId, answers),
        events,
        eventsKeptMs: liveCallKeptMs,
      }
      await run(save, prefixOf(tenantId), [keys.lockKey(token), owner ?? '', JSON.stringify(wire), token])
    },

    /** Takes over a call that went on without Redis: its newest state, the slots it holds and those it gave back. */
    adopt: (call: Call, answers: Saved['answers'], nowMs: number): Promise<void> =>
      adoptBy(runCalmly, call, answers, nowMs),
    /** The same, where a call waits for it. */
    adoptSoon: (call: Call, answers: Saved['answers'], nowMs: number): Promise<void> =>
      adoptBy(run, call, answers, nowMs),

    async loadCall(tenantId: string, token: string): Promise<Call | undefined> {
      const text = await soon((asked) => asked.hget(prefixOf(tenantId) + keys.sessionKey(token), 'call'))
      return text === null ? undefined : (JSON.parse(text) as Call)
    },

    async overdueCalls(nowMs: number): Promise<Call[]> {
      const found: Call[] = []
      for (const tenantId of await redis.smembers(siteKeys.tenants)) {
        const texts = (await runCalmly(overdue, prefixOf(tenantId), [nowMs])) as string[]
        found.push(...texts.map((text) => JSON.parse(text) as Call))
      }
      return found
    },

    async liveCallCount(): Promise<number> {
      const tenants = await redis.smembers(siteKeys.tenants)
      const counts = await Promise.all(tenants.map((tenantId) => redis.zcard(`${prefixOf(tenantId)}calls:live`)))
      return counts.reduce((sum, count) => sum + count, 0)
    },

    async isNoted(tenantId: string, token: string, eventKey: string): Promise<boolean> {
      return (await soon((asked) => asked.hexists(prefixOf(tenantId) + keys.eventsKey(token), eventKey))) === 1
    },

    async loadAnswer(tenantId: string, key: string): Promise<Answer | undefined> {
      const place = keys.answerKey(key)
      const sealed = await soon((asked) => asked.get(prefixOf(tenantId) + place))
      const text = sealed === null ? undefined : seal.open(tenantId, place, sealed)
      return text === undefined ? undefined : (JSON.parse(text) as Answer)
    },

    async forgetCalls(tenantId: string, tokens: readonly string[]): Promise<void> {
      for (const token of tokens)
        await redis.unlink(prefixOf(tenantId) + keys.sessionKey(token), prefixOf(tenantId) + keys.eventsKey(token))
    },
    async forgetCallers(tenantId: string, isMeant: (caller: string) => boolean): Promise<void> {
      await deleteMatching(`${prefixOf(tenantId)}${keys.stickyKey('*')}*`, (name) => isMeant(keys.callerOf(name)))
    },
    async forgetAnswers(tenantId: string): Promise<void> {
      await deleteMatching(prefixOf(tenantId) + keys.answerKey('*'))
    },
    /** Who had which agent last is forgotten by itself. */
    async forgetGroup(tenantId: string, groupId: string): Promise<void> {
      for (const { tallyKey, windowKey } of [keys.windowTally(groupId), keys.rotationTally(groupId)])
        await redis.unlink(prefixOf(tenantId) + tallyKey, prefixOf(tenantId) + windowKey)
    },
    async forgetTenant(tenantId: string): Promise<void> {
      await deleteMatching(`${prefixOf(tenantId)}*`)
      await redis.srem(siteKeys.tenants, tenantId)
      knownTenants.delete(tenantId)
    },

    freeOrphans: async (): Promise<number> => freeOrphanedSlots(client, await redis.smembers(siteKeys.tenants), log),
  }
}
export type RemoteState = ReturnType<typeof createRemoteState>

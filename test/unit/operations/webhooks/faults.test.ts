import { beforeEach, describe, expect, it, vi } from 'vitest'
import { createEmbeddedRuntimeState } from '../../../../server/adapters/memory/embedded-runtime-state.ts'
import { createEventBus } from '../../../../server/adapters/memory/event-bus.ts'
import { systemCrypto } from '../../../../server/adapters/system/crypto.ts'
import { newId } from '../../../../server/adapters/system/ids.ts'
import type { Target } from '../../../../server/domain/routing/target.ts'
import { createAgentResults } from '../../../../server/operations/agent-results.ts'
import { countDuplicates } from '../../../../server/operations/idempotency.ts'
import { createHealth } from '../../../../server/operations/health.ts'
import type { WebhookDeps } from '../../../../server/operations/webhooks/context.ts'
import { createWebhookHandler } from '../../../../server/operations/webhooks/handle-webhook.ts'
import type { UnitOfWork } from '../../../../server/ports/call-store.ts'
import type { StoredTenant } from '../../../../server/ports/configuration.ts'
import type { WebhookRequest } from '../../../../server/ports/webhooks.ts'
import { aGroup, aMember, aProvider, aRoutingConfig, aTrunk, aVoiceAgent } from '../../../support/builders.ts'
import { checkCxml } from '../../../support/cxml-check.ts'
import { fakeClock } from '../../../support/fake-clock.ts'
import { recordingJournal } from '../../../support/recording-journal.ts'

const routing = aRoutingConfig({
  agents: [
    aVoiceAgent(),
    aVoiceAgent({ id: 'agent-off', enabled: false }),
    aVoiceAgent({ id: 'agent-stream', provider: 'stream', value: 'wss://bot.example/x' }),
    aVoiceAgent({ id: 'agent-odd', provider: 'gone' }),
  ],
  groups: [
    aGroup({ members: [aMember({ agentId: 'agent-off' }), aMember({ agentId: 'agent-odd' }), aMember()] }),
    aGroup({ id: 'group-empty', members: [] }),
  ],
  providers: [aProvider(), aProvider({ key: 'stream', dialAs: 'stream', valueKind: 'wssUrl' })],
})

const tenantWith = (emergencyTarget: Target | undefined): StoredTenant => ({
  id: 'tenant-1',
  version: 1,
  createdAtMs: 0,
  updatedAtMs: 0,
  name: 'Acme',
  domain: 'acme.example',
  domainAliases: [],
  timeZone: 'UTC',
  defaultCountry: 'US',
  settings: emergencyTarget ? { emergencyTarget } : {},
  tenantKey: 'the-key',
  previousKeys: [],
  signingKeys: [{ id: 'k1', secret: 'c2VjcmV0' }],
  configVersion: 1,
  rulesVersion: 1,
})

const request = (kind: WebhookRequest['kind'] = 'voice_request'): WebhookRequest => ({
  kind,
  tenantKey: 'the-key',
  headers: {},
  fields: { CallSid: 'token-1', From: '+12025550123', To: '+12025550100' },
  query: {},
  payload: '{}',
  receivedAtMicros: 0,
})

let units: UnitOfWork[]
const logged = { info: vi.fn(), warn: vi.fn(), error: vi.fn() }
beforeEach(() => {
  units = []
  vi.clearAllMocks()
})

/** The handling of webhooks with a part that fails. */
const handlerWith = async (
  emergencyTarget: Target | undefined,
  broken: (deps: WebhookDeps) => Partial<WebhookDeps>,
) => {
  const clock = fakeClock()
  const events = createEventBus()
  const inForce = { tenant: tenantWith(emergencyTarget), routing, ruleName: () => undefined }
  const deps: WebhookDeps = {
    directory: {
      byKey: (key) => (key === 'the-key' ? { inForce, validUntilMs: undefined } : undefined),
      byId: () => inForce,
      all: () => [inForce],
      loadAll: () => Promise.resolve(),
      reload: () => Promise.resolve(),
      reloadProviders: () => Promise.resolve(),
    },
    runtime: await createEmbeddedRuntimeState(recordingJournal(), []),
    calls: {
      find: () => Promise.resolve(undefined),
      findAnswer: () => Promise.resolve(undefined),
    } as unknown as WebhookDeps['calls'],
    callLog: {
      append: (unit) => {
        units.push(unit)
        return Promise.resolve()
      },
      backlog: () => 0,
    },
    events,
    health: createHealth(clock, events),
    results: createAgentResults(),
    duplicates: countDuplicates(clock),
    dialect: { note: () => undefined },
    refusals: { note: () => undefined },
    clock,
    crypto: systemCrypto,
    chance: () => 0.5,
    newId,
    log: logged,
    publicUrl: undefined,
  }
  const whole = { ...deps, ...broken(deps) }
  return { handle: createWebhookHandler(whole), deps: whole }
}
const failingSelect = ({ runtime }: WebhookDeps): Partial<WebhookDeps> => ({
  runtime: { ...runtime, select: () => Promise.reject(new Error('the state is gone')) },
})

describe('when handling fails, the caller gets the emergency target, taken without the state that failed', () => {
  it.each<[string, Target | undefined, RegExp]>([
    ['none', undefined, /<Reject reason="failed"\/>/],
    ['a message', { type: 'message', value: 'One moment.' }, /<Say language="en-US">One moment\.<\/Say><Hangup\/>/],
    [
      'an agent',
      { type: 'agent', id: 'agent-a' },
      /<Dial timeout="25" timeLimit="14400"><Service provider="vapi">\+12025550171<\/Service><\/Dial><Hangup\/>/,
    ],
    [
      'a stream agent',
      { type: 'agent', id: 'agent-stream' },
      /<Connect><Stream url="wss:\/\/bot\.example\/x">.*<\/Connect><Hangup\/>/,
    ],
    ['an agent that is disabled', { type: 'agent', id: 'agent-off' }, /<Reject reason="failed"\/>/],
    ['an agent whose provider is gone', { type: 'agent', id: 'agent-odd' }, /<Reject reason="failed"\/>/],
    ['the first usable member of a group', { type: 'group', id: 'group-1' }, /<Dial timeout="20" .*\+12025550171/],
    ['a group without members', { type: 'group', id: 'group-empty' }, /<Reject reason="failed"\/>/],
    ['a group that was deleted', { type: 'group', id: 'gone' }, /<Reject reason="failed"\/>/],
    ['a number', { type: 'number', value: '+12025550900' }, /<Number>\+12025550900<\/Number><\/Dial><Hangup\/>/],
    ['a number nobody could dial', { type: 'number', value: 'not a number' }, /<Reject reason="failed"\/>/],
  ])('%s', async (_name, target, expected) => {
    const { handle, deps } = await handlerWith(target, failingSelect)
    const { status, body } = await handle(request())
    expect(status).toBe(200)
    expect(body).toMatch(expected)
    expect(checkCxml(body)).toEqual([])
    expect(body).not.toContain('action=')
    expect(deps.health.read(0, 0).counters.faults).toBeGreaterThan(0)
    expect(units).toMatchObject([{ webhookEvent: { outcome: 'fault', token: 'token-1', status: 200 } }])
    expect(logged.error).toHaveBeenCalled()
  })

  it.each([
    [{}, '<Dial trunks="carrier" timeout="25" timeLimit="14400"><Number>+12025550900</Number></Dial><Hangup/>'],
    [{ enabled: false }, '<Reject reason="failed"/>'],
  ])('a number, through the default trunk that is %j', async (over, expected) => {
    const target = { type: 'number', value: '+12025550900' } as const
    const { handle } = await handlerWith(target, (own) => {
      const [first] = own.directory.all()
      const trunk = aTrunk({ name: 'carrier', isDefault: true, ...over })
      const inForce = { ...first!, routing: { ...routing, trunks: new Map([[trunk.id, trunk]]) } }
      return {
        ...failingSelect(own),
        directory: { ...own.directory, byKey: () => ({ inForce, validUntilMs: undefined }) },
      }
    })
    expect((await handle(request())).body).toContain(expected)
  })

  it('and on the JSON paths the platform is asked to send it again', async () => {
    const { handle } = await handlerWith(undefined, ({ runtime }) => ({
      runtime: { ...runtime, loadCall: () => Promise.reject(new Error('the state is gone')) },
    }))
    expect(await handle(request('cdr'))).toMatchObject({
      status: 503,
      body: expect.stringContaining('UNAVAILABLE') as unknown,
    })
  })
})

describe('a signed dial result, when the calls cannot be looked up', () => {
  const twoAgents = (own: WebhookDeps): Partial<WebhookDeps> => {
    const [first] = own.directory.all()
    const agents = [aVoiceAgent(), aVoiceAgent({ id: 'agent-b', value: '+12025550172' })]
    const members = [aMember(), aMember({ agentId: 'agent-b', position: 2 })]
    const defaultTarget = { type: 'group', id: 'group-1' } as const
    const inForce = {
      ...first!,
      tenant: tenantWith({ type: 'number', value: '+12025550900' }),
      routing: aRoutingConfig({ agents, groups: [aGroup({ members })], providers: [aProvider()], defaultTarget }),
    }
    return { directory: { ...own.directory, byKey: () => ({ inForce, validUntilMs: undefined }), byId: () => inForce } }
  }
  const unreadable = ({ calls }: WebhookDeps): Partial<WebhookDeps> => ({
    calls: { ...calls, find: () => Promise.reject(new Error('SQLITE_BUSY')) },
  })
  const resultOf = (
    document: string,
    word: string,
    state = /[?]s=([^"&]*)/.exec(document)?.[1] ?? '',
  ): WebhookRequest => ({
    ...request('dial_result'),
    query: { s: decodeURIComponent(state) },
    fields: { CallSid: 'token-1', From: '+12025550123', To: '+12025550100', DialCallStatus: word },
  })
  /** A call that rings at its first agent, on a node that then knows nothing of it. */
  const ringing = async () => (await (await handlerWith(undefined, twoAgents)).handle(request())).body

  it('goes on by its state, is told as a fault, and overwrites nothing that is stored of the call', async () => {
    const first = await ringing()
    expect(first).toContain('+12025550171')
    units = []
    const { handle, deps } = await handlerWith(undefined, (own) => ({ ...twoAgents(own), ...unreadable(own) }))
    const second = (await handle(resultOf(first, 'busy'))).body
    expect(second).toContain('+12025550172')
    expect(second).toContain('action=')
    expect(checkCxml(second)).toEqual([])
    expect(deps.health.read(0, 0).counters.faults).toBe(1)
    expect(logged.error).toHaveBeenCalledOnce()
    expect(units).toMatchObject([{ call: undefined, webhookEvent: { outcome: 'applied' }, answer: { status: 200 } }])
    expect(units[0]?.webhookEvent?.reason).toContain('could not be looked up')
    expect(units[0]?.decision?.explanation.notes?.[0]).toContain('could not be looked up')
    expect(await deps.runtime.loadCall('tenant-1', 'token-1')).toBeUndefined()
    const active = () => deps.runtime.activeCalls('tenant-1', ['agent-a', 'agent-b'], deps.clock.steadyMs())
    expect(Object.fromEntries(await active())).toMatchObject({ 'agent-b': 1 })
    expect((await handle(resultOf(first, 'busy'))).body).toBe(second)
    // The next one gives the slot back, by what its state says.
    expect((await handle(resultOf(second, 'answered'))).body).toContain('<Response><Hangup/></Response>')
    expect(Object.fromEntries(await active())).toMatchObject({ 'agent-b': 0 })
  })

  it('is rejected like any other fault when its state does not verify', async () => {
    const first = await ringing()
    const { handle } = await handlerWith(undefined, (own) => ({ ...twoAgents(own), ...unreadable(own) }))
    expect((await handle(resultOf(first, 'answered', 'forged'))).body).toContain('+12025550900')
  })

  it.each([
    ['answered', /<Response><Hangup\/><\/Response>/],
    ['busy', /\+12025550900/],
  ])(
    'and nothing else works either: after %s the emergency target is only for who still waits',
    async (word, answer) => {
      const first = await ringing()
      const { handle, deps } = await handlerWith(undefined, (own) => ({
        ...twoAgents(own),
        runtime: { ...own.runtime, loadAnswer: () => Promise.reject(new Error('the state is gone')) },
      }))
      const { status, body } = await handle(resultOf(first, word))
      expect(status).toBe(200)
      expect(body).toMatch(answer)
      expect(deps.health.read(0, 0).counters.faults).toBe(1)
    },
  )

  it('and what fails is the reading of states itself: the emergency target still answers', async () => {
    const first = await ringing()
    const { handle } = await handlerWith(undefined, (own) => ({
      ...twoAgents(own),
      crypto: {
        ...own.crypto,
        sign: () => {
          throw new Error('no signing today')
        },
      },
    }))
    expect((await handle(resultOf(first, 'answered'))).body).toContain('+12025550900')
  })
})

describe('a fault after a slot was taken', () => {
  it('gives the slot back', async () => {
    const { handle, deps } = await handlerWith(undefined, ({ runtime }) => ({
      runtime: { ...runtime, saveCall: () => Promise.reject(new Error('full')) },
    }))
    await handle(request())
    const active = await deps.runtime.activeCalls('tenant-1', ['agent-a'], deps.clock.steadyMs())
    expect(active.get('agent-a')).toBe(0)
  })
})

describe('what only tells of a call', () => {
  it('is no reason to answer otherwise when it fails', async () => {
    const { handle } = await handlerWith(undefined, ({ events }) => ({
      events: {
        ...events,
        publish: () => {
          throw new Error('nobody listens')
        },
      },
    }))
    expect((await handle(request())).body).toContain('<Dial ')
    expect(logged.error).toHaveBeenCalled()
  })
})

describe('a decision that is not written in time', () => {
  it('is answered all the same and counted', async () => {
    const { handle, deps } = await handlerWith(undefined, () => ({
      callLog: { append: () => new Promise<void>(() => undefined), backlog: () => 1 },
    }))
    expect((await handle(request())).body).toContain('<Dial ')
    expect(deps.health.read(0, 0).counters.undurableAnswers).toBe(1)
  })

  it('and so is one that cannot be written; then a part is degraded until it works again', async () => {
    let isBroken = true
    const { handle, deps } = await handlerWith(undefined, ({ callLog }) => ({
      callLog: {
        ...callLog,
        append: (unit, durability) =>
          isBroken ? Promise.reject(new Error('disk full')) : callLog.append(unit, durability),
      },
    }))
    expect((await handle(request())).body).toContain('<Dial ')
    expect(deps.health.read(0, 0)).toMatchObject({
      status: 'degraded',
      problems: [{ part: 'store', message: expect.stringContaining('disk full') as unknown }],
    })
    isBroken = false
    await handle({ ...request(), fields: { CallSid: 'token-2', To: '+12025550100' } })
    expect(deps.health.read(0, 0).status).toBe('ok')
  })
})

describe('an event that could not be stored and comes again', () => {
  const cdr = { ...request('cdr'), fields: { session: { token: 'token-1' }, disposition: 'CANCEL' } }
  const update = (eventId: string, status: string): WebhookRequest => ({
    ...request('session_update'),
    fields: { token: 'token-1', eventId, status },
  })

  const isOver: unknown = expect.any(Number)
  const goesOn: unknown = expect.not.objectContaining({ endedAtMs: isOver })

  it.each<[string, WebhookRequest, string, unknown, string]>([
    ['a CDR', cdr, 'no_answer', { endedAtMs: isOver }, 'duplicate'],
    ['the end of a session', update('1', 'busy'), 'busy', { endedAtMs: isOver }, 'ignored'],
    ['an answer', update('1', 'answer'), 'connected', goesOn, 'duplicate'],
  ])('brings its call along, so that its 200 is true: %s', async (_name, event, state, attempt, outcome) => {
    let isBroken = true
    const { handle, deps } = await handlerWith(undefined, ({ callLog }) => ({
      callLog: {
        ...callLog,
        append: (unit, durability) =>
          isBroken ? Promise.reject(new Error('disk full')) : callLog.append(unit, durability),
      },
    }))
    await handle(request())
    expect((await handle(event)).status).toBe(503)
    isBroken = false
    expect((await handle(event)).status).toBe(200)
    const call = await deps.runtime.loadCall('tenant-1', 'token-1')
    expect(units).toMatchObject([{ call: { state, revision: 2 }, attempts: [attempt], webhookEvent: { outcome } }])
    expect(units[0]?.call).toBe(call)
  })

  it('brings the whole call along when it is one CDR too many', async () => {
    const { handle } = await handlerWith(undefined, () => ({}))
    await handle(request())
    for (const disposition of ['CANCEL', 'BUSY', 'FAILED'])
      await handle({ ...cdr, fields: { session: { token: 'token-1' }, disposition } })
    expect(units.at(-1)).toMatchObject({
      call: { state: 'busy', revision: 4 },
      attempts: [{ n: 1 }],
      webhookEvent: { outcome: 'ignored' },
    })
  })
})

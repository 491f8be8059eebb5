import { describe, expect, it } from 'vitest'
import { anOutboundRule, aPattern, aRoutingConfig, aTrunk, aTrunkWay } from '../../../support/builders.ts'
import { aWebhookHandler } from '../../../support/webhook-handler.ts'

const callee = '+12025550145'
const routing = aRoutingConfig({
  trunks: [aTrunk(), aTrunk({ id: 'trunk-b' })],
  outboundRules: [anOutboundRule({ target: aTrunkWay({ trunkIds: ['trunk-a', 'trunk-b'] }) })],
  outboundAllow: [aPattern('+1*')],
  numbers: new Map([['+12025550171', { kind: 'agent', mayDialOut: true }]]),
})
const body = (caller: string) => ({ From: caller, To: callee })

describe('an outbound call of which nothing but its signed state is left', () => {
  it.each([
    ['a device that was authenticated', '1001', { Direction: 'subscriber' }],
    ['a number that may dial out', '+12025550171', {}],
  ])('goes on through the next trunk for %s', async (_, caller, more) => {
    const first = await (await aWebhookHandler(routing)).ask('token-1', callee, { ...body(caller), ...more })
    expect(first).toContain('trunks="trunk-a"')
    const elsewhere = await aWebhookHandler(routing)
    expect(await elsewhere.report('token-1', first, 'failed', body(caller))).toContain('trunks="trunk-b"')
  })

  it('goes no further where the lists or mayDialOut of its number have changed', async () => {
    const changed: [string, object, Partial<typeof routing>][] = [
      ['1001', { Direction: 'subscriber' }, { outboundDeny: [aPattern(callee)] }],
      ['+12025550171', {}, { numbers: new Map([['+12025550171', { kind: 'agent', mayDialOut: false }]]) }],
    ]
    for (const [caller, more, change] of changed) {
      const first = await (await aWebhookHandler(routing)).ask('token-1', callee, { ...body(caller), ...more })
      const elsewhere = await aWebhookHandler({ ...routing, ...change })
      expect(await elsewhere.report('token-1', first, 'failed', body(caller))).toContain('<Hangup/>')
    }
  })
})

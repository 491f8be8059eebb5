import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, expect, it } from 'vitest'
import { startDemo } from '../../../server/entry/demo.ts'
import { startServer, type Actor, type Server } from '../../../server/index.ts'
import type { Output } from '../../../shared/contract/index.ts'

const actor: Actor = { kind: 'local', name: 'Demo', role: 'owner' }
let server: Server | undefined
let dataDir: string | undefined
afterEach(async () => {
  await server?.close()
  server = undefined
  if (dataDir !== undefined) await rm(dataDir, { recursive: true })
})

it('sets up one tenant however often it starts, and lets it be called', async () => {
  dataDir = await mkdtemp(join(tmpdir(), 'demo-'))
  const { dispatch, events, log, urls } = (server = await startServer({
    version: '0.0.0',
    dataDir,
    host: '127.0.0.1',
    port: 0,
    adminHost: '127.0.0.1',
    adminPort: 0,
    logLevel: 'error',
  }))
  const ask = async <T>(name: string, input: object): Promise<T> => {
    const reply = await dispatch(actor, name, input)
    if (!reply.ok) throw new Error(reply.error.message)
    return reply.value as T
  }
  const seen = new Set<string>()
  events.subscribe(({ name }) => seen.add(name))

  for (let start = 1; start <= 2; start += 1) {
    const demo = await startDemo({ dispatch, actor, webhooksUrl: urls.webhooks, log })
    await expect.poll(() => seen.has('call.created'), { timeout: 5000 }).toBe(true)
    await demo.stop()
    const tenants = await ask<Output<'tenants.list'>>('tenants.list', {})
    expect(tenants.items.map(({ domain }) => domain)).toEqual(['demo.cloudonix.net'])
    const scope = { tenantId: tenants.items[0]!.id }
    expect(tenants.items[0]?.defaultTarget).toMatchObject({ type: 'group' })
    expect((await ask<Output<'voiceAgents.list'>>('voiceAgents.list', scope)).items).toHaveLength(6)
    const groups = await ask<Output<'agentGroups.list'>>('agentGroups.list', scope)
    expect(groups.items.map(({ strategy }) => strategy).toSorted()).toEqual([
      'load_balanced',
      'priority',
      'round_robin',
    ])
    expect((await ask<Output<'inboundRules.list'>>('inboundRules.list', scope)).items).toHaveLength(4)
  }
})

import { describe, expect, it } from 'vitest'
import { createTenantDirectory } from '../../../server/operations/tenant-directory.ts'
import type { ConfigurationStore, StoredAgent, StoredRule, StoredTenant } from '../../../server/ports/configuration.ts'

/** A configuration in plain lists; `between` runs before each list of groups is read. */
const aStore = () => {
  let configVersion = 1
  let rulesVersion = 1
  let isFailing = false
  const agents: Partial<StoredAgent>[] = []
  const rules: Partial<StoredRule>[] = []
  const asked = { rules: 0 }
  const between: (() => void)[] = []
  const tenant = () => ({
    id: 't1',
    tenantKey: 'key',
    previousKeys: [],
    settings: {},
    defaultCountry: 'US',
    configVersion,
    rulesVersion,
  })
  const page = <T>(items: readonly T[]) => Promise.resolve({ items: [...items] })
  const store = {
    tenants: { get: () => Promise.resolve(tenant() as unknown as StoredTenant), list: () => page([tenant()]) },
    providers: { list: () => page([]) },
    voiceAgents: { list: () => page(agents) },
    agentGroups: {
      list: () => {
        between.shift()?.()
        return page([])
      },
    },
    schedules: { list: () => page([]) },
    outboundRules: { list: () => page([]) },
    trunks: { list: () => page([]) },
    numbers: { list: () => page([]) },
    rulesAfter: () => {
      asked.rules += 1
      return isFailing
        ? Promise.reject(new Error('the disk is away'))
        : Promise.resolve({ rules: [...rules], lastRowId: 1 })
    },
  } as unknown as ConfigurationStore
  const log = { info: () => undefined, warn: () => undefined, error: () => undefined }
  return {
    directory: createTenantDirectory(store, log),
    asked,
    between,
    addAgent: (id: string) => {
      agents.push({ id, value: '+12025550171' })
      configVersion += 1
    },
    addRule: (id: string) => {
      rules.push({ id, name: id, pattern: '*', priority: 1, enabled: true, target: { type: 'hangup' } })
      configVersion += 1
      rulesVersion += 1
    },
    fail: (is: boolean) => (isFailing = is),
  }
}

const inForce = ({ directory }: ReturnType<typeof aStore>) => {
  const found = directory.byId('t1')
  return {
    version: found?.routing.configVersion,
    agents: [...(found?.routing.agents.keys() ?? [])],
    rule: found?.ruleName('r1'),
  }
}

describe('what is in force', () => {
  it('is of one moment, also when it is changed while it is read', async () => {
    const site = aStore()
    site.between.push(
      () => site.addAgent('a1'),
      () => site.addRule('r1'),
    )
    await site.directory.loadAll()
    expect(inForce(site)).toEqual({ version: 3, agents: ['a1'], rule: 'r1' })
  })

  it('is read a few times at most', async () => {
    const site = aStore()
    for (let n = 0; n < 100; n += 1) site.between.push(() => site.addAgent(`a${n}`))
    await site.directory.reload('t1')
    expect(site.between.length).toBeGreaterThan(90)
    expect(inForce(site).agents.length).toBeGreaterThan(0)
  })

  it('keeps its compiled rules when something else changed', async () => {
    const site = aStore()
    site.addRule('r1')
    await site.directory.loadAll()
    const table = site.directory.byId('t1')?.routing.rules
    site.addAgent('a1')
    await site.directory.reload('t1')
    expect(site.asked.rules).toBe(1)
    expect(inForce(site)).toEqual({ version: 3, agents: ['a1'], rule: 'r1' })
    expect(site.directory.byId('t1')?.routing.rules).toBe(table)
    site.addRule('r2')
    await site.directory.reload('t1')
    expect(site.asked.rules).toBe(2)
  })

  it('has new rules also when somebody else changed them before something else was changed here', async () => {
    const site = aStore()
    await site.directory.loadAll()
    site.addRule('r1')
    site.addAgent('a1')
    await site.directory.reload('t1')
    expect(inForce(site)).toEqual({ version: 3, agents: ['a1'], rule: 'r1' })
  })

  it('is read once for all who wait together', async () => {
    const site = aStore()
    await site.directory.loadAll()
    site.addRule('r1')
    await Promise.all([site.directory.reload('t1'), site.directory.reload('t1'), site.directory.reload('t1')])
    expect(inForce(site).rule).toBe('r1')
    expect(site.asked.rules).toBe(2)
  })

  it('compiles rules that could not be read at the next occasion', async () => {
    const site = aStore()
    await site.directory.loadAll()
    site.addRule('r1')
    site.fail(true)
    await expect(site.directory.reload('t1')).rejects.toThrow('the disk is away')
    site.fail(false)
    await site.directory.reload('t1')
    expect(inForce(site).rule).toBe('r1')
  })
})

import { createServer } from 'node:http'
import { writeFile } from 'node:fs/promises'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { findTenant, invoke } from '../../../server/entry/cli/api-client.ts'
import { runCommand } from '../../support/command.ts'
import { createSite, newToken, numberOf, voiceRequest, type Site } from '../../support/site.ts'
import { ownerToken, startTestServer, type TestServer } from '../../support/test-server.ts'

let test: TestServer
let site: Site
beforeAll(async () => {
  test = await startTestServer()
  site = await createSite(test)
})
afterAll(() => test.close())

const run = (...args: string[]) =>
  runCommand(['route', ...args, '--api', test.server.urls.admin], { ...process.env, SWITCHYARD_TOKEN: ownerToken })

describe('switchyard route', () => {
  it('test tells the way of a call', async () => {
    const { code, stdout } = await run('test', '--to', '(202) 555-0101', '--from', '2025550123')
    expect(stdout).toContain('(202) 555-0101 is read as +12025550101')
    expect(stdout).toContain('→ rule Rule priority (+12025550101, priority 100): chosen')
    expect(stdout).toContain('Agent 1 chosen (priority)')
    expect(stdout).toContain('<Service')
    expect(code).toBe(0)
    const json = await run('test', '--to', '+4930', '--direction', 'outbound', '--json')
    expect(JSON.parse(json.stdout)).toMatchObject({ explanation: { direction: 'outbound' } })
  })

  it('test answers a file of numbers with a table, and names bad rows', async () => {
    const file = join(test.dataDir, 'numbers.csv')
    await writeFile(file, `from,to\n+1,${numberOf.priority}\n+1,\n`)
    const { code, stdout, stderr } = await run('test', '--csv', file, '--tenant', site.tenant.id)
    expect(stdout).toContain('Rule priority')
    expect(stderr).toContain('line 3: The number that is called is missing')
    expect(code).toBe(1)
  })

  it('explain tells what was decided for a call', async () => {
    const token = newToken()
    await test.webhook(`${site.base}/application`, voiceRequest(token, numberOf.priority))
    const { code, stdout } = await run('explain', token)
    expect(stdout).toMatch(/^Call \S+ from \+12025550123 to \+12025550101, inbound/)
    expect(stdout).toContain('Decision 1 of 1')
    expect(stdout).toContain('→ Agent 1: chosen')
    expect(code).toBe(0)
  })

  it.each([
    ['nothing to test', ['test'], '--to, or name a file'],
    ['a file that is not there', ['test', '--csv', '/nowhere.csv'], 'Cannot read /nowhere.csv'],
    ['a call nobody made', ['explain', 'nobody'], 'There is no call nobody'],
  ])('says what is wrong with %s', async (_, args, why) => {
    const { code, stderr } = await run(...args)
    expect(stderr).toContain(why)
    expect(code).toBe(1)
  })
})

describe('asking a server', () => {
  const access = () => ({ url: test.server.urls.admin, token: ownerToken })

  it('finds the only tenant by itself, and wants to know which one of several', async () => {
    expect(await findTenant(access(), 'named')).toBe('named')
    expect(await findTenant(access(), undefined)).toBe(site.tenant.id)
    const other = await test.api<{ id: string }>('POST', '/tenants', { name: 'Other', domain: 'other.example.net' })
    await expect(findTenant(access(), undefined)).rejects.toThrow('say which one with --tenant')
    await test.api('DELETE', `/tenants/${other.body.id}?force=true`)
  })

  it('says so when there is no tenant, nobody answers, or somebody else does', async () => {
    const empty = await startTestServer()
    await expect(findTenant({ ...access(), url: empty.server.urls.admin }, undefined)).rejects.toThrow('no tenant yet')
    const gone = empty.server.urls.admin
    await empty.close()
    await expect(invoke({ ...access(), url: gone }, 'tenants.list', {})).rejects.toThrow('Nobody answers at')
    const other = createServer((_request, response) => response.writeHead(418).end('tea'))
    await new Promise<void>((settle) => other.listen(0, '127.0.0.1', settle))
    const url = `http://127.0.0.1:${(other.address() as AddressInfo).port}`
    await expect(invoke({ ...access(), url }, 'tenants.list', {})).rejects.toThrow('answered 418')
    other.close()
  })
})

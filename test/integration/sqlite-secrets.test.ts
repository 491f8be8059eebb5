import { readdir, readFile, stat } from 'node:fs/promises'
import { join } from 'node:path'
import Database from 'better-sqlite3'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { databaseFile } from '../../server/adapters/sqlite/file/data-directory.ts'
import { anAgent, aTenant } from '../support/store-rows.ts'
import { aSqliteStore } from '../support/sqlite-store.ts'

const secrets = [
  'agent-pass-9f3',
  'bearer-key-51c',
  'XI-platform-key-8e2',
  'tenant-key-77a',
  'older-key-2bd',
  'sign-secret-c0e',
  'answer-body-d41',
]
let site: Awaited<ReturnType<typeof aSqliteStore>>

beforeEach(async () => {
  site = await aSqliteStore()
  const { configuration, callLog } = site.store
  await configuration.tenants.create(
    aTenant({
      id: 'tenant-1',
      webhookApiKey: 'bearer-key-51c',
      cloudonixApiKey: 'XI-platform-key-8e2',
      tenantKey: 'tenant-key-77a',
      previousKeys: [{ key: 'older-key-2bd', validUntilMs: 9 }],
      signingKeys: [{ id: 'k', secret: 'sign-secret-c0e' }],
    }),
  )
  for (const id of ['a', 'b']) await configuration.voiceAgents.create(anAgent({ id, password: 'agent-pass-9f3' }))
  const answer = { key: 'k', atMs: 1, status: 200, body: '<Service password="answer-body-d41">' }
  await callLog.append({ tenantId: 'tenant-1', answer }, 'synced')
})
afterEach(() => site.dispose())

describe('secrets at rest', () => {
  it('are in no file in clear, and the files are for their owner only', async () => {
    const names = await readdir(site.dataDir)
    expect(names).toContain('switchyard.db-wal')
    for (const name of names) {
      const file = join(site.dataDir, name)
      const bytes = await readFile(file, 'latin1')
      expect(secrets.filter((secret) => bytes.includes(secret))).toEqual([])
      expect((await stat(file)).mode & 0o077).toBe(0)
    }
  })

  it('do not open in another row, nor changed', async () => {
    const db = new Database(databaseFile(site.dataDir))
    const { voiceAgents } = site.store.configuration
    db.exec("UPDATE voice_agents SET password = (SELECT password FROM voice_agents WHERE id = 'a') WHERE id = 'b'")
    expect(await voiceAgents.get('tenant-1', 'a')).toMatchObject({ password: 'agent-pass-9f3' })
    await expect(voiceAgents.get('tenant-1', 'b')).rejects.toThrow()
    db.exec("UPDATE voice_agents SET password = x'0102' WHERE id = 'b'")
    await expect(voiceAgents.get('tenant-1', 'b')).rejects.toThrow('voice_agents.password.tenant-1.b')
    db.close()
  })
})

import { describe, expect, it } from 'vitest'
import { buildRequest } from '../../../../renderer/client/http-request.ts'
import { operations } from '../../../../shared/contract/index.ts'

describe('a request built from the contract', () => {
  it('puts path parameters into the path and the rest of a read into the query', () => {
    const request = buildRequest(operations['calls.list'], {
      tenantId: 'a b',
      limit: 10,
      state: ['busy', 'failed'],
      failedOver: true,
    })
    expect(request).toEqual({
      method: 'GET',
      url: '/api/v1/tenants/a%20b/calls?limit=10&state=busy&state=failed&failedOver=true',
      body: undefined,
    })
  })

  it('puts the rest of a change into the body, null included, undefined not', () => {
    const request = buildRequest(operations['voiceAgents.update'], {
      tenantId: 't',
      id: 'a/1',
      version: 3,
      username: null,
      name: undefined,
    })
    expect(request.url).toBe('/api/v1/tenants/t/voice-agents/a%2F1')
    expect(JSON.parse(request.body ?? '')).toEqual({ version: 3, username: null })
  })

  it('sends what belongs to a deletion as query', () => {
    expect(buildRequest(operations['tenants.delete'], { tenantId: 't', force: true }).url).toBe(
      '/api/v1/tenants/t?force=true',
    )
  })
})

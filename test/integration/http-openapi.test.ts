import { execFile } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { promisify } from 'node:util'
import { describe, expect, it } from 'vitest'
import { buildOpenApi } from '../../server/adapters/http/openapi.ts'
import { operations } from '../../shared/contract/index.ts'
import { anAdminApp, bearer, session } from './http-support.ts'

const root = resolve(import.meta.dirname, '../..')

interface Schema {
  readonly $ref?: string
  readonly required?: readonly string[]
  readonly properties?: Readonly<Record<string, Schema>>
}
interface Described {
  readonly operationId: string
  readonly parameters: readonly { readonly in: string; readonly name: string }[]
  readonly requestBody: { readonly content: { readonly 'application/json': { readonly schema: Schema } } }
  readonly responses: Readonly<
    Record<string, { readonly content?: { readonly 'application/json': { readonly schema: Schema } } }>
  >
}
interface OpenApi {
  readonly paths: Readonly<Record<string, Readonly<Record<string, Described>>>>
  readonly components: Readonly<Record<string, Readonly<Record<string, Schema>>>>
}
const document = JSON.parse(JSON.stringify(buildOpenApi({ version: '1.2.3' }))) as OpenApi
const at = (path: string, method: string): Described => document.paths[path]![method]!

describe('the OpenAPI document', () => {
  it('has every operation of the contract, the session and the events', () => {
    const ids = Object.values(document.paths).flatMap((path) =>
      Object.values(path).map(({ operationId }) => operationId),
    )
    const others = ['session.get', 'session.open', 'session.close', 'events.listen']
    expect(ids.sort()).toEqual([...Object.keys(operations), ...others].sort())
  })

  it('splits an input into path, query and body', () => {
    const list = at('/api/v1/tenants/{tenantId}/voice-agents', 'get')
    expect(list.parameters.map(({ in: place, name }) => `${place} ${name}`)).toEqual([
      'path tenantId',
      'query limit',
      'query cursor',
      'query search',
      'query provider',
      'query enabled',
    ])
    const update = at('/api/v1/tenants/{tenantId}/voice-agents/{id}', 'patch')
    const body = update.requestBody.content['application/json'].schema
    expect(body.required).toEqual(['version'])
    expect(Object.keys(body.properties!)).not.toContain('id')
    expect(update.responses['200']!.content!['application/json'].schema).toEqual({
      $ref: '#/components/schemas/VoiceAgent',
    })
    expect(at('/api/v1/tenants/{tenantId}', 'delete').responses['204']!.content).toBeUndefined()
  })

  it('refers to nothing that is not there', () => {
    const references = [...JSON.stringify(document).matchAll(/"#\/components\/(\w+)\/([\w-]+)"/g)]
    expect(references.length).toBeGreaterThan(100)
    for (const [, kind = '', name = ''] of references) expect(document.components[kind]).toHaveProperty(name)
  })

  it('passes a public linter without a complaint', { timeout: 60_000 }, async () => {
    const folder = mkdtempSync(join(tmpdir(), 'switchyard-openapi-'))
    try {
      const file = join(folder, 'openapi.json')
      writeFileSync(file, JSON.stringify(document))
      const linter = join(root, 'node_modules/@redocly/cli/bin/cli.js')
      const options = ['lint', file, '--config', join(root, 'test/redocly.yaml'), '--format', 'json']
      const env = { ...process.env, REDOCLY_TELEMETRY: 'off', REDOCLY_SUPPRESS_UPDATE_NOTICE: 'true' }
      const { stdout } = await promisify(execFile)(process.execPath, [linter, ...options], { env })
      expect(JSON.parse(stdout).totals).toMatchObject({ errors: 0, warnings: 0 })
    } finally {
      rmSync(folder, { recursive: true })
    }
  })
})

describe('what is served of it', () => {
  it('is the document, to whoever is signed in', async () => {
    const { app } = await anAdminApp()
    for (const headers of [bearer(), session()]) {
      const answer = await app.inject({ url: '/openapi.json', headers })
      expect(answer.headers['content-type']).toContain('application/json')
      expect(answer.json()).toEqual(document)
    }
    await app.close()
  })

  it('is a reference to browse, which needs nothing from outside', async () => {
    const { app } = await anAdminApp()
    const page = await app.inject({ url: '/docs/', headers: { ...session(), accept: 'text/html' } })
    expect(page.statusCode).toBe(200)
    expect(page.body).toContain('src="js/scalar.js"')
    expect(page.body).not.toMatch(/(src|href)="(https?:)?\/\//)
    const policy = String(page.headers['content-security-policy'])
    expect(policy).toMatch(/script-src 'self' 'sha256-[^']+'/)
    expect(policy).not.toMatch(/script-src[^;]*unsafe|https?:/)
    const script = await app.inject({ url: '/docs/js/scalar.js', headers: session() })
    expect(script.body.length).toBeGreaterThan(1_000_000)
    const bare = await app.inject({ url: '/docs', headers: session() })
    expect([bare.statusCode, bare.headers.location]).toEqual([301, '/docs/'])
    await app.close()
  })
})

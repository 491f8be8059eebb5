import type { TSchema } from 'typebox'
import type { Operation } from '../../../shared/contract/operation.ts'
import { schemaOf, type Json, type JsonObject } from './openapi-schemas.ts'

const response = (name: string): JsonObject => ({ $ref: `#/components/responses/${name}` })
export const jsonContent = (schema: Json): JsonObject => ({ 'application/json': { schema } })

const isRead = ({ method }: Operation): boolean => method === 'GET'
const hasBody = ({ method }: Operation): boolean => method !== 'GET' && method !== 'DELETE'

const parameterNames = (path: string): string[] => [...path.matchAll(/:([^/]+)/g)].map(([, name = '']) => name)
export const templatePath = (path: string): string => path.replace(/:([^/]+)/g, '{$1}')

/** `/api/v1/tenants/:tenantId/voice-agents/:id` is about voice agents, `/api/v1/tenants/:tenantId` about tenants. */
export const tagOf = (path: string): string =>
  /^\/api\/v1\/tenants\/:tenantId\/([a-z-]+)(?:\/|$)/.exec(path)?.[1]?.replace(/^(endpoints|rotate-key)$/, 'tenants') ??
  /^\/api\/v1\/([a-z-]+)/.exec(path)?.[1] ??
  'other'

const described = (schema: Json): { description?: Json; rest: Json } => {
  if (typeof schema !== 'object' || schema === null || !('description' in schema)) return { rest: schema }
  const { description = '', ...rest } = schema
  return { description, rest }
}

const parameter = (name: string, place: 'path' | 'query', required: boolean, schema: TSchema): JsonObject => {
  const { description, rest } = described(schemaOf(schema))
  return { name, in: place, required, ...(description === undefined ? {} : { description }), schema: rest }
}

const success = ({ output, status, isFile }: Operation): JsonObject => {
  if (output === undefined) return { '204': { description: 'Done; there is nothing to say' } }
  if (isFile) {
    const file = { schema: { type: 'string', format: 'binary' } }
    const content = { 'application/octet-stream': file }
    return {
      '200': { description: 'The file, as an attachment of its own type', content },
      '206': { description: 'The range of it that was asked for', content },
    }
  }
  const description = status === 201 ? 'Created' : status === 202 ? 'Accepted; it goes on in the background' : 'OK'
  return { [String(status ?? 200)]: { description, content: jsonContent(schemaOf(output)) } }
}

/** Reading conflicts with nothing, but for a file that is not there yet, and a platform that there is no key for yet. */
const mayConflict = (operation: Operation): boolean =>
  !isRead(operation) || operation.isFile === true || tagOf(operation.path) === 'cloudonix'

const failures = (operation: Operation): JsonObject => ({
  '400': response('InvalidInput'),
  '401': response('Unauthenticated'),
  '403': response('Forbidden'),
  '404': response('NotFound'),
  ...(mayConflict(operation) ? { '409': response('Conflict') } : {}),
  ...(hasBody(operation) ? { '413': response('TooLarge') } : {}),
  '429': response('TooManyRequests'),
  '500': response('Internal'),
  '503': response('Unavailable'),
})

const roleSentence = { owner: 'For owners.', admin: 'For admins.', analyst: 'For everybody who is signed in.' } as const

/** An operation of the contract as OpenAPI has it: its flat input split into path, query and body. */
export const operationObject = (name: string, operation: Operation): JsonObject => {
  const properties = operation.input.properties as Readonly<Record<string, TSchema>>
  const required = new Set((operation.input as { required?: readonly string[] }).required ?? [])
  const inPath = new Set(parameterNames(operation.path))
  const others = Object.entries(properties).filter(([key]) => !inPath.has(key))
  const pathParameters = [...inPath].map((key) => parameter(key, 'path', true, properties[key] ?? {}))
  const queryParameters = hasBody(operation)
    ? []
    : others.map(([key, schema]) => parameter(key, 'query', required.has(key), schema))
  const csrf = isRead(operation) ? [] : [{ $ref: '#/components/parameters/CsrfToken' }]
  const requiredInBody = others.map(([key]) => key).filter((key) => required.has(key))
  const body: JsonObject = {
    type: 'object',
    ...(requiredInBody.length > 0 ? { required: requiredInBody } : {}),
    properties: Object.fromEntries(others.map(([key, schema]) => [key, schemaOf(schema)])),
    additionalProperties: false,
  }
  return {
    operationId: name,
    tags: [tagOf(operation.path)],
    summary: operation.summary,
    description: roleSentence[operation.access],
    parameters: [...pathParameters, ...queryParameters, ...csrf],
    ...(hasBody(operation) && others.length > 0
      ? { requestBody: { required: requiredInBody.length > 0, content: jsonContent(body) } }
      : {}),
    responses: { ...success(operation), ...failures(operation) },
  }
}

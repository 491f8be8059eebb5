import { events, Resync } from '../../../shared/contract/events.ts'
import { operations } from '../../../shared/contract/index.ts'
import type { Operation } from '../../../shared/contract/operation.ts'
import { errorCodes, roles, type ErrorCode } from '../../../shared/vocabulary.ts'
import { eventsPath } from './event-stream.ts'
import { statusOf } from './failures.ts'
import { jsonContent, operationObject, tagOf, templatePath } from './openapi-paths.ts'
import { namedSchemas, schemaOf, type Json, type JsonObject } from './openapi-schemas.ts'
import { sessionPath } from './session-routes.ts'

const tagTexts: Readonly<Record<string, string>> = {
  tenants: 'Cloudonix domains, each with its own configuration, keys and records',
  providers: 'The catalogue of voice-agent providers; site-wide',
  'voice-agents': 'Dialable AI agents',
  'agent-groups': 'Voice agents with a distribution strategy and a fallback',
  'inbound-rules': 'What decides where a call goes',
  routing: 'Trying out what would happen to a call',
  calls: 'Live calls and call records with their timeline',
  exports: 'Call records as files, made in the background',
  'webhook-events': 'What Cloudonix sent, kept for audit',
  'audit-log': 'Who changed what, and whether that record is whole',
  system: 'The control plane itself',
  users: 'People who may sign in',
  'api-tokens': 'Tokens of automation',
  account: 'Who asks',
  session: 'Signing a browser in and out',
  events: 'What happens, as it happens',
}

const errorTexts: Readonly<Record<ErrorCode, string>> = {
  INVALID_INPUT: 'The input does not fit; `details` says where',
  UNAUTHENTICATED: 'Nobody is signed in, or the credential is not valid',
  FORBIDDEN: 'The role is not enough, or a proof against forged requests is missing',
  NOT_FOUND: 'There is no such thing for whoever asks',
  CONFLICT: 'It is in use, the name is taken, or somebody else has changed it since it was read',
  TOO_LARGE: 'The body is larger than 1 MiB',
  TOO_MANY_REQUESTS: 'Slower, please',
  UNAVAILABLE: 'It could not be stored right now; try again',
  INTERNAL: 'A fault of ours; the log has it',
}

const camel = (code: string): string =>
  code.toLowerCase().replace(/(?:^|_)([a-z])/g, (_match, letter: string) => letter.toUpperCase())
const reference = (kind: string, name: string): JsonObject => ({ $ref: `#/components/${kind}/${name}` })

const errorSchema: JsonObject = {
  type: 'object',
  required: ['error'],
  properties: {
    error: {
      type: 'object',
      required: ['code', 'message'],
      properties: {
        code: { type: 'string', enum: [...errorCodes] },
        message: { type: 'string' },
        details: {
          type: 'array',
          items: {
            type: 'object',
            required: ['path', 'message'],
            properties: { path: { type: 'string' }, message: { type: 'string' } },
          },
        },
      },
    },
  },
}

const actorSchema: JsonObject = {
  type: 'object',
  required: ['kind', 'name', 'role'],
  properties: {
    kind: { type: 'string', enum: ['local', 'token', 'session'] },
    name: { type: 'string' },
    role: { type: 'string', enum: [...roles] },
    tenantId: { type: 'string', description: 'Absent: all tenants' },
    userId: { type: 'string', description: 'Of a session that a user has opened' },
    sessionId: { type: 'string' },
    tokenId: { type: 'string' },
  },
}

const eventSchema = (): JsonObject => ({
  description: 'One message of the stream: `event` is its name, `data` its payload, `id` what to resume after',
  oneOf: [
    ...Object.entries(events).map(([name, payload]) => ({
      type: 'object',
      title: name,
      required: ['id', 'event', 'data'],
      properties: { id: { type: 'string' }, event: { type: 'string', const: name }, data: schemaOf(payload) },
    })),
    {
      type: 'object',
      title: 'resync',
      description: 'Events are missing here: read again what you show, then go on with what follows',
      required: ['id', 'event', 'data'],
      properties: { id: { type: 'string' }, event: { type: 'string', const: 'resync' }, data: schemaOf(Resync) },
    },
  ],
})

const errorResponses = (): JsonObject =>
  Object.fromEntries(
    errorCodes.map((code) => [
      camel(code),
      {
        description: errorTexts[code],
        content: {
          'application/json': {
            schema: reference('schemas', 'Error'),
            example: { error: { code, message: errorTexts[code] } },
          },
        },
      },
    ]),
  )

const refusals = (...codes: readonly ErrorCode[]): JsonObject =>
  Object.fromEntries(codes.map((code) => [String(statusOf[code]), reference('responses', camel(code))]))

const sessionPaths = (): JsonObject => {
  const actor = reference('schemas', 'Actor')
  const csrfToken = { type: 'string', description: 'Goes into X-CSRF-Token with every change' }
  return {
    get: {
      operationId: 'session.get',
      tags: ['session'],
      summary: 'Who is signed in',
      responses: {
        '200': {
          description: 'OK',
          content: jsonContent({ type: 'object', required: ['actor'], properties: { actor, csrfToken } }),
        },
        ...refusals('UNAUTHENTICATED'),
      },
    },
    post: {
      operationId: 'session.open',
      tags: ['session'],
      summary: 'Sign in by e-mail address and password, or by the one-time code of a link',
      security: [],
      requestBody: {
        required: true,
        content: jsonContent({
          oneOf: [
            {
              type: 'object',
              required: ['email', 'password'],
              properties: {
                email: { type: 'string', minLength: 1, maxLength: 512 },
                password: { type: 'string', minLength: 1, maxLength: 512 },
              },
            },
            {
              type: 'object',
              required: ['code'],
              properties: {
                code: { type: 'string', minLength: 1, maxLength: 512, description: 'From a sign-in link' },
              },
            },
          ],
        }),
      },
      responses: {
        '200': {
          description: 'Signed in',
          headers: {
            'Set-Cookie': { description: 'The session, HttpOnly and SameSite=Strict', schema: { type: 'string' } },
          },
          content: jsonContent({ type: 'object', required: ['csrfToken', 'actor'], properties: { csrfToken, actor } }),
        },
        ...refusals('INVALID_INPUT', 'UNAUTHENTICATED', 'FORBIDDEN', 'TOO_LARGE', 'TOO_MANY_REQUESTS'),
      },
    },
    delete: {
      operationId: 'session.close',
      tags: ['session'],
      summary: 'Sign out',
      parameters: [reference('parameters', 'CsrfToken')],
      responses: { '204': { description: 'Signed out' }, ...refusals('UNAUTHENTICATED', 'FORBIDDEN') },
    },
  }
}

const eventPath = (): JsonObject => ({
  get: {
    operationId: 'events.listen',
    tags: ['events'],
    summary: 'Listen to what happens, as server-sent events',
    description:
      'Stays open; a comment every 15 seconds, with the id to resume after, keeps it alive. Whoever comes back with Last-Event-ID gets what was missed, or the event `resync` when that is not known any more. Whoever reads more slowly than things happen gets the newest event of each call and thing. Whoever is bound to one tenant hears of that tenant alone.',
    parameters: [
      {
        name: 'tenantId',
        in: 'query',
        required: false,
        description: 'Hear of this tenant alone',
        schema: { type: 'string' },
      },
      {
        name: 'events',
        in: 'query',
        required: false,
        description: 'Hear of these events alone: names, by comma or repeated',
        schema: { type: 'string' },
      },
      {
        name: 'Last-Event-ID',
        in: 'header',
        required: false,
        description: 'The `id` of the last event seen; `lastEventId` in the query does the same',
        schema: { type: 'string' },
      },
      {
        name: 'lastEventId',
        in: 'query',
        required: false,
        description: 'As Last-Event-ID',
        schema: { type: 'string' },
      },
    ],
    responses: {
      '200': { description: 'The stream', content: { 'text/event-stream': { schema: reference('schemas', 'Event') } } },
      ...refusals('INVALID_INPUT', 'UNAUTHENTICATED', 'NOT_FOUND', 'UNAVAILABLE'),
    },
  },
})

const contractPaths = (): Record<string, Record<string, Json>> => {
  const paths: Record<string, Record<string, Json>> = {}
  for (const [name, operation] of Object.entries<Operation>(operations)) {
    const path = (paths[templatePath(operation.path)] ??= {})
    path[operation.method.toLowerCase()] = operationObject(name, operation)
  }
  return paths
}

/** The API as OpenAPI 3.1, made of the same contract that validates and routes. */
export const buildOpenApi = ({ version }: { readonly version: string }): JsonObject => {
  const nouns = new Set([...Object.values<Operation>(operations).map(({ path }) => tagOf(path)), 'session', 'events'])
  return {
    openapi: '3.1.0',
    info: {
      title: 'Switchyard API',
      version,
      description:
        'Routes phone calls to AI voice agents. Everything under `/api/v1` needs an API token (`Authorization: Bearer …`) or the session of a signed-in browser. Lists are read page by page: send `nextCursor` back as `cursor`. Changes carry the `version` that was read; a stale one is refused with 409.',
    },
    servers: [{ url: '/', description: 'The admin listener of this control plane' }],
    security: [{ bearer: [] }, { session: [] }],
    tags: [...nouns].map((name) => ({ name, description: tagTexts[name] ?? name })),
    paths: { ...contractPaths(), [sessionPath]: sessionPaths(), [eventsPath]: eventPath() },
    components: {
      securitySchemes: {
        bearer: { type: 'http', scheme: 'bearer', description: 'An API token' },
        session: {
          type: 'apiKey',
          in: 'cookie',
          name: 'switchyard_session',
          description:
            'The session of a signed-in browser (`__Host-switchyard_session` over TLS). Changes need X-CSRF-Token as well.',
        },
      },
      parameters: {
        CsrfToken: {
          name: 'X-CSRF-Token',
          in: 'header',
          required: false,
          description: 'Needed with a session cookie, not with an API token',
          schema: { type: 'string' },
        },
      },
      responses: errorResponses(),
      schemas: { ...namedSchemas(), Actor: actorSchema, Error: errorSchema, Event: eventSchema() },
    },
  }
}

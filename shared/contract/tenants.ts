import Type from 'typebox'
import { attemptResults, webhookKinds } from '../vocabulary.ts'
import {
  closed,
  Id,
  listFields,
  Ms,
  Name,
  oneOf,
  orNull,
  Page,
  Pattern,
  rowFields,
  Seconds,
  Target,
  Version,
} from './fields.ts'
import type { Operation } from './operation.ts'
import { Retention } from './retention.ts'

const credentialCheck = ['required', 'when_present', 'off'] as const

const WebhookAuth = Type.Object(
  {
    voiceRequest: Type.Optional(oneOf(credentialCheck)),
    dialResult: Type.Optional(oneOf(credentialCheck)),
    sessionUpdate: Type.Optional(oneOf(credentialCheck)),
    cdr: Type.Optional(oneOf(credentialCheck)),
  },
  {
    ...closed,
    description:
      'Whether the Bearer credential is checked, per kind of webhook. Until set: required for voice requests and dial results as soon as a webhook API key is set, checked when present for the other two',
  },
)

const Circuit = Type.Object(
  {
    failures: Type.Optional(
      Type.Integer({ minimum: 1, maximum: 100, description: 'Failed results in a row that open it; 3 unless set' }),
    ),
    coolOffSeconds: Type.Optional(Seconds(1, 3600, 'How long it stays open before a trial call; 30 unless set')),
    countNoAnswer: Type.Optional(
      Type.Boolean({ description: 'Whether no answer counts as failed; it does unless set' }),
    ),
    countBusy: Type.Optional(Type.Boolean({ description: 'Whether busy counts as failed; it does not unless set' })),
    failureRatio: Type.Optional(
      Type.Number({
        exclusiveMinimum: 0,
        maximum: 1,
        description: 'Share of failed results that opens it too; none unless set',
      }),
    ),
    windowSeconds: Type.Optional(Seconds(10, 86_400, 'Window of the failure ratio; 300 unless set')),
    minimumResults: Type.Optional(
      Type.Integer({
        minimum: 1,
        maximum: 10_000,
        description: 'Fewer results inside the window are no ratio; 20 unless set',
      }),
    ),
  },
  { ...closed, description: 'When an agent or provider that fails gets no more calls, and when it is tried again' },
)

const settings = {
  ringTimeoutSeconds: Seconds(5, 300, 'How long an agent rings; groups may set their own'),
  timeLimitSeconds: Seconds(30, 86_400, 'Longest call'),
  onCancelled: oneOf(['stop', 'retry'], 'What a cancelled dial result does'),
  emergencyTarget: Target,
  webhookAuth: WebhookAuth,
  circuit: Circuit,
  providerLimits: Type.Record(
    Type.String({ minLength: 1, maxLength: 64 }),
    Type.Integer({ minimum: 1, maximum: 100_000 }),
    {
      description: 'Plan limits: active calls at most, by provider key',
    },
  ),
  outboundAllow: Type.Array(Pattern, {
    maxItems: 1000,
    description:
      'What may be dialled through trunks; nothing unless set. A literal pattern such as 9* allows no number that is dialled behind it',
  }),
  outboundDeny: Type.Array(Pattern, {
    maxItems: 1000,
    description: 'What may not, though it is allowed above; also as it came, and as the trunk would get it',
  }),
  trunkRetryOn: Type.Array(oneOf(attemptResults.filter((result) => result !== 'answered')), {
    maxItems: 4,
    uniqueItems: true,
    description:
      'Results after which the next trunk is tried; failed alone unless set, as who is busy or does not answer is so through any trunk',
  }),
  trunkMaxAttempts: Type.Integer({
    minimum: 1,
    maximum: 20,
    description: 'Trunks that a number is dialled through in one call; 3 unless set',
  }),
  trunkRingTimeoutSeconds: Seconds(5, 300, 'How long a number rings that is dialled through a trunk; 60 unless set'),
  sayLanguage: Type.String({ minLength: 2, maxLength: 20, description: 'Language of spoken messages, e.g. en-US' }),
  retention: Retention,
}

export const TenantSettings = Type.Partial(Type.Object(settings), {
  ...closed,
  description: 'What holds for the whole tenant unless a group says otherwise',
})
export type TenantSettings = Type.Static<typeof TenantSettings>

const TenantSettingsChange = Type.Object(
  {
    ringTimeoutSeconds: orNull(settings.ringTimeoutSeconds),
    timeLimitSeconds: orNull(settings.timeLimitSeconds),
    onCancelled: orNull(settings.onCancelled),
    emergencyTarget: orNull(settings.emergencyTarget),
    webhookAuth: orNull(settings.webhookAuth),
    circuit: orNull(settings.circuit),
    providerLimits: orNull(settings.providerLimits),
    outboundAllow: orNull(settings.outboundAllow),
    outboundDeny: orNull(settings.outboundDeny),
    trunkRetryOn: orNull(settings.trunkRetryOn),
    trunkMaxAttempts: orNull(settings.trunkMaxAttempts),
    trunkRingTimeoutSeconds: orNull(settings.trunkRingTimeoutSeconds),
    sayLanguage: orNull(settings.sayLanguage),
    retention: orNull(settings.retention),
  },
  { ...closed, description: 'What is not named stays as it is; null takes a setting back' },
)

const Domain = Type.String({
  minLength: 1,
  maxLength: 253,
  pattern: '^[A-Za-z0-9]([A-Za-z0-9.-]*[A-Za-z0-9])?$',
  description: 'The Cloudonix domain, e.g. acme.cloudonix.net',
})
const DomainUuid = Type.String({ maxLength: 64 })
const fields = {
  name: Name,
  domain: Domain,
  domainAliases: Type.Array(Domain, { maxItems: 50 }),
  domainUuid: Type.Optional(DomainUuid),
  timeZone: Type.String({ minLength: 1, maxLength: 64, description: 'IANA name, e.g. Europe/Berlin' }),
  defaultCountry: Type.String({
    pattern: '^[A-Z]{2}$',
    description: 'ISO 3166-1 alpha-2; national numbers are read in it',
  }),
  defaultTarget: Type.Optional(Target),
  settings: TenantSettings,
}
const webhookApiKey = Type.String({
  minLength: 1,
  maxLength: 512,
  description: 'The domain profile key authorization-api-key: the Bearer that Cloudonix sends. Write only',
})
const cloudonixApiKey = Type.String({
  minLength: 1,
  maxLength: 512,
  // Anything else cannot be sent in a header.
  pattern: '^[!-~]+$',
  description: 'The key (XI…) with which Switchyard asks the Cloudonix API about this domain. Write only',
})

export const Tenant = Type.Object({
  ...rowFields,
  ...fields,
  hasWebhookApiKey: Type.Boolean(),
  hasCloudonixApiKey: Type.Boolean(),
  tenantKey: Type.Optional(Type.String({ description: 'The secret part of the webhook URLs; shown to admins only' })),
})
export type Tenant = Type.Static<typeof Tenant>

export const TenantEndpoints = Type.Object({
  base: Type.Optional(
    Type.String({ description: 'Absent until SWITCHYARD_PUBLIC_URL is set; the paths below are then relative' }),
  ),
  application: Type.String(),
  method: Type.Literal('POST'),
  dialResult: Type.String(),
  session: Type.String(),
  cdr: Type.String(),
  refused: Type.Array(
    Type.Object({
      kind: oneOf([...webhookKinds, 'dial_state']),
      count: Type.Integer(),
      lastAtMs: Ms,
      reason: Type.String({ description: 'Of the last one' }),
    }),
    {
      description:
        'Webhooks since the server started that had the right address and yet were not believed: by their Bearer credential, or, as dial_state, by the signed state of a dial result',
    },
  ),
})
export type TenantEndpoints = Type.Static<typeof TenantEndpoints>

export const tenantOperations = {
  'tenants.list': {
    method: 'GET',
    path: '/api/v1/tenants',
    access: 'analyst',
    summary: 'List tenants',
    input: Type.Object({ ...listFields }, closed),
    output: Page(Tenant),
  },
  'tenants.create': {
    method: 'POST',
    path: '/api/v1/tenants',
    access: 'owner',
    summary: 'Create a tenant',
    status: 201,
    input: Type.Object(
      {
        ...Type.Partial(Type.Object(fields)).properties,
        name: Name,
        domain: Domain,
        webhookApiKey: Type.Optional(webhookApiKey),
        cloudonixApiKey: Type.Optional(cloudonixApiKey),
      },
      closed,
    ),
    output: Tenant,
  },
  'tenants.get': {
    method: 'GET',
    path: '/api/v1/tenants/:tenantId',
    access: 'analyst',
    summary: 'Read a tenant',
    input: Type.Object({ tenantId: Id }, closed),
    output: Tenant,
  },
  'tenants.update': {
    method: 'PATCH',
    path: '/api/v1/tenants/:tenantId',
    access: 'admin',
    summary: 'Change a tenant',
    input: Type.Object(
      {
        tenantId: Id,
        version: Version,
        ...Type.Partial(Type.Object(fields)).properties,
        domainUuid: orNull(DomainUuid),
        defaultTarget: orNull(Target),
        settings: Type.Optional(TenantSettingsChange),
        webhookApiKey: orNull(webhookApiKey),
        cloudonixApiKey: orNull(cloudonixApiKey),
      },
      closed,
    ),
    output: Tenant,
  },
  'tenants.delete': {
    method: 'DELETE',
    path: '/api/v1/tenants/:tenantId',
    access: 'owner',
    summary: 'Delete a tenant with everything it owns; refused while it has calls or configuration unless forced',
    input: Type.Object({ tenantId: Id, force: Type.Optional(Type.Boolean()) }, closed),
  },
  'tenants.rotateKey': {
    method: 'POST',
    path: '/api/v1/tenants/:tenantId/rotate-key',
    access: 'admin',
    summary: 'Give the tenant a new webhook key; the old one stays valid for the overlap',
    input: Type.Object(
      {
        tenantId: Id,
        overlapSeconds: Type.Optional(Seconds(0, 30 * 86_400, 'How long the old key still works; 7 days unless set')),
      },
      closed,
    ),
    output: Type.Object({ ...Tenant.properties, previousKeyValidUntilMs: Ms }),
  },
  'tenants.endpoints': {
    method: 'GET',
    path: '/api/v1/tenants/:tenantId/endpoints',
    access: 'admin',
    summary: 'The URLs to enter at Cloudonix',
    input: Type.Object({ tenantId: Id }, closed),
    output: TenantEndpoints,
  },
} as const satisfies Record<string, Operation>

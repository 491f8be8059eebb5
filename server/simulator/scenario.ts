import Type from 'typebox'
import { Compile } from 'typebox/compile'
import { Value } from 'typebox/value'

/** What a run of the simulator plays. Everything has a default, so `{}` is a scenario. */

const closed = { additionalProperties: false } as const
const share = (description: string) =>
  Type.Number({ minimum: 0, maximum: 1, default: 0, description: `${description}; a share from 0 to 1` })
const weight = Type.Optional(
  Type.Number({ exclusiveMinimum: 0, description: 'how often, against the others; 1 unless set' }),
)
const dialled = Type.String({ minLength: 1, maxLength: 255, description: 'a phone number or other dialled text' })
const seconds = Type.Number({ minimum: 0, description: 'seconds' })

const NumberSource = Type.Union([
  dialled,
  Type.Array(
    Type.Union([
      dialled,
      Type.Object({ value: dialled, weight }, closed),
      Type.Object(
        {
          first: Type.String({ pattern: '^\\+?\\d{1,15}$' }),
          last: Type.String({ pattern: '^\\+?\\d{1,15}$' }),
          weight,
        },
        closed,
      ),
    ]),
    { minItems: 1 },
  ),
])
export type NumberSource = Type.Static<typeof NumberSource>

const spreadHelp = 'seconds as a number, { "min", "max" } or { "mean", "max" }'
const Seconds = (fallback: unknown) =>
  Type.Union(
    [
      seconds,
      Type.Object({ min: seconds, max: seconds }, closed),
      Type.Object({ mean: seconds, max: Type.Optional(seconds) }, closed),
    ],
    { default: fallback, description: spreadHelp },
  )

const outcomeWeight = Type.Optional(Type.Number({ minimum: 0, description: 'how often, against the other outcomes' }))
const Outcomes = Type.Object(
  {
    answered: outcomeWeight,
    busy: outcomeWeight,
    no_answer: outcomeWeight,
    failed: outcomeWeight,
    cancelled: outcomeWeight,
  },
  { ...closed, description: 'weights of answered, busy, no_answer, failed, cancelled' },
)
export type Outcomes = Type.Static<typeof Outcomes>
export const outcomeNames = ['answered', 'busy', 'no_answer', 'failed', 'cancelled'] as const
export type Outcome = (typeof outcomeNames)[number]

const ExpectedGroup = Type.Object(
  {
    name: Type.String({ minLength: 1 }),
    weights: Type.Record(dialled, Type.Number({ minimum: 0 }), {
      description: 'agents by the value dialled, with their weight',
    }),
    to: Type.Optional(
      Type.Array(dialled, {
        description: 'numbers (+12025550100) or prefixes (+1202*) whose calls count; all unless set',
      }),
    ),
    maxDeviation: Type.Optional(
      Type.Number({ minimum: 0, description: 'calls by which first choices may miss the ideal share' }),
    ),
  },
  closed,
)
export type ExpectedGroup = Type.Static<typeof ExpectedGroup>

const Scenario = Type.Object(
  {
    calls: Type.Integer({ minimum: 0, default: 100, description: 'how many calls; 0 goes on until stopped' }),
    concurrency: Type.Integer({
      minimum: 1,
      maximum: 5000,
      default: 10,
      description: 'calls at the same time at most',
    }),
    rate: Type.Optional(
      Type.Number({
        exclusiveMinimum: 0,
        description: 'new calls per second; as many as concurrency allows unless set',
      }),
    ),
    seed: Type.Integer({ default: 1, description: 'the same seed makes the same decisions' }),
    timeScale: Type.Number({
      exclusiveMinimum: 0,
      default: 1000,
      description: 'how much faster than real time calls are played',
    }),
    domain: Type.String({ minLength: 1, default: 'example.cloudonix.net', description: 'the Cloudonix domain' }),
    from: Type.Union(NumberSource.anyOf, {
      default: [{ first: '+12025550140', last: '+12025550199' }],
      description: 'callers',
    }),
    to: Type.Union(NumberSource.anyOf, { default: '+12025550100', description: 'numbers called' }),
    outcomes: Type.Object(
      {
        default: Type.Optional(Outcomes),
        agents: Type.Optional(Type.Record(dialled, Outcomes, { description: 'outcomes by the value dialled' })),
        providers: Type.Optional(Type.Record(Type.String(), Outcomes, { description: 'outcomes by provider key' })),
      },
      { ...closed, default: {}, description: 'what comes of dialling' },
    ),
    ringSeconds: Seconds({ min: 2, max: 8 }),
    talkSeconds: Seconds({ mean: 60, max: 600 }),
    sessionUpdatesPerCall: Type.Integer({
      minimum: 0,
      maximum: 100,
      default: 10,
      description: 'session updates per call',
    }),
    duplicates: share('requests sent twice'),
    reorder: share('calls whose session updates, dial result and CDR arrive out of order'),
    lost: share('session updates, dial results and CDRs that never arrive'),
    delays: Type.Object(
      { share: share('requests that arrive late'), seconds: Seconds({ min: 1, max: 10 }) },
      { ...closed, default: {}, description: 'late arrivals' },
    ),
    api: Type.Object(
      {
        errors: share('requests to the API answered with a 5xx'),
        slow: share('requests to the API answered late'),
        slowSeconds: Type.Number({ minimum: 0, default: 2, description: 'how late, in real seconds' }),
        requestsPerWindow: Type.Integer({
          minimum: 1,
          default: 10,
          description: 'requests per domain in 10 seconds; more get a 429',
        }),
      },
      { ...closed, default: {}, description: 'how the simulated Cloudonix API behaves' },
    ),
    retrySeconds: Type.Number({
      minimum: 0,
      default: 0,
      description:
        'how long (real seconds) a request is tried again when nobody is listening; 0 counts it as a wrong answer',
    }),
    expect: Type.Object(
      {
        maxAttempts: Type.Optional(Type.Integer({ minimum: 1, description: 'agents dialled in one call at most' })),
        answerWithinMs: Type.Optional(
          Type.Number({ exclusiveMinimum: 0, description: 'a slower document is a wrong answer' }),
        ),
        groups: Type.Optional(Type.Array(ExpectedGroup)),
      },
      { ...closed, default: {}, description: 'what the answers are held against' },
    ),
  },
  closed,
)
export type Scenario = Type.Static<typeof Scenario>
/** As written in a file: what is left out gets its default. */
export type ScenarioInput = {
  readonly [K in keyof Scenario]?: K extends 'delays' | 'api' ? Partial<Scenario[K]> : Scenario[K]
}

export class ScenarioError extends Error {
  override readonly name = 'ScenarioError'
}

const validator = Compile(Scenario)
const standardOutcomes: Outcomes = { answered: 85, busy: 5, no_answer: 5, failed: 5 }

const dotted = (pointer: string): string => (pointer === '' ? 'The scenario' : pointer.slice(1).replaceAll('/', '.'))

/** What the field at the path wants, in words, from the schema. */
const wanted = (pointer: string): string | undefined => {
  let schema: unknown = Scenario
  let description: string | undefined
  for (const key of pointer.split('/').slice(1)) {
    schema = (schema as { properties?: Record<string, unknown> }).properties?.[key]
    if (schema === undefined) break
    description = (schema as { description?: string }).description ?? description
  }
  return description
}

const refuse = (pointer: string, message: string): never => {
  const help = wanted(pointer)
  throw new ScenarioError(`${dotted(pointer)} ${message}${help === undefined ? '' : `. Wanted: ${help}`}`)
}

/** An unknown field fails against the schema `false`, which says little to a person. */
const inWords = (problem: { keyword: string; instancePath: string; message: string }): string => {
  if (problem.keyword !== 'boolean') return problem.message
  const isNested = problem.instancePath.lastIndexOf('/') > 0
  return isNested ? 'is not known' : `is not known. A scenario has ${Object.keys(Scenario.properties).join(', ')}`
}

const checkWeights = (pointer: string, outcomes: Outcomes): void => {
  if (!outcomeNames.some((name) => (outcomes[name] ?? 0) > 0))
    refuse(pointer, 'needs at least one outcome with a weight above 0')
}

/** Fills in the defaults and refuses, naming the path, what cannot be played. */
export const parseScenario = (input: unknown): Scenario => {
  const filled = Value.Default(Scenario, Value.Clone(input))
  const [problem] = validator.Errors(filled)
  if (problem) return refuse(problem.instancePath, inWords(problem))
  const scenario = filled as Scenario
  for (const [key, spread] of Object.entries({
    ringSeconds: scenario.ringSeconds,
    talkSeconds: scenario.talkSeconds,
  })) {
    if (typeof spread !== 'number' && 'min' in spread && spread.min > spread.max)
      refuse(`/${key}`, 'has its min above its max')
  }
  const outcomes = { default: standardOutcomes, ...scenario.outcomes }
  checkWeights('/outcomes/default', outcomes.default)
  for (const [value, own] of Object.entries(outcomes.agents ?? {})) checkWeights(`/outcomes/agents/${value}`, own)
  for (const [provider, own] of Object.entries(outcomes.providers ?? {}))
    checkWeights(`/outcomes/providers/${provider}`, own)
  return { ...scenario, outcomes }
}

/** What may become of dialling this agent: its own outcomes, else its provider's, else everybody's. */
export const outcomesOf = (scenario: Scenario, value: string, provider: string | undefined): Outcomes =>
  scenario.outcomes.agents?.[value] ??
  (provider === undefined ? undefined : scenario.outcomes.providers?.[provider]) ??
  scenario.outcomes.default ??
  standardOutcomes

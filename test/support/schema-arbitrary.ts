import fc, { type Arbitrary } from 'fast-check'

/** As much of JSON Schema as the OpenAPI document uses. */
export interface JsonSchema {
  readonly $ref?: string
  readonly const?: unknown
  readonly enum?: readonly unknown[]
  readonly anyOf?: readonly JsonSchema[]
  readonly oneOf?: readonly JsonSchema[]
  readonly type?: string
  readonly minLength?: number
  readonly maxLength?: number
  readonly pattern?: string
  readonly minimum?: number
  readonly maximum?: number
  readonly exclusiveMinimum?: number
  readonly items?: JsonSchema
  readonly minItems?: number
  readonly maxItems?: number
  readonly uniqueItems?: boolean
  readonly required?: readonly string[]
  readonly properties?: Readonly<Record<string, JsonSchema>>
  readonly patternProperties?: Readonly<Record<string, JsonSchema>>
}

export type Resolve = (reference: string) => JsonSchema

const longest = 40

/** What careless and hostile clients send in place of anything. */
export const hostileValue: Arbitrary<unknown> = fc.oneof(
  fc.constantFrom<unknown[]>(
    null,
    true,
    '',
    ' ',
    '\u0000',
    '\ud800',
    '\uffff\u202e\u200b',
    "' OR 1=1; --",
    '"; DROP TABLE tenants; --',
    '<script>alert(1)</script>',
    '&lt;!ENTITY x SYSTEM "file:///etc/passwd"&gt;',
    ']]>',
    '../../../../etc/passwd',
    '%2e%2e%2f%00',
    '=HYPERLINK("http://evil.example")',
    '${7*7}',
    '__proto__',
    'constructor',
    '+1202*',
    '*',
    '9'.repeat(400),
    'x'.repeat(20_000),
    -1,
    0,
    0.5,
    1e308,
    -1e308,
    Number.MAX_SAFE_INTEGER,
    2 ** 53,
    1e21,
    [],
    [[[[[[]]]]]],
    [null],
    {},
    { __proto__: null, toString: 1, constructor: { prototype: 1 } },
    { type: 'agent', id: {} },
  ),
  fc.string({ unit: 'binary', maxLength: longest }),
  fc.double(),
  fc.jsonValue({ maxDepth: 3 }),
)

const text = ({ minLength = 0, maxLength = longest, pattern }: JsonSchema): Arbitrary<unknown> => {
  const most = Math.max(minLength, Math.min(maxLength, longest))
  const plain = fc.string({ unit: 'grapheme', minLength, maxLength: most })
  if (pattern === undefined) return fc.oneof(plain, fc.string({ minLength, maxLength: most }))
  try {
    const matching = fc.stringMatching(new RegExp(pattern))
    return fc.oneof({ weight: 5, arbitrary: matching }, { weight: 1, arbitrary: plain })
  } catch {
    return plain // fast-check cannot follow every pattern
  }
}

const integer = ({ minimum = -1000, maximum = minimum + 1e6 }: JsonSchema): Arbitrary<unknown> =>
  fc.oneof(fc.integer({ min: minimum, max: maximum }), fc.constantFrom(minimum, maximum))

/** Values that fit a schema. */
export const fitting = (schema: JsonSchema, resolve: Resolve, depth = 0): Arbitrary<unknown> => {
  const inner = (one: JsonSchema) => fitting(one, resolve, depth + 1)
  if (schema.$ref !== undefined) return inner(resolve(schema.$ref))
  if ('const' in schema) return fc.constant(schema.const)
  if (schema.enum) return fc.constantFrom(...schema.enum)
  const choices = schema.anyOf ?? schema.oneOf
  if (choices) return fc.oneof(...choices.map(inner))
  switch (schema.type) {
    case 'string':
      return text(schema)
    case 'integer':
      return integer(schema)
    case 'number':
      return fc.double({
        noNaN: true,
        min: schema.minimum ?? schema.exclusiveMinimum ?? -1e6,
        max: schema.maximum ?? 1e6,
      })
    case 'boolean':
      return fc.boolean()
    case 'null':
      return fc.constant(null)
    case 'array': {
      const { minItems: minLength = 0, maxItems = 4, items = {} } = schema
      const maxLength = Math.max(minLength, Math.min(maxItems, depth > 3 ? 1 : 4))
      const list = schema.uniqueItems
        ? fc.uniqueArray(inner(items), {
            minLength,
            maxLength,
            comparator: (a, b) => JSON.stringify(a) === JSON.stringify(b),
          })
        : fc.array(inner(items), { minLength, maxLength })
      return list
    }
    case 'object':
    case undefined: {
      const properties = Object.entries(schema.properties ?? {})
      const [[pattern, values] = []] = Object.entries(schema.patternProperties ?? {})
      if (pattern !== undefined && values) {
        return fc.dictionary(fc.oneof(fc.constantFrom('vapi', 'retell'), fc.string({ maxLength: 10 })), inner(values), {
          maxKeys: 3,
        })
      }
      if (properties.length === 0) return fc.jsonValue({ maxDepth: 2 })
      const model = Object.fromEntries(properties.map(([name, one]) => [name, inner(one)]))
      return fc.record(model, { requiredKeys: [...(schema.required ?? [])] })
    }
    default:
      return fc.jsonValue()
  }
}

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

/** The value with something of it missing, added, or put in the place of something else. */
const spoilt = (value: unknown): Arbitrary<unknown> => {
  if (!isObject(value) || Object.keys(value).length === 0) return hostileValue
  return fc.tuple(fc.constantFrom(...Object.keys(value)), fc.nat(3), hostileValue).chain(([name, how, hostile]) => {
    const { [name]: held, ...rest } = value
    if (how === 0) return fc.constant(rest)
    if (how === 1) return fc.constant({ ...value, [`${name}x`]: hostile })
    if (how === 2) return fc.constant({ ...value, [name]: hostile })
    return spoilt(held).map((worse) => ({ ...value, [name]: worse }))
  })
}

/** Values that fit a schema, that nearly do, and that never meant to. */
export const fuzzing = (schema: JsonSchema, resolve: Resolve): Arbitrary<unknown> => {
  const good = fitting(schema, resolve)
  return fc.oneof(
    { weight: 5, arbitrary: good },
    { weight: 4, arbitrary: good.chain(spoilt) },
    { weight: 1, arbitrary: hostileValue },
  )
}

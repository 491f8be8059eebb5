import type { Operation } from '../../../shared/contract/operation.ts'

interface Schema {
  readonly type?: string
  readonly items?: Schema
  readonly anyOf?: readonly Schema[]
}
type Coerce = (value: unknown) => unknown

const number: Coerce = (value) => (typeof value === 'string' && /^-?\d+(\.\d+)?$/.test(value) ? Number(value) : value)
const truths = new Map<unknown, boolean>([
  ['true', true],
  ['1', true],
  ['', true],
  ['false', false],
  ['0', false],
])
const boolean: Coerce = (value) => truths.get(value) ?? value
const same: Coerce = (value) => value

/** Texts become what the schema wants where they can; where they cannot, validation says so better than we could. */
const coercion = (schema: Schema): Coerce => {
  if (schema.type === 'integer' || schema.type === 'number') return number
  if (schema.type === 'boolean') return boolean
  if (schema.type === 'array') {
    const item = coercion(schema.items ?? {})
    return (value) => (Array.isArray(value) ? value.map(item) : [item(value)])
  }
  const choices = schema.anyOf?.map((choice) => ({ isList: choice.type === 'array', coerce: coercion(choice) }))
  if (!choices) return same
  return (value) => {
    const fitting = choices.find(({ isList }) => isList === Array.isArray(value))
    return fitting ? fitting.coerce(value) : value
  }
}

/** Query and path parameters are texts; repeated query parameters are lists. */
export const coercionOf = (operation: Operation): ((texts: unknown) => Record<string, unknown>) => {
  const properties = operation.input.properties as Readonly<Record<string, Schema>>
  const coercions = new Map(Object.entries(properties).map(([name, schema]) => [name, coercion(schema)]))
  return (texts) =>
    Object.fromEntries(
      Object.entries(texts as object).map(([name, value]: [string, unknown]) => [
        name,
        (coercions.get(name) ?? same)(value),
      ]),
    )
}

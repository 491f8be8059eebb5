import type { ErrorDetail } from '../../shared/contract/index.ts'

/** What a validator reports; the part of it that is read here. */
export interface SchemaProblem {
  readonly keyword: string
  readonly schemaPath: string
  readonly instancePath: string
  readonly params: object
  readonly message: string
}

const listed = 20
const branch = /^(.*\/anyOf\/\d+)(?:\/|$)/

/** `/members/0/agentId` → `members[0].agentId` */
const fieldName = (path: string): string =>
  path === ''
    ? 'the input'
    : path
        .slice(1)
        .replace(/\/(\d+)(?=\/|$)/g, '[$1]')
        .replaceAll('/', '.')

const quoted = (values: readonly unknown[]): string => values.map((value) => JSON.stringify(value)).join(', ')

/**
 * Of a choice between shapes only the branch that was meant is worth a word: the one whose `type` fits. Where none fits,
 * the types that exist are named instead.
 */
const withoutOtherBranches = (problems: readonly SchemaProblem[]): SchemaProblem[] => {
  const branchOf = ({ schemaPath }: SchemaProblem): string | undefined => branch.exec(schemaPath)?.[1]
  const notMeant = new Set<string>()
  const choices = new Map<string, { problem: SchemaProblem; allowed: unknown[] }>()
  for (const problem of problems) {
    const own = branchOf(problem)
    if (own === undefined) continue
    if (problem.keyword === 'const') {
      notMeant.add(own)
      const choice = choices.get(problem.instancePath) ?? { problem, allowed: [] }
      choice.allowed.push((problem.params as { allowedValue?: unknown }).allowedValue)
      choices.set(problem.instancePath, choice)
    } else if (problem.keyword === 'type' && problem.message.includes('null')) notMeant.add(own)
  }
  const meant = problems.filter((problem) => {
    const own = branchOf(problem)
    return own === undefined || ![...notMeant].some((prefix) => own === prefix || own.startsWith(`${prefix}/`))
  })
  const specific = meant.filter(({ keyword }) => keyword !== 'anyOf')
  if (specific.length > 0) return specific
  return choices.size === 0
    ? meant
    : [...choices.values()].map(({ problem, allowed }) => ({
        ...problem,
        keyword: 'enum',
        params: { allowedValues: [...new Set(allowed)] },
      }))
}

const details = (problem: SchemaProblem, fields: readonly string[]): ErrorDetail[] => {
  const { keyword, instancePath, message } = problem
  const params = problem.params as Readonly<Record<string, unknown>>
  const at = (name: string): string => `${instancePath}/${name}`
  if (keyword === 'required' && Array.isArray(params['requiredProperties'])) {
    return params['requiredProperties'].map((name) => ({ path: at(String(name)), message: 'is required' }))
  }
  if (keyword === 'additionalProperties' && Array.isArray(params['additionalProperties'])) {
    const known = instancePath === '' ? `; the fields are ${fields.join(', ')}` : ''
    return params['additionalProperties'].map((name) => ({ path: at(String(name)), message: `is not a field${known}` }))
  }
  if (keyword === 'boolean') return []
  if (keyword === 'enum' && Array.isArray(params['allowedValues'])) {
    return [{ path: instancePath, message: `must be one of ${quoted(params['allowedValues'])}` }]
  }
  return [{ path: instancePath, message }]
}

/** What is wrong with an input, in words: the first thing as a sentence, all of it field by field. */
export const inputProblems = (
  problems: readonly SchemaProblem[],
  fields: readonly string[],
): { message: string; details: ErrorDetail[] } => {
  const all = withoutOtherBranches(problems).flatMap((problem) => details(problem, fields))
  const unique = all.filter(
    ({ path, message }, i) => all.findIndex((one) => one.path === path && one.message === message) === i,
  )
  const first = unique[0] ?? { path: '', message: 'is not valid' }
  return { message: `${fieldName(first.path)} ${first.message}`, details: unique.slice(0, listed) }
}

import { maskUrl } from '../../domain/cxml/render-cxml.ts'

/** A chain of causes goes no further; one may lead back to itself. */
const mostCauses = 5

/** Parsers of JSON repeat what they could not read; bodies are not logged. */
const withoutSecrets = (text: string): string =>
  maskUrl(text)
    .replace(/, (?:\.{3})?"[^]*"(?:\.{3})? is not valid JSON/g, ' is not valid JSON')
    .replace(/\b(bearer|basic)\s+[^\s"',;]+/gi, '$1 ***')

/** All that helps to find a fault: what it is, where, and what brought it about. Nothing else that hangs on an error. */
export const describeError = (error: unknown, causes = 0): unknown => {
  if (!(error instanceof Error)) return typeof error === 'string' ? withoutSecrets(error) : error
  const { name, message, stack, cause } = error
  const code = 'code' in error && (typeof error.code === 'string' || typeof error.code === 'number') && error.code
  return {
    type: name,
    message: withoutSecrets(message),
    ...(code !== false && { code }),
    stack: withoutSecrets(stack ?? ''),
    ...(cause !== undefined && causes < mostCauses && { cause: describeError(cause, causes + 1) }),
    ...(error instanceof AggregateError &&
      causes < mostCauses && {
        errors: error.errors.slice(0, mostCauses).map((one) => describeError(one, causes + 1)),
      }),
  }
}

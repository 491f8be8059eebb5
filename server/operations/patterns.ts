import { DomainError } from '../domain/errors.ts'
import { understoodPrefix } from '../domain/numbers/dialling.ts'
import { readNumber } from '../domain/numbers/read-number.ts'
import { formatPattern, parsePattern } from '../domain/routing/pattern.ts'

export const refuse = (path: string, message: string): never => {
  throw new DomainError('INVALID_INPUT', message, [{ path, message }])
}

/** The pattern as it is stored: tidy, so that the same pattern always reads the same, and one that a number can match. */
export const tidyPattern = (path: string, text: string, defaultCountry: string): string => {
  const pattern = parsePattern(text)
  if (typeof pattern === 'string') return refuse(path, pattern)
  const tidy = formatPattern(pattern)
  if (pattern.kind === 'any') return tidy
  if (pattern.kind === 'prefix') {
    const understood = understoodPrefix(pattern.value, defaultCountry)
    if (understood === undefined) return tidy
    const inFull = understood === '+' ? ' for every international number, or name countries as in +44*' : ''
    return refuse(
      path,
      `What begins with ${pattern.value} in ${defaultCountry} is understood as ${understood}… when it is dialled; instead of "${tidy}" write ${understood}*${inFull}`,
    )
  }
  const { number, how } = readNumber(tidy, { defaultCountry, isKnown: () => false })
  return number === tidy
    ? tidy
    : refuse(
        path,
        `"${tidy}" is understood as ${number} (${how}) when it is dialled, so this would never match; write ${number}`,
      )
}

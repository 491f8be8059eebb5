/** What is written to a log must not open a door: no tenant key, no credential, no query string. */
const secrets: readonly (readonly [RegExp, string])[] = [
  [/\/voice\/[^/?\s"'<>]+/g, '/voice/…'],
  [/\b(bearer|basic)\s+[^\s"',;]+/gi, '$1 …'],
  [/\b(cookie|authorization|x-csrf-token|x-cx-apikey)(["']?\s*[:=]\s*["']?)[^\n"']+/gi, '$1$2…'],
  [/\?[^\s"'<>)]*=[^\s"'<>)]*/g, '?…'],
]

const redact = (text: string): string => secrets.reduce((clean, [pattern, mask]) => clean.replace(pattern, mask), text)

/** The path of a request as logs may show it. */
export const maskedPath = (url: string): string => redact(url.split('?', 1)[0] ?? '')

const mostCauses = 5

export const describeError = (error: unknown, causes = 0): Record<string, unknown> => {
  if (!(error instanceof Error)) return { error: redact(String(error)) }
  const code = 'code' in error && typeof error.code === 'string' ? { code: error.code } : {}
  const hasCause = error.cause !== undefined && causes < mostCauses
  return {
    error: error.name,
    ...code,
    stack: redact(error.stack ?? error.message),
    ...(hasCause && { cause: describeError(error.cause, causes + 1) }),
  }
}

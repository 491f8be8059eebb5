export type JsonReading =
  { readonly ok: true; readonly value: unknown } | { readonly ok: false; readonly reason: string }

/** Deeper than any document we know, and shallow enough for whoever walks it by recursion. */
const maxDepth = 64

/** Openings, counted natively: most texts have so few that no depth can be too great. */
const hasFewOpenings = (text: string): boolean => {
  let openings = 0
  for (const bracket of ['{', '[']) {
    for (let at = text.indexOf(bracket); at !== -1; at = text.indexOf(bracket, at + 1)) {
      openings += 1
      if (openings > maxDepth) return false
    }
  }
  return true
}

const isTooDeep = (text: string): boolean => {
  if (hasFewOpenings(text)) return false
  let depth = 0
  let isInText = false
  for (let at = 0; at < text.length; at += 1) {
    const letter = text[at]
    if (isInText) {
      if (letter === '\\') at += 1
      else if (letter === '"') isInText = false
    } else if (letter === '"') isInText = true
    else if (letter === '{' || letter === '[') {
      depth += 1
      if (depth > maxDepth) return true
    } else if (letter === '}' || letter === ']') depth -= 1
  }
  return false
}

/** A key of that name is legal JSON, but whoever copies the object by assignment would get another prototype. */
const withoutProto = (key: string, value: unknown): unknown => (key === '__proto__' ? undefined : value)
const mayNameProto = (text: string): boolean => text.includes('__proto__') || text.includes('\\u00')

/** Says where, but repeats nothing of the text: reasons are shown and logged, bodies are not. */
const whereItBreaks = (error: unknown): string => {
  const message = error instanceof Error ? error.message : ''
  const place = /position \d+(?: \(line \d+ column \d+\))?/.exec(message)
  if (place) return `not valid JSON at ${place[0]}`
  return message.includes('end of JSON') ? 'JSON that ends too early' : 'not valid JSON'
}

export const parseJson = (text: string): JsonReading => {
  try {
    if (isTooDeep(text)) return { ok: false, reason: `JSON nested deeper than ${maxDepth} levels` }
    return { ok: true, value: JSON.parse(text, mayNameProto(text) ? withoutProto : undefined) as unknown }
  } catch (error) {
    return { ok: false, reason: whereItBreaks(error) }
  }
}

import { rejectReasons } from '../../../shared/vocabulary.ts'
import type { CxmlDocument, Dial, Verb } from './verbs.ts'

/** Characters that XML 1.0 cannot carry at all, escaped or not: control characters and halves of a surrogate pair. */
const unprintable = /[\p{Cs}\ufffe\uffff]|[^\P{Cc}\t\n\r]/u

const url = /^(https?:\/\/[^\s/]+)?\/[^\s]*$/

const dialProblems = (dial: Dial): string[] => {
  const problems: string[] = []
  const { to } = dial
  if (to.noun === 'Service') {
    if (!/^\+\d{5,20}$/.test(to.number)) problems.push(`Service wants a number in E.164 with +, not "${to.number}"`)
    if (to.provider === '' || /\s/.test(to.provider)) problems.push('Service wants a provider key')
  }
  if (to.noun === 'Sip' && !/^sips?:[^\s@]+@[^\s@]+$/i.test(to.uri))
    problems.push(`Sip wants sip:user@host, not "${to.uri}"`)
  if (to.noun === 'Number' && (to.number === '' || /\s/.test(to.number)))
    problems.push('Number wants a number without white space')
  if ('password' in to && to.password !== undefined && to.username === undefined)
    problems.push('a password needs a username')
  if (!Number.isInteger(dial.timeoutSeconds) || dial.timeoutSeconds < 1)
    problems.push('timeout wants whole seconds above 0')
  if (!Number.isInteger(dial.timeLimitSeconds) || dial.timeLimitSeconds < 1)
    problems.push('timeLimit wants whole seconds above 0')
  if (!url.test(dial.action)) problems.push(`action wants an absolute or relative URL, not "${dial.action}"`)
  for (const trunk of dial.trunks ?? [])
    if (!/^[A-Za-z0-9-]+$/.test(trunk)) problems.push(`"${trunk}" is no trunk name`)
  return problems
}

const verbProblems = (verb: Verb, isLast: boolean): string[] => {
  switch (verb.verb) {
    case 'Dial':
      // A verb with an action ends the stage: what follows would never run.
      return isLast ? dialProblems(verb) : ['Dial has an action, so nothing may follow it', ...dialProblems(verb)]
    case 'Connect':
      return /^wss?:\/\/[^\s]+$/.test(verb.streamUrl) ? [] : [`Stream wants a ws(s) URL, not "${verb.streamUrl}"`]
    case 'Redirect':
      return url.test(verb.url) ? [] : [`Redirect wants a URL, not "${verb.url}"`]
    case 'Say':
      return [
        ...(verb.text.trim() === '' ? ['Say wants a text'] : []),
        ...(/^[A-Za-z]{2,3}(-[A-Za-z0-9]+)*$/.test(verb.language)
          ? []
          : [`"${verb.language}" is no language tag such as en-US`]),
      ]
    case 'Reject':
      return rejectReasons.includes(verb.reason)
        ? []
        : [`Reject knows ${rejectReasons.join(', ')}, not "${verb.reason as string}"`]
    case 'Hangup':
      return []
  }
}

const texts = (value: unknown): string[] =>
  typeof value === 'string'
    ? [value]
    : typeof value === 'object' && value !== null
      ? Object.values(value).flatMap(texts)
      : []

/** What is wrong with a document, in words; empty when it may leave. */
export const cxmlProblems = (document: CxmlDocument): string[] => {
  if (document.length === 0) return ['an answer needs at least one verb']
  const problems = document.flatMap((verb, i) => verbProblems(verb, i === document.length - 1))
  if (texts(document).some((text) => unprintable.test(text)))
    problems.push('a text holds characters that XML cannot carry')
  return problems
}

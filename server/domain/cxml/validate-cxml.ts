import { rejectReasons } from '../../../shared/vocabulary.ts'
import { isCallbackUrl, isE164, isSipUri, isTrunkName, isWssUrl } from './dialable.ts'
import { isFilled, isLanguageTag, isOneLine, isPrintable } from './texts.ts'
import type { CxmlDocument, Dial, DialNoun, Verb } from './verbs.ts'

const longestTimeoutSeconds = 600
const longestCallSeconds = 86_400

const when = (isWrong: boolean, problem: string): string[] => (isWrong ? [problem] : [])

const secondsProblems = (name: string, seconds: number, most: number): string[] =>
  when(!(Number.isInteger(seconds) && seconds >= 1 && seconds <= most), `${name} wants whole seconds from 1 to ${most}`)

const nounProblems = (to: DialNoun): string[] => {
  switch (to.noun) {
    case 'Service':
      return [
        ...when(!isE164(to.number), `Service wants a number in E.164 with +, not "${to.number}"`),
        ...when(!/^[a-z0-9][a-z0-9._-]*$/.test(to.provider), `Service wants a provider key, not "${to.provider}"`),
      ]
    case 'Sip':
      return when(!isSipUri(to.uri), `Sip wants sip:user@host, not "${to.uri}"`)
    case 'Number':
      return when(
        !/^\+?[A-Za-z0-9*#._-]{1,255}$/.test(to.number),
        `Number wants a number or subscriber, not "${to.number}"`,
      )
  }
}

const credentialProblems = (to: DialNoun): string[] => {
  if (to.noun === 'Number' || (to.username === undefined && to.password === undefined)) return []
  return [
    ...when(!isFilled(to.username) || !isFilled(to.password), 'username and password go together'),
    ...when(!isOneLine(`${to.username}${to.password}`), 'username and password cannot hold tabs or line breaks'),
  ]
}

const dialProblems = (dial: Dial): string[] => [
  ...nounProblems(dial.to),
  ...credentialProblems(dial.to),
  ...secondsProblems('timeout', dial.timeoutSeconds, longestTimeoutSeconds),
  ...secondsProblems('timeLimit', dial.timeLimitSeconds, longestCallSeconds),
  ...when(
    dial.action !== undefined && !isCallbackUrl(dial.action),
    `action wants an absolute or relative URL, not "${dial.action}"`,
  ),
  ...when(
    dial.callerId !== undefined && !/^[^\s<>&"]([^\t\n\r\u2028\u2029<>&"]{0,253}[^\s<>&"])?$/.test(dial.callerId),
    'callerId wants 1 to 255 characters without markup, and without white space around them',
  ),
  ...when(dial.trunks?.length === 0, 'trunks wants at least one name'),
  ...(dial.trunks ?? []).flatMap((trunk) => when(!isTrunkName(trunk), `"${trunk}" is no trunk name`)),
]

const verbProblems = (verb: Verb): string[] => {
  switch (verb.verb) {
    case 'Dial':
      return dialProblems(verb)
    case 'Connect':
      return [
        ...when(!isWssUrl(verb.streamUrl), `Stream wants a wss:// URL, not "${verb.streamUrl}"`),
        ...when(!Object.keys(verb.parameters).every(isFilled), 'a Parameter wants a name'),
        ...when(!isOneLine(Object.entries(verb.parameters).join()), 'a Parameter cannot hold tabs or line breaks'),
      ]
    case 'Redirect':
      return when(!isCallbackUrl(verb.url), `Redirect wants a URL, not "${verb.url}"`)
    case 'Say':
      return [
        ...when(!isFilled(verb.text), 'Say wants a text'),
        ...when(!isLanguageTag(verb.language), `"${verb.language}" is no language tag such as en-US`),
      ]
    case 'Reject':
      return when(
        !rejectReasons.includes(verb.reason),
        `Reject knows ${rejectReasons.join(', ')}, not "${verb.reason as string}"`,
      )
    case 'Hangup':
      return []
  }
}

/** A verb with an action ends the stage, and so does one that ends the call or goes elsewhere. */
const goesOnAfter = (verb: Verb): boolean =>
  verb.verb === 'Say' || verb.verb === 'Connect' || (verb.verb === 'Dial' && verb.action === undefined)

const texts = (value: unknown): string[] =>
  typeof value === 'string'
    ? [value]
    : typeof value === 'object' && value !== null
      ? Object.entries(value).flatMap(([name, held]) => [name, ...texts(held)])
      : []

/** What is wrong with a document, in words; empty when it may leave. */
export const cxmlProblems = (document: CxmlDocument): string[] => [
  ...when(document.length === 0, 'an answer needs at least one verb'),
  ...document.flatMap(verbProblems),
  ...document.slice(0, -1).flatMap((verb) => when(!goesOnAfter(verb), `nothing may follow ${verb.verb}`)),
  ...when(
    texts(document).some((text) => !isPrintable(text)),
    'a text holds characters that XML cannot carry',
  ),
]

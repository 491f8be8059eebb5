import { create } from 'xmlbuilder2'
import type { XMLBuilder } from 'xmlbuilder2/lib/interfaces.js'
import type { CxmlDocument, DialNoun, Verb } from './verbs.ts'

type Attributes = Record<string, string>

/**
 * The builder leaves alone what looks like an entity ("&lt;", and also "&A;", which no reader knows), so that text which
 * means those letters would not arrive as it is. An ampersand that is escaped already looks like one.
 */
const literal = (text: string): string => text.replaceAll('&', '&amp;')

const attributes = (all: Readonly<Record<string, string | number | undefined>>): Attributes => {
  const given: Attributes = {}
  for (const [name, value] of Object.entries(all)) if (value !== undefined) given[name] = literal(String(value))
  return given
}

const appendNoun = (dial: XMLBuilder, to: DialNoun): void => {
  // A noun's text is used as it stands, so there is never white space around it.
  switch (to.noun) {
    case 'Service':
      dial
        .ele('Service', attributes({ provider: to.provider, username: to.username, password: to.password }))
        .txt(literal(to.number))
      break
    case 'Sip':
      dial.ele('Sip', attributes({ username: to.username, password: to.password })).txt(literal(to.uri))
      break
    case 'Number':
      dial.ele('Number').txt(literal(to.number))
  }
}

const appendVerb = (response: XMLBuilder, verb: Verb): void => {
  switch (verb.verb) {
    case 'Dial': {
      const { callerId, timeoutSeconds, timeLimitSeconds, trunks, action } = verb
      const dial = response.ele(
        'Dial',
        // POST is said, not assumed: the default method of an action is not documented.
        attributes({
          callerId,
          trunks: trunks?.join(','),
          timeout: timeoutSeconds,
          timeLimit: timeLimitSeconds,
          action,
          method: action === undefined ? undefined : 'POST',
        }),
      )
      appendNoun(dial, verb.to)
      break
    }
    case 'Connect': {
      const stream = response.ele('Connect').ele('Stream', attributes({ url: verb.streamUrl }))
      for (const [name, value] of Object.entries(verb.parameters)) stream.ele('Parameter', attributes({ name, value }))
      break
    }
    case 'Redirect':
      response.ele('Redirect', { method: 'POST' }).txt(literal(verb.url))
      break
    case 'Say':
      response.ele('Say', attributes({ language: verb.language })).txt(literal(verb.text))
      break
    case 'Reject':
      response.ele('Reject', { reason: verb.reason })
      break
    case 'Hangup':
      response.ele('Hangup')
  }
}

/** The document as text. Expects one that `cxmlProblems` finds nothing wrong with. */
export const renderCxml = (document: CxmlDocument): string => {
  const response = create({ version: '1.0', encoding: 'UTF-8' }).ele('Response')
  for (const verb of document) appendVerb(response, verb)
  return response.end({ prettyPrint: false })
}

/** The same document as people may see it: credentials and signed state masked. */
export const maskDocument = (document: CxmlDocument): CxmlDocument =>
  document.map((verb) => {
    if (verb.verb === 'Redirect') return { ...verb, url: maskUrl(verb.url) }
    // Who runs the other end of a stream is let in by what stands in its query.
    if (verb.verb === 'Connect') return { ...verb, streamUrl: verb.streamUrl.replace(/\?.*$/s, '?***') }
    if (verb.verb !== 'Dial') return verb
    return { ...verb, to: maskNoun(verb.to), action: verb.action === undefined ? undefined : maskUrl(verb.action) }
  })

const maskNoun = (to: DialNoun): DialNoun => {
  const shown = to.noun === 'Sip' ? { ...to, uri: to.uri.replace(/^(sip:[^\s@:]*:)[^\s@]*@/, '$1***@') } : to
  return 'password' in shown && shown.password !== undefined ? { ...shown, password: '***' } : shown
}

/** Hides the tenant key and the signed state of our URLs, wherever they stand in a text. */
export const maskUrl = (text: string): string =>
  text.replace(/\/voice\/[^/?&\s"<>\\]+/g, '/voice/***').replace(/([?&]s=)[^&\s"<>\\]*/g, '$1***')

import { SaxesParser } from 'saxes'

/**
 * Reads a document as the platform would: verbs in order, content as it stands. What the platform does not
 * document is refused here, because nobody knows what it would do with it.
 */
export interface DialVerb {
  readonly verb: 'Dial'
  readonly noun: 'Service' | 'Number' | 'Sip'
  readonly value: string
  readonly provider?: string | undefined
  readonly action?: string | undefined
  readonly timeoutSeconds: number
  readonly timeLimitSeconds: number
}
export type Verb =
  | DialVerb
  | { readonly verb: 'Connect'; readonly url: string }
  | { readonly verb: 'Redirect'; readonly url: string }
  | { readonly verb: 'Say'; readonly text: string; readonly answers: boolean }
  | { readonly verb: 'Play'; readonly url: string; readonly answers: boolean }
  | { readonly verb: 'Pause'; readonly seconds: number }
  | { readonly verb: 'Hangup' }
  | { readonly verb: 'Reject'; readonly reason: string }

/** Why the platform could not follow a document. */
export class CxmlError extends Error {
  override readonly name = 'CxmlError'
}

interface Element {
  readonly name: string
  readonly attributes: Readonly<Record<string, string>>
  readonly children: Element[]
  text: string
}

const known: Record<string, { readonly attributes: string; readonly children?: string; readonly text?: true }> = {
  Response: { attributes: '', children: 'Dial Connect Redirect Say Play Pause Hangup Reject' },
  Dial: {
    attributes:
      'action method callerId callerName timeout timeLimit trunks headers forwardHeaders hangupOn hangupOnStar record trim ' +
      'recordingStatusCallback recordingStatusCallbackMethod recordingStatusCallbackEvent',
    children: 'Header Service Number Sip',
  },
  Service: { attributes: 'provider username password', text: true },
  Number: { attributes: '', text: true },
  Sip: { attributes: 'username password domain', text: true },
  Header: { attributes: 'name value' },
  Connect: { attributes: '', children: 'Stream' },
  Stream: { attributes: 'url name track statusCallback statusCallbackMethod', children: 'Parameter' },
  Parameter: { attributes: 'name value' },
  Redirect: { attributes: 'method', text: true },
  Say: { attributes: 'voice language loop answer statusCallback statusCallbackMethod', text: true },
  Play: { attributes: 'loop answer digits statusCallback statusCallbackMethod', text: true },
  Pause: { attributes: 'length' },
  Hangup: { attributes: '' },
  Reject: { attributes: 'reason' },
}
const rules = new Map(
  Object.entries(known).map(([name, { attributes, children = '', text }]) => [
    name,
    { attributes: new Set(attributes.split(' ')), children: new Set(children.split(' ')), hasText: text === true },
  ]),
)

const refuse = (message: string): never => {
  throw new CxmlError(message)
}

const parse = (text: string): Element => {
  const open: Element[] = []
  let root: Element | undefined
  const parser = new SaxesParser()
  parser.on('error', (error) => refuse(`not well-formed XML: ${error.message}`))
  parser.on('doctype', () => refuse('a DOCTYPE is not CXML'))
  parser.on('opentag', ({ name, attributes }) => {
    const rule = rules.get(name) ?? refuse(`<${name}> is not a verb or noun this platform knows`)
    for (const attribute of Object.keys(attributes)) {
      if (!rule.attributes.has(attribute)) refuse(`<${name}> has no attribute ${attribute}`)
    }
    const element: Element = { name, attributes, children: [], text: '' }
    const parent = open.at(-1)
    if (parent) {
      if (!rules.get(parent.name)?.children.has(name)) refuse(`<${name}> cannot stand inside <${parent.name}>`)
      parent.children.push(element)
    } else {
      if (name !== 'Response') refuse(`the root is <${name}>, not <Response>`)
      root = element
    }
    open.push(element)
  })
  const addText = (part: string): void => {
    const element = open.at(-1)
    if (!element) return
    if (rules.get(element.name)?.hasText) element.text += part
    else if (part.trim() !== '') refuse(`<${element.name}> has text where only elements belong`)
  }
  parser.on('text', addText)
  parser.on('cdata', addText)
  parser.on('closetag', () => {
    open.pop()
  })
  parser.write(text).close()
  return root ?? refuse('an empty document')
}

const tight = ({ name, text }: Element): string => {
  if (text === '') return refuse(`<${name}> is empty`)
  return text === text.trim() ? text : refuse(`<${name}> has whitespace around its text`)
}

const wholeNumber = ({ name, attributes }: Element, attribute: string, fallback: number, minimum: number): number => {
  const text = attributes[attribute]
  if (text === undefined) return fallback
  const value = Number(text)
  return /^\d+$/.test(text) && value >= minimum
    ? value
    : refuse(`<${name} ${attribute}="${text}"> is not a number of seconds`)
}

/** The default method is documented nowhere, so a document must say it. */
const posted = ({ name, attributes }: Element): void => {
  if (attributes['method'] !== 'POST') refuse(`<${name}> needs method="POST" for the URL it names`)
}

const isUrl = (text: string): boolean => !/\s/.test(text) && URL.canParse(text, 'http://relative.invalid/')

const readDial = (dial: Element): DialVerb => {
  const nouns = dial.children.filter(({ name }) => name !== 'Header')
  const [noun] = nouns
  if (!noun || nouns.length > 1) return refuse(`<Dial> has ${nouns.length} nouns instead of one`)
  if (dial.children.at(-1) !== noun) refuse('<Header> stands after the noun')
  const value = tight(noun)
  const { provider } = noun.attributes
  if (noun.name === 'Service') {
    if (!provider) refuse('<Service> names no provider')
    if (!/^\+[1-9]\d{2,14}$/.test(value)) refuse(`<Service> dials ${value}, which is not an E.164 number`)
  }
  if (noun.name === 'Sip' && !/^(sips?:)?[^@\s]+@[^@\s]+$/.test(value))
    refuse(`<Sip> dials ${value}, which is not a SIP URI`)
  if (noun.name === 'Number' && !/^\+?[0-9A-Za-z*#._-]+$/.test(value))
    refuse(`<Number> dials ${value}, which is not a number`)
  const { action, trunks } = dial.attributes
  if (action !== undefined) {
    if (!isUrl(action)) refuse(`<Dial action="${action}"> is not a URL`)
    posted(dial)
  }
  if (trunks !== undefined && !/^[A-Za-z0-9-]+(,[A-Za-z0-9-]+)*$/.test(trunks))
    refuse(`<Dial trunks="${trunks}"> names no trunk`)
  return {
    verb: 'Dial',
    noun: noun.name as DialVerb['noun'],
    value,
    provider,
    action,
    timeoutSeconds: wholeNumber(dial, 'timeout', 60, 1),
    timeLimitSeconds: wholeNumber(dial, 'timeLimit', 14_400, 1),
  }
}

const readConnect = (connect: Element): Verb => {
  const [stream] = connect.children
  if (!stream || connect.children.length > 1)
    return refuse(`<Connect> has ${connect.children.length} streams instead of one`)
  const url = stream.attributes['url'] ?? ''
  if (!URL.canParse(url) || new URL(url).protocol !== 'wss:') refuse(`<Stream url="${url}"> is not a wss: URL`)
  return { verb: 'Connect', url }
}

const rejectReasons = ['rejected', 'busy', 'congestion', 'failed']

const readVerb = (element: Element): Verb => {
  const answers = element.attributes['answer'] !== 'false'
  switch (element.name) {
    case 'Dial':
      return readDial(element)
    case 'Connect':
      return readConnect(element)
    case 'Redirect': {
      const url = tight(element)
      if (!isUrl(url)) refuse(`<Redirect> goes to ${url}, which is not a URL`)
      posted(element)
      return { verb: 'Redirect', url }
    }
    case 'Say':
      return element.text.trim() === '' ? refuse('<Say> says nothing') : { verb: 'Say', text: element.text, answers }
    case 'Play': {
      const url = tight(element)
      return isUrl(url) ? { verb: 'Play', url, answers } : refuse(`<Play> plays ${url}, which is not a URL`)
    }
    case 'Pause':
      return { verb: 'Pause', seconds: wholeNumber(element, 'length', 1, 0) }
    case 'Reject': {
      const reason = element.attributes['reason'] ?? 'rejected'
      return rejectReasons.includes(reason)
        ? { verb: 'Reject', reason }
        : refuse(`<Reject reason="${reason}"> is unknown`)
    }
    default:
      return { verb: 'Hangup' }
  }
}

/** The verbs of a document, in order. Throws CxmlError. */
export const readCxml = (text: string): readonly [Verb, ...Verb[]] => {
  const [first, ...others] = parse(text).children.map(readVerb)
  return first ? [first, ...others] : refuse('<Response> holds no verb')
}

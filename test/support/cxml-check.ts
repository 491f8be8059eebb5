import { SaxesParser, type SaxesAttributePlain } from 'saxes'

/**
 * Holds a document against what Cloudonix documents of CXML, verb by verb. Written on its own: it shares no code with
 * the product's builder nor with the simulator's reader, so that the three must agree on the facts, not on a mistake.
 */

type Check = (value: string) => string | undefined
interface Rule {
  readonly attributes: Readonly<Record<string, Check>>
  readonly required?: readonly string[]
  readonly children: readonly string[]
  /** What the text must be; absent where an element has none. */
  readonly text?: Check
  /** For what no single attribute or text can tell. */
  readonly whole?: (node: Node) => readonly string[]
}
interface Node {
  readonly name: string
  readonly attributes: Readonly<Record<string, string>>
  readonly nodes: Node[]
  text: string
}

const any: Check = () => undefined
const oneOf =
  (...allowed: string[]): Check =>
  (value) =>
    allowed.includes(value) ? undefined : `must be one of ${allowed.join(', ')}`
const integer =
  (minimum: number, maximum: number): Check =>
  (value) =>
    /^(0|[1-9]\d*)$/.test(value) && Number(value) >= minimum && Number(value) <= maximum
      ? undefined
      : `must be a whole number from ${minimum} to ${maximum}`
const matching =
  (pattern: RegExp, what: string): Check =>
  (value) =>
    pattern.test(value) ? undefined : `must be ${what}`
const both =
  (...checks: Check[]): Check =>
  (value) =>
    checks.map((check) => check(value)).find((problem) => problem !== undefined)

const boolean = oneOf('true', 'false')
const method = oneOf('GET', 'POST')
const filled = matching(/\S/, 'filled')
const tight: Check = (value) =>
  value === value.trim() && value !== '' ? undefined : 'must be filled, without whitespace around it'
const url = both(
  tight,
  matching(/^\S*$/, 'a URL without spaces'),
  (value) => (URL.canParse(value, 'http://base.invalid/') ? undefined : 'must be a URL'),
  (value) =>
    /^https?:/i.test(value) || !/^[a-z][a-z0-9+.-]*:/i.test(value) ? undefined : 'must be http, https or relative',
)
const webSocketUrl = both(tight, matching(/^wss:\/\/[^\s/]+/, 'a wss:// URL'), (value) =>
  URL.canParse(value) ? undefined : 'must be a URL',
)
const seconds = integer(1, 86_400)
const e164 = both(tight, matching(/^\+[1-9]\d{1,14}$/, 'an E.164 number with +'))
const sipAddress = both(
  tight,
  matching(
    /^(sip:)?[^\s@;]+@[^\s@;:]+(:\d{1,5})?(;transport=(udp|tcp|tls))?(;(?!transport=)[^\s;=]+=[^\s;]*)*$/,
    'a SIP address',
  ),
)
const dialledNumber = both(tight, matching(/^\+?[A-Za-z0-9*#._-]{1,255}$/, 'a number or subscriber'))
const trunkNames = matching(
  /^[A-Za-z0-9-]+(,[A-Za-z0-9-]+)*$/,
  'trunk names (letters, digits, hyphens), separated by commas',
)
const headerList = matching(/^[^=&\s]+=[^=&\s]*(&[^=&\s]+=[^=&\s]*)*$/, 'URL-encoded name=value pairs')

const nouns = ['Service', 'Number', 'Sip']
const playback = { loop: integer(0, 1000), answer: boolean, statusCallback: url, statusCallbackMethod: method }

const checkDial = ({ nodes, attributes }: Node): string[] => {
  const found: string[] = []
  const dialled = nodes.filter(({ name }) => nouns.includes(name))
  if (dialled.length !== 1) found.push(`<Dial> must hold exactly one noun, not ${dialled.length}`)
  const nounAt = nodes.findIndex(({ name }) => nouns.includes(name))
  if (nounAt >= 0 && nodes.slice(nounAt).some(({ name }) => name === 'Header'))
    found.push('<Header> must stand before the noun')
  // Which method goes without saying is documented nowhere, and our routes take the result as POST.
  if (attributes['action'] !== undefined && attributes['method'] !== 'POST')
    found.push('<Dial action> needs method="POST"')
  return found
}
const pairedCredentials = ({ name, attributes }: Node): string[] =>
  (attributes['username'] === undefined) === (attributes['password'] === undefined)
    ? []
    : [`<${name}> needs username and password together`]

const rules: Readonly<Record<string, Rule>> = {
  Response: { attributes: {}, children: ['Dial', 'Hangup', 'Reject', 'Redirect', 'Say', 'Play', 'Pause', 'Connect'] },
  Dial: {
    attributes: {
      action: url,
      method,
      callerId: both(tight, matching(/^.{1,255}$/, 'at most 255 characters')),
      callerName: filled,
      timeout: integer(1, 600),
      timeLimit: seconds,
      trunks: trunkNames,
      headers: headerList,
      forwardHeaders: boolean,
      hangupOn: matching(/^[0-9*#]+$/, 'DTMF digits'),
      hangupOnStar: boolean,
      record: filled,
      trim: filled,
      recordingStatusCallback: url,
      recordingStatusCallbackMethod: method,
      recordingStatusCallbackEvent: filled,
    },
    children: ['Header', ...nouns],
    whole: checkDial,
  },
  Service: {
    attributes: {
      provider: matching(/^[a-z0-9][a-z0-9._-]*$/, 'a provider key in lower case'),
      username: filled,
      password: filled,
    },
    required: ['provider'],
    children: [],
    text: e164,
    whole: pairedCredentials,
  },
  Number: { attributes: {}, children: [], text: dialledNumber },
  Sip: {
    attributes: { username: filled, password: filled, domain: oneOf('origin', 'destination') },
    children: [],
    text: sipAddress,
    whole: pairedCredentials,
  },
  Header: {
    attributes: { name: matching(/^X-[A-Za-z0-9-]+$/, 'an X- header name'), value: matching(/^[^\r\n]*$/, 'one line') },
    required: ['name', 'value'],
    children: [],
  },
  Connect: {
    attributes: {},
    children: ['Stream'],
    whole: ({ nodes }) => (nodes.length === 1 ? [] : [`<Connect> must hold exactly one <Stream>, not ${nodes.length}`]),
  },
  Stream: {
    attributes: {
      url: webSocketUrl,
      name: filled,
      track: matching(/^(inbound|outbound|both)(_tracks?)?$/, 'a track'),
      statusCallback: url,
      statusCallbackMethod: method,
    },
    required: ['url'],
    children: ['Parameter'],
  },
  Parameter: { attributes: { name: filled, value: any }, required: ['name', 'value'], children: [] },
  Redirect: { attributes: { method: oneOf('POST') }, required: ['method'], children: [], text: url },
  Say: {
    attributes: {
      voice: filled,
      language: matching(/^[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8})*$/, 'a language tag'),
      ...playback,
    },
    children: [],
    text: filled,
  },
  Play: { attributes: { digits: matching(/^[0-9*#wW]+$/, 'DTMF digits'), ...playback }, children: [], text: url },
  Pause: { attributes: { length: integer(0, 3600) }, children: [] },
  Hangup: { attributes: {}, children: [] },
  Reject: { attributes: { reason: oneOf('rejected', 'busy', 'congestion', 'failed') }, children: [] },
}

const checkNode = (node: Node): string[] => {
  const { name, attributes, nodes, text } = node
  const rule = rules[name]
  if (!rule) return [`<${name}> is not a known verb or noun`]
  const found: string[] = []
  for (const [attribute, value] of Object.entries(attributes)) {
    const check = Object.hasOwn(rule.attributes, attribute) ? rule.attributes[attribute] : undefined
    const problem = check ? check(value) : 'is not a known attribute'
    if (problem !== undefined) found.push(`<${name} ${attribute}> ${problem}`)
  }
  for (const attribute of rule.required ?? [])
    if (attributes[attribute] === undefined) found.push(`<${name}> needs ${attribute}`)
  for (const child of nodes) {
    if (rules[child.name] && !rule.children.includes(child.name))
      found.push(`<${child.name}> may not stand in <${name}>`)
  }
  const problem = rule.text ? rule.text(text) : text.trim() === '' ? undefined : 'may not have text'
  if (problem !== undefined) found.push(`<${name}> ${rule.text ? 'text ' : ''}${problem}`)
  return [...found, ...(rule.whole?.(node) ?? []), ...nodes.flatMap(checkNode)]
}

/** Verbs that nothing can follow. What stands after `<Dial action>` never runs either, but is a usual precaution. */
const isLast = ({ name }: Node): boolean => name === 'Hangup' || name === 'Reject' || name === 'Redirect'

const parse = (text: string): { root?: Node; problems: string[] } => {
  const problems: string[] = []
  const path: Node[] = []
  let root: Node | undefined
  const parser = new SaxesParser()
  parser.on('error', ({ message }) => problems.push(`not well-formed: ${message}`))
  parser.on('doctype', () => problems.push('DOCTYPE is not allowed'))
  parser.on('comment', () => problems.push('comments are not allowed'))
  parser.on('processinginstruction', () => problems.push('processing instructions are not allowed'))
  parser.on('xmldecl', ({ version, encoding }) => {
    if (version !== '1.0') problems.push(`XML version must be 1.0, not ${version}`)
    if (encoding !== undefined && encoding.toUpperCase() !== 'UTF-8')
      problems.push(`encoding must be UTF-8, not ${encoding}`)
  })
  parser.on('opentag', ({ name, attributes }) => {
    const node: Node = {
      name,
      attributes: { ...(attributes as Record<string, SaxesAttributePlain['value']>) },
      nodes: [],
      text: '',
    }
    path.at(-1)?.nodes.push(node)
    root ??= node
    path.push(node)
  })
  const add = (part: string): void => {
    const node = path.at(-1)
    if (node) node.text += part
  }
  parser.on('text', add)
  parser.on('cdata', add)
  parser.on('closetag', () => path.pop())
  parser.write(text).close()
  return root ? { root, problems } : { problems }
}

/** What is wrong with a document; empty when nothing is. */
export const checkCxml = (text: string): string[] => {
  const { root, problems } = parse(text)
  if (text.includes('\uFFFD')) problems.push('not valid UTF-8')
  if (problems.length > 0 || !root) return problems.length > 0 ? problems : ['empty document']
  if (root.name !== 'Response') return [`the root must be <Response>, not <${root.name}>`]
  if (root.nodes.length === 0) problems.push('<Response> must hold a verb')
  const last = root.nodes.findIndex(isLast)
  if (last >= 0 && last < root.nodes.length - 1)
    problems.push(`<${root.nodes[last + 1]!.name}> can never run: <${root.nodes[last]!.name}> ends the document`)
  return [...problems, ...checkNode(root)]
}

import { maskDocument, renderCxml } from './render-cxml.ts'
import { cxmlProblems } from './validate-cxml.ts'
import { reject, type CxmlDocument } from './verbs.ts'

/** A document that may leave, as text and as people may see it. */
export interface PrintedCxml {
  readonly text: string
  readonly masked: string
  /** Why the document asked for was held back and the caller rejected instead; empty when it was not. */
  readonly problems: readonly string[]
}

interface Mould extends PrintedCxml {
  /** The text around the place of the state. */
  readonly parts: readonly string[]
}

/** Stands where the signed state will, at the end of an action: a character for private use, which XML carries as it is. */
const place = '\ue000'
const keptByDefault = 10_000
/** What `encodeURIComponent` leaves; XML has no need to escape any of it. */
const needsNoEscape = /^[\w%.!~*'()-]*$/

const print = (document: CxmlDocument): PrintedCxml => {
  const problems = cxmlProblems(document)
  const sent = problems.length === 0 ? document : reject('failed')
  return { text: renderCxml(sent), masked: renderCxml(maskDocument(sent)), problems }
}

/** A stream names the call in its parameters, so no two are alike. */
const isOneOfAKind = (document: CxmlDocument): boolean => document.some(({ verb }) => verb === 'Connect')

const hasPlace = (document: CxmlDocument): boolean =>
  document.some((verb) => verb.verb === 'Dial' && verb.action?.endsWith(place) === true)

/**
 * Prints documents. Answers that dial one target differ in nothing but the signed state of their action, so each is checked
 * and rendered once, with a hole where the state goes: rendering costs more than all the rest of an answer.
 */
export const createCxmlPress = (keptMoulds = keptByDefault) => {
  const moulds = new Map<string, Mould>()

  const cast = (document: CxmlDocument): Mould => {
    const key = JSON.stringify(document)
    let mould = moulds.get(key)
    if (!mould) {
      const printed = print(document)
      if (moulds.size >= keptMoulds) moulds.clear()
      moulds.set(key, (mould = { ...printed, parts: printed.text.split(place) }))
    }
    return mould
  }

  /** `documentWith` makes the document with a state, safe in a URL, at the end of its action. */
  return (documentWith: (state: string) => CxmlDocument, state = ''): PrintedCxml => {
    const document = documentWith(place)
    if (isOneOfAKind(document) || !needsNoEscape.test(state)) return print(documentWith(state))
    const mould = cast(document)
    if (!hasPlace(document) || mould.problems.length > 0) return mould
    // More parts: the target's own text holds the very character.
    const { parts, masked, problems } = mould
    return parts.length === 2 ? { text: parts.join(state), masked, problems } : print(documentWith(state))
  }
}

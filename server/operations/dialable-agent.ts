import { isE164, isSipUri, isWssUrl } from '../domain/cxml/dialable.ts'
import { isFilled, isOneLine } from '../domain/cxml/texts.ts'
import { DomainError } from '../domain/errors.ts'
import type { Provider, StoredAgent } from '../ports/configuration.ts'

/** Whether a document can dial an agent: what would be held back when a call comes is refused when it is saved. */

const valueRules = {
  e164: { fits: isE164, wants: 'a phone number in E.164, e.g. +12025550171' },
  sipUri: { fits: isSipUri, wants: 'a SIP URI, e.g. sip:agent@sip.example.com' },
  wssUrl: { fits: isWssUrl, wants: 'a WebSocket URL over TLS, e.g. wss://agent.example.com/stream' },
} as const

export const fitsProvider = ({ valueKind }: Pick<Provider, 'valueKind'>, value: string): boolean =>
  isOneLine(value) && valueRules[valueKind].fits(value)

export const wantedBy = ({ valueKind }: Pick<Provider, 'valueKind'>): string => valueRules[valueKind].wants

const invalid = (path: string, message: string): DomainError =>
  new DomainError('INVALID_INPUT', message, [{ path, message }])

const assertCredential = (path: string, name: string, text: string | undefined): void => {
  if (text === undefined) return
  if (!isFilled(text)) throw invalid(path, `The ${name} is blank; leave it out, or send null to take it away`)
  if (!isOneLine(text))
    throw invalid(
      path,
      `The ${name} holds a tab, a line break or another control character, which no document can carry`,
    )
}

/** The value and the credentials must be what the provider wants. */
export const assertDialable = (
  provider: Pick<Provider, 'displayName' | 'valueKind' | 'credentials'>,
  agent: Pick<StoredAgent, 'value' | 'username' | 'password'>,
): void => {
  const { username, password, value } = agent
  if (!isOneLine(value))
    throw invalid('/value', 'The value holds a tab, a line break or another control character, which nothing can dial')
  if (!fitsProvider(provider, value))
    throw invalid('/value', `Provider ${provider.displayName} wants ${wantedBy(provider)}; "${value}" is none`)
  assertCredential('/username', 'username', username)
  assertCredential('/password', 'password', password)
  if (provider.credentials === 'none' && (username !== undefined || password !== undefined))
    throw invalid('/username', `Provider ${provider.displayName} takes no credentials; leave username and password out`)
  if (provider.credentials === 'required' && (username === undefined || password === undefined))
    throw invalid('/username', `Provider ${provider.displayName} needs username and password`)
  if (password !== undefined && username === undefined)
    throw invalid('/username', 'A password needs a username beside it')
}

import { DomainError } from '../../domain/errors.ts'
import type { CloudonixDomain } from '../../ports/cloudonix.ts'
import { isJsonObject, parseJson } from './read-rows.ts'
import type { NoTurnError } from './request-limiter.ts'
import type { NoAnswerError, PlatformAnswer } from './send-request.ts'

/** What is asked, for people: "list the trunks of acme.cloudonix.net". */
export interface Asked {
  readonly of: CloudonixDomain
  readonly what: string
}

const longestSaying = 200

/** What the platform says about its refusal. It may repeat what it was sent, hence the key is taken out. */
const sayingOf = (body: string, apiKey: string): string => {
  const said = parseJson(body)
  if (!isJsonObject(said) || typeof said.message !== 'string') return ''
  const clean = said.message
    .replaceAll(apiKey, '***')
    .replace(/\bXI[\w-]{8,}/g, '***')
    .replace(/[\p{Cc}\s]+/gu, ' ')
    .trim()
  return clean === '' ? '' : `: ${clean.slice(0, longestSaying)}`
}

/** The answer is no, and asking again would not change it. */
export const refused = ({ of, what }: Asked, { status, body }: PlatformAnswer): DomainError => {
  const how = `HTTP ${status}${sayingOf(body, of.apiKey)}`
  if (status === 401 || status === 403) {
    return new DomainError(
      'CONFLICT',
      `Cloudonix does not let this API key ${what} (${how}); set the tenant's cloudonixApiKey to a key of that domain or of its owner`,
    )
  }
  if (status >= 300 && status < 400) {
    return new DomainError(
      'UNAVAILABLE',
      `Cloudonix answered with a redirect when asked to ${what} (${how}); it is not followed, as the API key would go with it. Check SWITCHYARD_CLOUDONIX_URL`,
    )
  }
  if (status >= 500) {
    return new DomainError(
      'UNAVAILABLE',
      `Cloudonix could not ${what} (${how}); this is a fault on its side, try again in a few minutes`,
    )
  }
  return new DomainError('CONFLICT', `Cloudonix refused to ${what} (${how}); check the tenant's domain at Cloudonix`)
}

export const unknownDomain = ({ of, what }: Asked): DomainError =>
  new DomainError(
    'NOT_FOUND',
    `Cloudonix knows no domain ${of.domain} for this API key, so it could not ${what}; check the tenant's domain and its cloudonixApiKey`,
  )

export const unknownSession = ({ what }: Asked): DomainError =>
  new DomainError(
    'NOT_FOUND',
    `Cloudonix could not ${what}, because it knows no such session (any more): the call is over there, and its record ends with the CDR or when its time limit has passed`,
  )

export const unreadable = ({ what }: Asked, { status, contentType }: PlatformAnswer): DomainError =>
  new DomainError(
    'UNAVAILABLE',
    `Cloudonix was asked to ${what} and answered something that cannot be read (HTTP ${status}, ${contentType || 'no content type'}); check that SWITCHYARD_CLOUDONIX_URL names its API and no proxy stands between`,
  )

export const askedTooOften = ({ of, what }: Asked, quietMs: number): DomainError =>
  new DomainError(
    'TOO_MANY_REQUESTS',
    `Cloudonix was asked too often about ${of.domain} and would not ${what}; try again in ${Math.ceil(quietMs / 1000)} s, and see what else uses this domain's API`,
  )

export const noTurn = ({ of, what }: Asked, cause: NoTurnError): DomainError =>
  cause.reason === 'closing'
    ? new DomainError(
        'UNAVAILABLE',
        `Switchyard is closing and could not ${what}; try again when it has started`,
        undefined,
        { cause },
      )
    : new DomainError(
        'TOO_MANY_REQUESTS',
        `Too many requests are waiting to ask Cloudonix about ${of.domain}, which takes 10 in 10 s, so it could not be asked to ${what}; try again in a minute`,
        undefined,
        { cause },
      )

const noAnswers: Record<NoAnswerError['reason'], string> = {
  late: 'did not answer in time',
  unreachable: 'could not be reached',
  'too large': 'answered with more than this server reads',
}

export const noAnswer = ({ what }: Asked, cause: NoAnswerError, origin: string): DomainError => {
  const code = cause.code === undefined || cause.reason === 'too large' ? '' : ` (${cause.code})`
  const wayOut =
    cause.reason === 'too large'
      ? 'end or remove at Cloudonix what is not needed there'
      : `check that this machine reaches ${origin}, and try again`
  return new DomainError(
    'UNAVAILABLE',
    `Cloudonix ${noAnswers[cause.reason]}${code} when asked to ${what}; ${wayOut}`,
    undefined,
    { cause },
  )
}

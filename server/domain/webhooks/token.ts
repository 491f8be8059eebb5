import { asText, type Fields } from './fields.ts'

export const longestToken = 255

/** The session token: the key that joins everything about a call. Undefined when there is none. */
export const readToken = (fields: Fields, headers: Readonly<Record<string, string>>): string | undefined => {
  return (
    fields.text('CallSid', 'token') ??
    // Before its text: an object may come as JSON text.
    fields.object('Session').text('token') ??
    fields.text('Session') ??
    fields.object('SessionData').text('token') ??
    asText(headers['x-cx-session'])
  )
}

/** The domain a webhook says it is about, lower case; undefined when it does not say. */
export const readDomain = (fields: Fields, headers: Readonly<Record<string, string>>): string | undefined => {
  const owner = fields.object('owner').object('domain')
  const domain = fields.object('Domain')
  return (
    owner.text('name') ??
    fields.text('Domain') ??
    domain.text('domain', 'name') ??
    asText(headers['x-cx-domain'])
  )?.toLowerCase()
}

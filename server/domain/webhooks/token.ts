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

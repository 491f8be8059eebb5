import type { WebhookEventDetail } from '../../shared/contract/webhook-events.ts'
import type { WebhookDifference } from '../../shared/contract/webhook-inspector.ts'
import { compare } from '../domain/webhooks/compare.ts'
import type { ReadStoredPayload } from '../ports/webhooks.ts'

/** A document is compared tag by tag, what was answered as JSON field by field. */
const contentOf = (answer: string | undefined): unknown =>
  answer?.startsWith('<') === true ? answer.split(/(?<=>)\s*(?=<)/) : answer

export const differencesOfAnswers = (before: string | undefined, after: string | undefined): WebhookDifference[] =>
  compare({ answer: contentOf(before) }, { answer: contentOf(after) })

/** JSON, a form or a query string, as the fields it means: a list of one is that one. What cannot be read is text. */
const fieldsOf = (event: WebhookEventDetail, readPayload: ReadStoredPayload): unknown => {
  const { fields, unreadable } = readPayload(event)
  if (unreadable) return event.payload
  return Array.isArray(fields) && fields.length === 1 ? (fields[0] as unknown) : fields
}

/** Two events field by field, as far as people may see them. */
export const differencesOfEvents = (
  before: WebhookEventDetail,
  after: WebhookEventDetail,
  readPayload: ReadStoredPayload,
): WebhookDifference[] =>
  compare(
    { headers: before.headers, payload: fieldsOf(before, readPayload), answer: contentOf(before.answer) },
    { headers: after.headers, payload: fieldsOf(after, readPayload), answer: contentOf(after.answer) },
  )

import { foldWord, readWord, readTimeMs, type Fields } from './fields.ts'

export type SessionStatus =
  | 'new'
  | 'processing'
  | 'ringing'
  | 'connected'
  | 'answer'
  | 'busy'
  | 'noanswer'
  | 'cancel'
  | 'congestion'
  | 'failed'
  | 'nocredit'
  | 'completed'
  | 'unknown'

export interface SessionUpdate {
  readonly eventId: string | undefined
  readonly status: SessionStatus
  /** The platform's own word. */
  readonly word: string
  readonly action: string
  readonly modifiedAt: string
  readonly startedAtMs: number | undefined
  readonly answeredAtMs: number | undefined
  /** Set: the session is over, whatever the status says. */
  readonly endedAtMs: number | undefined
  readonly reason: string | undefined
}

const statuses = new Map<string, SessionStatus>(
  Object.entries({
    new: 'new',
    initiated: 'new',
    created: 'new',
    processing: 'processing',
    progress: 'processing',
    inprogress: 'processing',
    ringing: 'ringing',
    ring: 'ringing',
    connected: 'connected',
    connect: 'connected',
    answer: 'answer',
    answered: 'answer',
    active: 'answer',
    busy: 'busy',
    noanswer: 'noanswer',
    cancel: 'cancel',
    canceled: 'cancel',
    cancelled: 'cancel',
    congestion: 'congestion',
    congested: 'congestion',
    failed: 'failed',
    fail: 'failed',
    error: 'failed',
    nocredit: 'nocredit',
    completed: 'completed',
    ended: 'completed',
    hangup: 'completed',
  } as const),
)

export const isSessionWord = (folded: string): boolean => statuses.has(folded)

const finalStatuses = new Set<SessionStatus>([
  'busy',
  'noanswer',
  'cancel',
  'congestion',
  'failed',
  'nocredit',
  'completed',
])

export const isFinal = (update: SessionUpdate): boolean =>
  update.endedAtMs !== undefined || finalStatuses.has(update.status)

export const readSessionUpdate = (fields: Fields): SessionUpdate => {
  const word = readWord(fields, 'status') ?? ''
  return {
    eventId: fields.text('eventId'),
    status: statuses.get(foldWord(word)) ?? 'unknown',
    word,
    action: fields.text('action') ?? '',
    modifiedAt: fields.text('modifiedAt') ?? '',
    startedAtMs: readTimeMs(fields.get('callStartTime')) ?? readTimeMs(fields.get('startTime')),
    answeredAtMs: readTimeMs(fields.get('callAnswerTime')) ?? readTimeMs(fields.get('answerTime')),
    endedAtMs: readTimeMs(fields.get('callEndTime')) ?? readTimeMs(fields.get('endTime')),
    reason: fields.text('lastError', 'reason'),
  }
}

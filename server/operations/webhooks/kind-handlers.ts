import type { WebhookKind } from '../../../shared/vocabulary.ts'
import { handleCdr } from './cdr.ts'
import type { Handled, Incoming, WebhookDeps } from './context.ts'
import { handleDialResult } from './dial-result.ts'
import { handleSessionUpdate } from './session-update.ts'
import { handleVoiceRequest } from './voice-request.ts'

export const kindHandlers = {
  voice_request: handleVoiceRequest,
  dial_result: handleDialResult,
  session_update: handleSessionUpdate,
  cdr: handleCdr,
} as const satisfies Record<WebhookKind, (deps: WebhookDeps, incoming: Incoming) => Promise<Handled>>

import type { CallState } from '../../shared/vocabulary.ts'
import { stateWords } from './call-words.ts'
import classes from './entities.module.css'

type Tone = 'quiet' | 'blue' | 'green' | 'done' | 'amber' | 'red'

const tones: Readonly<Record<CallState, Tone>> = {
  received: 'quiet',
  queued: 'quiet',
  routing: 'quiet',
  connecting: 'blue',
  connected: 'green',
  completed: 'done',
  busy: 'amber',
  no_answer: 'amber',
  failed: 'red',
}

/** A disc that fills as the call gets on, and a sign of its own for each way of ending. */
const shapes: Readonly<Record<CallState, string>> = {
  received: '',
  queued: 'M7 7 V2 A5 5 0 0 1 12 7 Z',
  routing: 'M7 2 A5 5 0 0 1 7 12 Z',
  connecting: 'M7 7 V2 A5 5 0 1 1 2 7 Z',
  connected: 'M7 2 A5 5 0 1 1 7 12 A5 5 0 1 1 7 2 Z',
  completed: '',
  busy: '',
  no_answer: '',
  failed: '',
}
const strokes: Partial<Readonly<Record<CallState, string>>> = {
  completed: 'M2.5 7.5 L5.5 10.5 L11.5 3.5',
  busy: 'M3.3 10.7 L10.7 3.3',
  no_answer: 'M4.3 7 H9.7',
  failed: 'M3 3 L11 11 M11 3 L3 11',
}
const isBare = (state: CallState): boolean => state === 'completed' || state === 'failed'

export const CallStateIcon = ({ state }: { readonly state: CallState }) => (
  <svg className={classes.stateIcon} data-tone={tones[state]} viewBox="0 0 14 14" width={14} height={14} aria-hidden>
    {isBare(state) ? undefined : <circle cx="7" cy="7" r="5.5" fill="none" stroke="currentColor" strokeWidth="1.4" />}
    {shapes[state] ? <path d={shapes[state]} fill="currentColor" /> : undefined}
    {strokes[state] ? (
      <path d={strokes[state]} fill="none" stroke="currentColor" strokeWidth="1.6" strokeLinecap="round" />
    ) : undefined}
  </svg>
)

/** The same icon, colour and word everywhere. */
export const CallStateMark = ({ state }: { readonly state: CallState }) => (
  <span className={classes.state} data-tone={tones[state]}>
    <CallStateIcon state={state} />
    {stateWords[state]}
  </span>
)

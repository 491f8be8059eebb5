import { createContext, use } from 'react'
import { formatAgo, formatDuration, formatExact } from './format-time.ts'
import { useNow } from './use-now.ts'

/** The zone in which exact times are read out. */
export const TimeZoneContext = createContext<string | undefined>(undefined)
export const useTimeZone = () => use(TimeZoneContext)

/** Relative at a glance, exact on hover. */
export const Ago = ({ atMs, className }: { readonly atMs: number; readonly className?: string | undefined }) => {
  const nowMs = useNow()
  const timeZone = useTimeZone()
  return (
    <time className={className} dateTime={new Date(atMs).toISOString()} title={formatExact(atMs, timeZone)}>
      {formatAgo(atMs, nowMs)}
    </time>
  )
}

interface ElapsedProps {
  readonly sinceMs: number
  readonly untilMs?: number | undefined
  readonly className?: string | undefined
}

const Running = ({ sinceMs }: { readonly sinceMs: number }) => <>{formatDuration(useNow() - sinceMs)}</>

/** How long something has lasted; counts on while it has no end. */
export const Elapsed = ({ sinceMs, untilMs, className }: ElapsedProps) => {
  const timeZone = useTimeZone()
  return (
    <time
      className={className}
      dateTime={new Date(sinceMs).toISOString()}
      title={`since ${formatExact(sinceMs, timeZone)}`}
    >
      {untilMs === undefined ? <Running sinceMs={sinceMs} /> : formatDuration(untilMs - sinceMs)}
    </time>
  )
}

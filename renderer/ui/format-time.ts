const pad = (value: number): string => String(value).padStart(2, '0')

/** How long something took or has been going on: `4 s`, `1 m 03 s`, `2 h 05 m`. */
export const formatDuration = (ms: number): string => {
  const seconds = Math.max(0, Math.floor(ms / 1000))
  if (seconds < 60) return `${seconds} s`
  if (seconds < 3600) return `${Math.floor(seconds / 60)} m ${pad(seconds % 60)} s`
  return `${Math.floor(seconds / 3600)} h ${pad(Math.floor(seconds / 60) % 60)} m`
}

/** How long ago, for reading at a glance. A clock that runs behind the server's must not show the future. */
export const formatAgo = (atMs: number, nowMs: number): string => {
  const seconds = Math.max(0, Math.floor((nowMs - atMs) / 1000))
  if (seconds < 5) return 'now'
  if (seconds < 60) return `${seconds} s ago`
  if (seconds < 3600) return `${Math.floor(seconds / 60)} m ago`
  if (seconds < 86_400) return `${Math.floor(seconds / 3600)} h ago`
  return `${Math.floor(seconds / 86_400)} d ago`
}

/** Between two moments of one story: `+0 ms`, `+412 ms`, `+12.4 s`, `+2 m 05 s`. */
export const formatOffset = (ms: number): string => {
  const sign = ms < 0 ? '−' : '+'
  const size = Math.abs(ms)
  if (size < 1000) return `${sign}${Math.round(size)} ms`
  if (size < 60_000) return `${sign}${(size / 1000).toFixed(1)} s`
  return `${sign}${formatDuration(size)}`
}

export const formatMicros = (micros: number): string =>
  micros < 1000 ? `${micros} µs` : `${(micros / 1000).toFixed(micros < 10_000 ? 1 : 0)} ms`

const exact = (timeZone: string | undefined): Intl.DateTimeFormat =>
  new Intl.DateTimeFormat('en-GB', {
    year: 'numeric',
    month: 'short',
    day: '2-digit',
    hour: '2-digit',
    minute: '2-digit',
    second: '2-digit',
    timeZoneName: 'short',
    ...(timeZone === undefined ? {} : { timeZone }),
  })

const formats = new Map<string | undefined, Intl.DateTimeFormat>()

/** The exact time, always with its zone. A zone this machine does not know falls back to the machine's own. */
export const formatExact = (atMs: number, timeZone?: string): string => {
  let format = formats.get(timeZone)
  if (!format) {
    try {
      format = exact(timeZone)
    } catch {
      format = exact(undefined)
    }
    formats.set(timeZone, format)
  }
  return format.format(atMs)
}

/** Time of day to the millisecond, for timelines. */
export const formatClock = (atMs: number, timeZone?: string): string => {
  const time = / (\d\d:\d\d:\d\d)/.exec(formatExact(atMs, timeZone))?.[1] ?? ''
  return `${time}.${String(Math.floor(atMs) % 1000).padStart(3, '0')}`
}

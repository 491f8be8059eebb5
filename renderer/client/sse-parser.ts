export interface ServerSentEvent {
  readonly id: string | undefined
  readonly name: string
  /** Undefined: it only says where the stream stands. */
  readonly data: string | undefined
}

/**
 * Server-sent events out of chunks of text, cut wherever the network cut them. The browser's own EventSource is not
 * used: it cannot name the last event seen after a refusal, nor say why a connection failed.
 */
export const createSseParser = (emit: (event: ServerSentEvent) => void) => {
  let rest = ''
  let id: string | undefined
  let isPlace = false
  let name = 'message'
  let data: string[] = []

  const line = (text: string): void => {
    if (text === '') {
      if (data.length > 0 || isPlace) emit({ id, name, data: data.length > 0 ? data.join('\n') : undefined })
      isPlace = false
      name = 'message'
      data = []
      return
    }
    const colon = text.indexOf(':')
    if (colon === 0) return
    const field = colon < 0 ? text : text.slice(0, colon)
    const value = colon < 0 ? '' : text.slice(text[colon + 1] === ' ' ? colon + 2 : colon + 1)
    if (field === 'id') {
      id = value
      isPlace = true
    } else if (field === 'event') name = value
    else if (field === 'data') data.push(value)
  }

  return (chunk: string): void => {
    const lines = (rest + chunk).split(/\r\n|\n|\r(?!$)/)
    rest = lines.pop() ?? ''
    for (const one of lines) line(one)
  }
}

import { readEvents, type ReadEvent } from './event-text.ts'

/** Listens to the stream of a server at `admin` and gathers what comes. */
export const listenTo = async (admin: string, token: string, after?: string) => {
  const leaving = new AbortController()
  const response = await fetch(`${admin}/api/v1/events`, {
    headers: { authorization: `Bearer ${token}`, ...(after !== undefined && { 'last-event-id': after }) },
    signal: leaving.signal,
  })
  let text = ''
  const read = async (): Promise<void> => {
    for await (const chunk of response.body?.pipeThrough(new TextDecoderStream()) ?? []) text += chunk
  }
  const done = read().catch(() => undefined)
  return {
    text: () => text,
    events: (): ReadEvent[] => readEvents(text),
    async leave(): Promise<void> {
      leaving.abort()
      await done
    },
  }
}

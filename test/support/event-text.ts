export interface ReadEvent {
  readonly id: string
  readonly name: string
  readonly data: unknown
}

/** The events in a piece of the stream; ids that stand alone and comments are passed over. */
export const readEvents = (text: string): ReadEvent[] =>
  text.split('\n\n').flatMap((block) => {
    const [, id = '', name = '', data] = /^id: (.*)\nevent: (.*)\ndata: (.*)$/.exec(block) ?? []
    return data === undefined ? [] : [{ id, name, data: JSON.parse(data) as unknown }]
  })

/** The id that a piece of the stream ends at. */
export const lastIdIn = (text: string): string | undefined => text.match(/(?<=^id: ).*$/gm)?.at(-1)

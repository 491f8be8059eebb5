/** Two processes that ask each other things by name: one instance stands on each side of a message channel. */
export type Answers = Readonly<Record<string, (...asked: never[]) => unknown>>

interface Asked {
  readonly id: number
  readonly name: string
  readonly asked: readonly unknown[]
}
interface Answered {
  readonly id: number
  readonly value?: unknown
  readonly error?: string
}

export interface Peer {
  ask<T>(name: string, ...asked: readonly unknown[]): Promise<T>
  receive(message: unknown): void
  /** Nobody will answer any more. */
  hangUp(): void
}

export const createPeer = (send: (message: unknown) => void, answers: Answers): Peer => {
  const open = new Map<number, { resolve: (value: unknown) => void; reject: (error: Error) => void }>()
  let lastId = 0

  const answer = async ({ id, name, asked }: Asked) => {
    try {
      const handle = answers[name] as ((...asked: readonly unknown[]) => unknown) | undefined
      if (!handle) throw new Error(`Nobody answers ${name}`)
      send({ id, value: await handle(...asked) })
    } catch (error) {
      send({ id, error: error instanceof Error ? error.message : String(error) })
    }
  }

  const settle = ({ id, value, error }: Answered) => {
    const asked = open.get(id)
    open.delete(id)
    if (error === undefined) asked?.resolve(value)
    else asked?.reject(new Error(error))
  }

  return {
    ask: <T>(name: string, ...asked: readonly unknown[]) =>
      new Promise<T>((resolve, reject) => {
        const id = ++lastId
        open.set(id, { resolve: resolve as (value: unknown) => void, reject })
        send({ id, name, asked })
      }),
    receive: (message) => {
      if ('name' in (message as object)) void answer(message as Asked)
      else settle(message as Answered)
    },
    hangUp: () => {
      for (const { reject } of open.values()) reject(new Error('The other process has ended'))
      open.clear()
    },
  }
}

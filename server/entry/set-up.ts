import type { Actor, Input, OperationName, Output } from '../../shared/contract/index.ts'
import type { Server } from '../index.ts'

export interface SetUpParts {
  readonly dispatch: Server['dispatch']
  readonly actor: Actor
  /** Without it the server does it by itself. */
  readonly origin?: Parameters<Server['dispatch']>[3]
}

/** Calls an operation and insists that it succeeds. */
export const createCaller =
  ({ dispatch, actor, origin }: SetUpParts) =>
  async <N extends OperationName>(name: N, input: Input<N>): Promise<Output<N>> => {
    const reply = await dispatch(actor, name, input, origin)
    if (!reply.ok)
      throw new Error(
        `The configuration could not be set up: ${name} answered ${reply.error.code}, ${reply.error.message}`,
      )
    return reply.value as Output<N>
  }
export type Call = ReturnType<typeof createCaller>

interface Listed<T> {
  readonly items: readonly T[]
  readonly nextCursor?: string | undefined
}
export const readAll = async <T>(list: (cursor: { cursor?: string }) => Promise<Listed<T>>): Promise<T[]> => {
  const all: T[] = []
  let page = await list({})
  all.push(...page.items)
  while (page.nextCursor !== undefined) {
    page = await list({ cursor: page.nextCursor })
    all.push(...page.items)
  }
  return all
}

/** Takes what is there already by name, so that an interrupted or repeated start does no harm, nor to what was changed since. */
export const ensureByName = async <T extends { readonly id: string; readonly name: string }>(
  there: readonly T[],
  wanted: readonly { readonly name: string; create(): Promise<T> }[],
): Promise<Map<string, string>> => {
  const ids = new Map(there.map(({ name, id }) => [name, id]))
  for (const { name, create } of wanted) if (!ids.has(name)) ids.set(name, (await create()).id)
  return ids
}

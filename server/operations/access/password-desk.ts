import { DomainError } from '../../domain/errors.ts'
import type { Passwords } from '../../ports/access.ts'

/** Passwords that are looked at together: each takes memory and a processor for a while, which calls need more. */
const together = 1
const waiting = 20

/** One at a time, and some that wait; whoever comes beyond is asked to come back. */
const createQueue = () => {
  let running = 0
  const queue: (() => void)[] = []
  return async <T>(work: () => Promise<T>): Promise<T> => {
    if (running >= together) {
      if (queue.length >= waiting)
        throw new DomainError('TOO_MANY_REQUESTS', 'Too many people sign in just now; try again in a few seconds')
      await new Promise<void>((go) => queue.push(go))
    }
    running += 1
    try {
      return await work()
    } finally {
      running -= 1
      queue.shift()?.()
    }
  }
}

/** Looks at passwords in turn, whoever asks for it. Strangers crowd out strangers: who is known waits in a line of their own. */
export const createPasswordDesk = (passwords: Passwords): Passwords & { readonly ofStrangers: Passwords } => {
  const desk = (): Passwords => {
    const inTurn = createQueue()
    return {
      hash: (password) => inTurn(() => passwords.hash(password)),
      isRight: (hash, password) => inTurn(() => passwords.isRight(hash, password)),
    }
  }
  return { ...desk(), ofStrangers: desk() }
}

export type PasswordDesk = ReturnType<typeof createPasswordDesk>

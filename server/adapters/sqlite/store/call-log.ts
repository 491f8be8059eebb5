import { setImmediate } from 'node:timers/promises'
import { DomainError } from '../../../domain/errors.ts'
import type { CallLog, CallLogHealth, UnitOfWork } from '../../../ports/call-store.ts'
import type { Log } from '../../../ports/system.ts'
import type { Batch, BatchReport } from '../calls/batch-writer.ts'
import { createOngoingFault } from './ongoing-fault.ts'
import { createPendingKeys } from './pending-keys.ts'
import type { SeenTokens } from './seen-tokens.ts'
import type { TallyJournal } from './tally-journal.ts'
import { fromWireError } from '../errors/wire-error.ts'

export interface GroupCallLog extends CallLog {
  /** Resolves when everything appended before is stored, and synced where that was asked for, or was given up. */
  flush(): Promise<void>
  /** Resolves when everything appended before that bears this key can be read, or was given up. */
  settled(tenantId: string, key: string): Promise<void>
  health(): CallLogHealth
  /** There are journal entries to be stored, with or without units. */
  wake(): void
}

interface Waiting {
  readonly unit: UnitOfWork
  readonly durability: 'written' | 'synced'
  readonly sequence: number
  /** About how much of it there is. */
  readonly characters: number
  resolve(): void
  reject(error: Error): void
}

/** Bounds how long one transaction takes, and with it how long the first unit of the next one waits. */
const maxBatch = 1000
/** Bounds what one message to the writer takes in its memory: a thousand webhooks may bring a megabyte each. */
const maxBatchCharacters = 8_000_000
const retryMs = 1000

const isNotCloneable = (error: unknown): boolean => error instanceof DOMException && error.name === 'DataCloneError'

/** Units that cannot travel to the writer are told apart, so that the others do. */
const canTravel = (unit: UnitOfWork): boolean => {
  try {
    structuredClone(unit)
    return true
  } catch {
    return false
  }
}

/**
 * Group commit. While the writer works on one batch the next one gathers; whatever is there when it answers goes over in one
 * message and is one transaction. Batches thus grow with the load, and an idle store answers at once.
 */
export const createCallLog = ({
  commit,
  sync,
  journal,
  seen,
  log,
  nowMs,
}: {
  commit: (batch: Batch) => Promise<BatchReport>
  sync: () => Promise<void>
  journal: TallyJournal
  seen: Pick<SeenTokens, 'add'>
  log: Log
  nowMs: () => number
}): GroupCallLog => {
  const pending = createPendingKeys()
  const syncing = new Set<Promise<void>>()
  let queue: Waiting[] = []
  let running: Promise<void> | undefined
  let appended = 0
  let undelivered = 0
  let retry: NodeJS.Timeout | undefined
  const writing = createOngoingFault('Storing webhooks', log, nowMs)
  const confirming = createOngoingFault('Syncing what was stored', log, nowMs)
  const isFailing = (): boolean => (writing.read() ?? confirming.read()) !== undefined

  const giveUp = (waiting: Waiting, error: Error): void => {
    undelivered += 1
    waiting.reject(error)
  }

  /** Something is wrong with this one alone. */
  const refuse = (waiting: Waiting, error: Error): void => {
    const { tenantId, call, webhookEvent } = waiting.unit
    const token = call?.token ?? webhookEvent?.token
    log.error({ error, tenantId, token, kind: webhookEvent?.kind }, 'A webhook could not be stored')
    giveUp(
      waiting,
      error instanceof DomainError
        ? error
        : new DomainError('INVALID_INPUT', `It cannot be stored as it is: ${error.message}`, undefined, {
            cause: error,
          }),
    )
  }

  const makeDurable = (waiting: readonly Waiting[]): void => {
    if (waiting.length === 0 && !confirming.read()) return
    const done = sync().then(
      () => {
        confirming.clear()
        for (const { resolve } of waiting) resolve()
      },
      (cause: unknown) => {
        const error = new Error('The disk did not confirm a write', { cause })
        confirming.note(error)
        for (const one of waiting) giveUp(one, error)
        retryLater()
      },
    )
    syncing.add(done)
    void done.finally(() => syncing.delete(done))
  }

  const accept = (batch: readonly Waiting[], { failed }: BatchReport): void => {
    writing.clear()
    const errors = new Map(failed.map(({ index, error }) => [index, error]))
    const toSync: Waiting[] = []
    for (const [index, waiting] of batch.entries()) {
      const error = errors.get(index)
      if (error) refuse(waiting, fromWireError(error))
      else if (waiting.durability === 'synced') toSync.push(waiting)
      else waiting.resolve()
    }
    makeDurable(toSync)
  }

  const takeBatch = (): Waiting[] => {
    let count = 0
    for (let characters = 0; count < queue.length && count < maxBatch && characters < maxBatchCharacters; count += 1)
      characters += queue[count]?.characters ?? 0
    return queue.splice(0, count)
  }

  const store = async (): Promise<void> => {
    const batch = takeBatch()
    // Everything marked so far goes with this batch: a tally is never older than the decision it counts.
    const entries = journal.take()
    try {
      const report = await commit({ units: batch.map(({ unit }) => unit), journal: entries })
      if (report.journalError) {
        log.error({ error: fromWireError(report.journalError) }, 'The state of rotations could not be stored')
        journal.drop(entries)
      }
      accept(batch, report)
    } catch (error) {
      journal.putBack(entries)
      const cause = error instanceof Error ? error : new Error(String(error))
      if (isNotCloneable(error)) {
        for (const one of batch.filter(({ unit }) => !canTravel(unit))) refuse(one, cause)
        queue = [...batch.filter(({ unit }) => canTravel(unit)), ...queue]
      } else {
        writing.note(cause)
        for (const one of batch) giveUp(one, cause)
      }
    }
    pending.settleUpTo(queue[0] ? queue[0].sequence - 1 : appended)
  }

  const work = async (): Promise<void> => {
    // What the requests of this turn of the event loop append goes together.
    await setImmediate()
    do await store()
    while (queue.length > 0 || (journal.isDirty() && !isFailing()))
    running = undefined
    retryLater()
  }

  const wake = (): void => {
    running ??= work()
  }

  /**
   * Units are given up when they fail, the journal is not: its next version replaces this one. And whether writing works again is
   * found out without waiting for traffic, which may have been sent elsewhere because it did not.
   */
  const retryLater = (): void => {
    if (retry || !(journal.isDirty() || isFailing())) return
    retry = setTimeout(() => {
      retry = undefined
      if (journal.isDirty() || isFailing()) wake()
    }, retryMs).unref()
  }

  return {
    append: (unit, durability) =>
      new Promise((resolve, reject) => {
        const characters = unit.webhookEvent?.payload.length ?? 0
        const sequence = ++appended
        queue.push({ unit, durability, sequence, characters, resolve, reject })
        if (unit.call) seen.add(unit.call.token)
        pending.note(unit, sequence)
        wake()
      }),
    backlog: () => pending.count(),
    flush: async () => {
      await pending.reached(appended)
      if (journal.isDirty()) {
        wake()
        await running
      }
      await Promise.all(syncing)
    },
    settled: (tenantId, key) => pending.settled(tenantId, key),
    health: () => {
      const faults = [writing.read(), confirming.read()].filter((fault) => fault !== undefined)
      return {
        backlog: pending.count(),
        undelivered,
        lastError: faults[0]?.message,
        failingSinceMs: faults.length === 0 ? undefined : Math.min(...faults.map(({ sinceMs }) => sinceMs)),
      }
    },
    wake,
  }
}

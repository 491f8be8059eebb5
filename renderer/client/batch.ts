export interface BatchOptions {
  /** No two batches closer together than this: a screen that changes more often cannot be read. */
  readonly minIntervalMs: number
  /** Older entries are dropped past this many, so that a window in the background does not grow. */
  readonly limit: number
  readonly now: () => number
  readonly nextFrame: (callback: () => void) => void
  readonly wait: (callback: () => void, ms: number) => void
}

/** Gathers what arrives and hands it on together, in step with the screen. */
export const createBatch = <T>(flush: (items: readonly T[]) => void, options: BatchOptions) => {
  let items: T[] = []
  let isScheduled = false
  let isStopped = false
  let flushedAtMs = -Infinity

  const run = (): void => {
    isScheduled = false
    if (isStopped || items.length === 0) return
    const batch = items
    items = []
    flushedAtMs = options.now()
    flush(batch)
  }

  return {
    add(item: T): void {
      items.push(item)
      if (items.length > options.limit) items = items.slice(-options.limit / 2)
      if (isScheduled) return
      isScheduled = true
      const pauseMs = flushedAtMs + options.minIntervalMs - options.now()
      if (pauseMs > 0) options.wait(() => options.nextFrame(run), pauseMs)
      else options.nextFrame(run)
    },
    stop(): void {
      isStopped = true
      items = []
    },
  }
}
export type Batch<T> = ReturnType<typeof createBatch<T>>

/** Batches in step with this window. A hidden window draws no frames, so a timer stands in. */
export const createScreenBatch = <T>(flush: (items: readonly T[]) => void): Batch<T> =>
  createBatch(flush, {
    minIntervalMs: 250,
    limit: 5000,
    now: () => performance.now(),
    nextFrame: (callback) => {
      if (document.hidden) setTimeout(callback, 250)
      else requestAnimationFrame(callback)
    },
    wait: (callback, ms) => setTimeout(callback, ms),
  })

import { expect } from 'vitest'

/** Waits for a condition, never for time. */
export const until = (isTrue: () => Promise<boolean> | boolean, timeout = 10_000): Promise<void> =>
  expect.poll(isTrue, { interval: 20, timeout, message: 'it does not become true' }).toBe(true)

const handedOver = new WeakMap<object, readonly ArrayBuffer[]>()

/** An answer whose buffers go to whoever asked, instead of being copied: nothing here can read them any more. */
export const transferring = <T extends object>(answer: T, ...buffers: readonly ArrayBuffer[]): T => {
  handedOver.set(answer, buffers)
  return answer
}

export const transferOf = (answer: unknown): readonly ArrayBuffer[] =>
  (typeof answer === 'object' && answer !== null && handedOver.get(answer)) || []

export type OnClose = (close: () => unknown) => void

/** What was opened last is closed first. */
export const createClosing = (): { onClose: OnClose; closeAll: () => Promise<void> } => {
  const closers: (() => unknown)[] = []
  return {
    onClose: (close) => void closers.push(close),
    async closeAll() {
      for (const close of closers.splice(0).reverse()) await close()
    },
  }
}

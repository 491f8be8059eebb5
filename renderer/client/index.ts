import type { SwitchyardBridge } from '../../shared/contract/native.ts'
import type { ConsoleClient } from './console-client.ts'
import { createHttpClient } from './http.ts'
import { createIpcClient } from './ipc.ts'

declare global {
  interface Window {
    readonly switchyard?: SwitchyardBridge
  }
}

/** The desktop shell puts a bridge on the window; a browser has none and talks HTTP to where the page came from. */
export const createClient = (): ConsoleClient => {
  const now = () => Date.now()
  const report = (error: unknown) => console.error(error)
  return window.switchyard
    ? createIpcClient({ bridge: window.switchyard, now, random: Math.random, report })
    : createHttpClient({ fetch: window.fetch.bind(window), now, random: Math.random, report })
}

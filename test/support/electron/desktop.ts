import type * as Electron from 'electron'
import type { Page } from '@playwright/test'

export interface DesktopOptions {
  /** The app to run: a folder with `out/main/index.js` and what lies beside it. */
  readonly appFolder: string
  readonly options: readonly string[]
  readonly env: Readonly<Record<string, string>>
}

/** The running desktop app, whether real Electron or the stand-in runs it. */
export interface Desktop {
  readonly pid: number
  /** Settles with the exit code once the app is gone. */
  readonly exited: Promise<number | null>
  firstWindow(): Promise<Page>
  /** Starts the app once more over the same data, as a second double-click would; settles with its exit code. */
  startAgain(): Promise<number | null>
  /** Every page there is, also those that the app did not open itself. */
  pages(): readonly Page[]
  /** Runs in the main process; `run` is sent as text, so it sees its argument and nothing else. */
  evaluate<R, A>(run: (electron: typeof Electron, argument: A) => R | Promise<R>, argument: A): Promise<R>
  /** The address that the app knows a page's address by. */
  appUrl(url: string): string
  /** What the app and its control plane have said so far. */
  output(): string
}

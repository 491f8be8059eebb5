import type { Page } from '@playwright/test'
import type { ControlPlaneEvent } from '../../../shared/contract/events.ts'
import type { Reply } from '../../../shared/contract/index.ts'
import type { ControlPlaneStatus, SwitchyardBridge } from '../../../shared/contract/native.ts'
import type { StartedDesktop } from '../../support/electron/desktop-test.ts'

declare global {
  interface Window {
    readonly switchyard: SwitchyardBridge
  }
}

/** What the desktop window offers, as the page in it sees it. */
const createDesktopWindow = (desktop: StartedDesktop, page: Page) => ({
  page,
  ask: (name: string, input: unknown = {}): Promise<Reply<unknown>> =>
    page.evaluate(([operation, given]) => window.switchyard.invoke(operation, given), [name, input] as const),
  /** What the console says of its connection, in words. */
  shownState: page.getByRole('banner').getByRole('status'),
  /** `running`, `restarting` … */
  state: async (): Promise<ControlPlaneStatus['state']> =>
    (await page.evaluate(() => window.switchyard.status())).state,
  /** Gathers the states told from now on. */
  followStates: async () => {
    const states: string[] = []
    await page.exposeFunction('tellState', (state: string) => states.push(state))
    await page.evaluate(() => {
      const { tellState } = window as unknown as { tellState: (state: string) => void }
      window.switchyard.onStatus(({ state }) => tellState(state))
    })
    return states
  },
  nextEvent: (): Promise<ControlPlaneEvent> =>
    page.evaluate(async () => {
      for (let after: string | undefined; ;) {
        const reply = await window.switchyard.nextEvents(after)
        if (!reply.ok) throw new Error(reply.error.message)
        const [, name, data] = /^event: (.+)\ndata: (.+)$/m.exec(reply.value) ?? []
        if (name !== undefined && data !== undefined)
          return { name, payload: JSON.parse(data) as unknown } as ControlPlaneEvent
        after = reply.value.match(/(?<=^id: ).+$/gm)?.at(-1)
      }
    }),
  address: () => desktop.appUrl(page.url()),
})

export const openDesktopWindow = async (desktop: StartedDesktop) => {
  const page = await desktop.firstWindow()
  await page.waitForFunction(() => 'switchyard' in window && document.readyState === 'complete')
  const window = createDesktopWindow(desktop, page)
  // Asked before, it would only say that it is starting. Where it does not start, that is what the test is about.
  for (let i = 0; i < 100 && ['starting', 'stopped'].includes(await window.state()); i += 1)
    await page.waitForTimeout(100)
  return window
}

/** The operating system's view of the control plane: its own process. */
export const controlPlanePid = (desktop: StartedDesktop): Promise<number | undefined> =>
  desktop.evaluate(
    ({ app }, name) => app.getAppMetrics().find((one) => one.type === 'Utility' && one.name === name)?.pid,
    'Switchyard control plane',
  )

/** What Cloudonix would find: whether webhooks are taken. */
export const takesWebhooks = async (desktop: StartedDesktop): Promise<boolean> => {
  try {
    return (await fetch(`${desktop.webhookUrl}/healthz`)).ok
  } catch {
    return false
  }
}
